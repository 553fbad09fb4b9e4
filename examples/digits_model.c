/* SPDX-License-Identifier: MIT */
/* The model, word by word as in Keras (tools/make_digits.py):
 *
 *     left  - conv1 - bn - ReLU - conv2 -+
 *                                        +- merge - flatten - dense1 - dense2 - flatten
 *     right - conv1 - bn - ReLU - conv2 -+
 */
#include "digits.h"

#include <string.h>

enum { WEIGHTS = 20, PATH_BYTES = 1024 };

/* Arrays read so far; the graph borrows them until the model is created. */
struct weights {
    const char *folder;
    plait_array arrays[WEIGHTS];
    size_t count;
};

/* Reads <folder>/<layer>_<weight>.npy. */
static plait_array weight(struct weights *weights, const char *layer, const char *name)
{
    char file[PATH_BYTES];

    (void)snprintf(file, sizeof file, "%s/%s_%s.npy", weights->folder, layer, name);
    weights->arrays[weights->count] = digits_read(file);
    return weights->arrays[weights->count++];
}

static plait_node convolve(struct weights *weights, plait_node x, const char *layer)
{
    const plait_conv2d_opts opts = {
        .name = layer,
        .kernel = weight(weights, layer, "kernel"),
        .bias = weight(weights, layer, "bias"),
        .padding = PLAIT_SAME,
    };

    return plait_conv2d(x, &opts);
}

static plait_node normalize(struct weights *weights, plait_node x, const char *layer)
{
    const plait_batch_normalization_opts opts = {
        .name = layer,
        .gamma = weight(weights, layer, "gamma"),
        .beta = weight(weights, layer, "beta"),
        .moving_mean = weight(weights, layer, "moving_mean"),
        .moving_variance = weight(weights, layer, "moving_variance"),
    };

    return plait_batch_normalization(x, &opts);
}

static plait_node classify(struct weights *weights, plait_node x, const char *layer)
{
    const plait_dense_opts opts = {
        .name = layer,
        .kernel = weight(weights, layer, "kernel"),
        .bias = weight(weights, layer, "bias"),
        .activation = PLAIT_SOFTMAX,
    };

    return plait_dense(x, &opts);
}

plait_model *digits_model_create(plait_context *context, const char *merge)
{
    struct weights weights = {.folder = merge};
    plait_graph *graph = NULL;
    plait_model *model = NULL;

    check(plait_graph_create(&graph));
    const plait_node left = plait_input(graph, "left", PLAIT_SHAPE(DIGITS_SIZE, DIGITS_SIZE, 1));
    plait_node x = convolve(&weights, left, "left_conv1");
    x = plait_relu(normalize(&weights, x, "left_bn"), NULL);
    const plait_node left_end = convolve(&weights, x, "left_conv2");

    const plait_node right = plait_input(graph, "right", PLAIT_SHAPE(DIGITS_SIZE, DIGITS_SIZE, 1));
    x = convolve(&weights, right, "right_conv1");
    x = plait_relu(normalize(&weights, x, "right_bn"), NULL);
    const plait_node right_end = convolve(&weights, x, "right_conv2");

    const plait_nodes ends = PLAIT_NODES(left_end, right_end);
    x = strcmp(merge, "add") == 0 ? plait_add(ends, NULL) : plait_concatenate(ends, -1, NULL);
    x = classify(&weights, plait_flatten(x, NULL), "dense1");
    x = plait_flatten(classify(&weights, x, "dense2"), NULL);
    check(plait_model_create(context, PLAIT_NODES(left, right), PLAIT_NODES(x), NULL, &model));

    plait_graph_free(graph);
    for (size_t i = 0; i < weights.count; i++) {
        plait_array_free(&weights.arrays[i]);
    }
    return model;
}
