/* SPDX-License-Identifier: MIT */
/* Layers with random weights, and small models of them, for tests that are about the graph around. */
#ifndef SUPPORT_WEIGHTS_H
#define SUPPORT_WEIGHTS_H

#include "random.h"
#include "twin.h"

/* An array of random numbers in scratch memory, of mean 0 and about `deviation`. */
plait_array random_weights(struct random *random, plait_shape shape, double deviation);

/* Options with random weights for an input of `channels`; results keep the size of what comes in. The
 * caller may change the other options. */
plait_conv2d_opts random_conv2d(struct random *random, size_t channels, size_t kernel, size_t filters);
plait_dense_opts random_dense(struct random *random, size_t channels, size_t units);
plait_batch_normalization_opts random_batch_normalization(struct random *random, size_t channels);

/* A two-branch model: each branch is conv2d - batch_normalization - relu - conv2d, `same`; joined along
 * the channels; then flatten - dense with softmax. */
struct two_branch {
    plait_graph *graph; /* to be freed with plait_graph_free */
    struct twin inputs[2];
    struct twin output;
};

/* On pictures of 5 x 4 pixels and 3 channels, with kernels of 3 x 3, 4 filters and 10 classes. */
struct two_branch two_branch_new(const char *name, size_t batch);

/* The model's nodes, for plait_model_create; they belong to `model`. */
plait_nodes two_branch_inputs(const struct two_branch *model);
plait_nodes two_branch_outputs(const struct two_branch *model);

/* The inputs' values, in scratch memory. */
const float *const *two_branch_values(const struct two_branch *model);

#endif
