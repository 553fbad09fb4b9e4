/* SPDX-License-Identifier: MIT */
/* y = the largest or the mean of a picture, channel by channel (pooling.h): a reduction along its rows and columns. */
#include "graph/source.h"
#include "ops/reduce.h"
#include "shape/shape.h"

#include <plait/pooling.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct reduce *params = node->params;
    const size_t axes = params->axes.count;

    if (inputs[0].rank != axes + 1) {
        node_fail(graph, node, "input has shape %s but must be %s", shape_name(inputs[0]).text,
                  axes == 2 ? "a picture, {rows, cols, channels}" : "a sequence, {steps, channels}");
    } else if (shape_count(inputs[0]) == 0) {
        node_fail(graph, node, "input %s must have no size 0", shape_name(inputs[0]).text);
    } else {
        reduce_infer(graph, node, inputs);
    }
}

#define GLOBAL_POOLING(keras_name, keras_class)                                                         \
    {                                                                                                   \
        .name = (keras_name), .class_name = (keras_class), .infer = infer, .variants = reduce_variants, \
        .variant_count = REDUCE_VARIANTS, .takes_activation = true,                                     \
    }

static const struct op op_max1d = GLOBAL_POOLING("global_max_pooling1d", "GlobalMaxPooling1D");
static const struct op op_max2d = GLOBAL_POOLING("global_max_pooling2d", "GlobalMaxPooling2D");
static const struct op op_average1d = GLOBAL_POOLING("global_average_pooling1d", "GlobalAveragePooling1D");
static const struct op op_average2d = GLOBAL_POOLING("global_average_pooling2d", "GlobalAveragePooling2D");

static const plait_axes steps = {.count = 1, .items = {1}};
static const plait_axes rows_cols = {.count = 2, .items = {1, 2}};

static plait_node pool(const struct op *op, const char *reduction, plait_node x, plait_axes axes,
                       const plait_global_pooling_opts *opts)
{
    const struct reduce params = {.reduction = reduction, .axes = axes, .keeps = opts && opts->keepdims};

    return graph_add(op, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

plait_node plait_global_max_pooling1d(plait_node x, const plait_global_pooling_opts *opts)
{
    return pool(&op_max1d, "REDUCE_MAX", x, steps, opts);
}

plait_node plait_global_max_pooling2d(plait_node x, const plait_global_pooling_opts *opts)
{
    return pool(&op_max2d, "REDUCE_MAX", x, rows_cols, opts);
}

plait_node plait_global_average_pooling1d(plait_node x, const plait_global_pooling_opts *opts)
{
    return pool(&op_average1d, "REDUCE_MEAN", x, steps, opts);
}

plait_node plait_global_average_pooling2d(plait_node x, const plait_global_pooling_opts *opts)
{
    return pool(&op_average2d, "REDUCE_MEAN", x, rows_cols, opts);
}

static plait_global_pooling_opts options(struct source *source)
{
    source_channels_last(source);
    return (plait_global_pooling_opts){.name = source->name, .keepdims = source_flag(source, "keepdims", false)};
}

#define READER(function)                                                         \
    static plait_node read_##function(struct source *source, plait_nodes inputs) \
    {                                                                            \
        const plait_global_pooling_opts opts = options(source);                  \
        return plait_##function(inputs.items[0], &opts);                         \
    }

READER(global_max_pooling1d)
READER(global_max_pooling2d)
READER(global_average_pooling1d)
READER(global_average_pooling2d)

const struct layer_reader global_pooling_readers[] = {
    {"GlobalMaxPooling1D", read_global_max_pooling1d},
    {"GlobalMaxPooling2D", read_global_max_pooling2d},
    {"GlobalAveragePooling1D", read_global_average_pooling1d},
    {"GlobalAveragePooling2D", read_global_average_pooling2d},
    {"GlobalMaxPool1D", read_global_max_pooling1d}, /* other names that Keras has for them */
    {"GlobalMaxPool2D", read_global_max_pooling2d},
    {"GlobalAvgPool1D", read_global_average_pooling1d},
    {"GlobalAvgPool2D", read_global_average_pooling2d},
    {0},
};
