/* SPDX-License-Identifier: MIT */
/* A graph and its reference, built side by side: each call makes the layer and computes the oracle's
 * result, so that any graph of layers has something to be compared with. */
#ifndef SUPPORT_TWIN_H
#define SUPPORT_TWIN_H

#include "oracle.h"

struct twin {
    plait_node node;
    struct reference ref;
};

/* A graph for twins, to be freed with plait_graph_free. */
plait_graph *twin_graph(void);

/* An input of `sample` shape, with `batch` samples of data. */
struct twin twin_input(plait_graph *graph, plait_shape sample, size_t batch, const float *values);

struct twin twin_merge(enum merge kind, const struct twin *x, size_t count);
struct twin twin_concatenate(const struct twin *x, size_t count, int axis);
struct twin twin_flatten(struct twin x);
struct twin twin_conv2d(struct twin x, const plait_conv2d_opts *opts);
struct twin twin_dense(struct twin x, const plait_dense_opts *opts);
struct twin twin_batch_normalization(struct twin x, const plait_batch_normalization_opts *opts);
struct twin twin_activate(struct twin x, plait_activation kind);
struct twin twin_relu(struct twin x, const plait_relu_opts *opts);
struct twin twin_softmax(struct twin x, int axis);

#endif
