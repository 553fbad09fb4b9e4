/* SPDX-License-Identifier: MIT */
/* y = the largest or the mean of a picture, channel by channel (pooling.h): a reduction along its rows and columns. */
#include "ops/merge.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
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

/* ---- The mean of the steps that count ---- */

static void infer_masked(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    if (inputs[1].rank != 2) {
        node_fail(graph, node, "input has shape %s but must be a sequence, {steps, channels}",
                  shape_name(inputs[1]).text);
    } else if (!shape_equal(inputs[0], PLAIT_SHAPE(inputs[1].dims[0], 1))) {
        node_fail(graph, node, "mask has %zu values but must have %zu, one for each step", shape_count(inputs[0]),
                  inputs[1].dims[0]);
    } else {
        node->shape = inputs[1];
    }
}

#define PART(keras_name, infer_it, the_variants, count)                                                                \
    {                                                                                                                  \
        .name = (keras_name), .class_name = "GlobalAveragePooling1D", .infer = (infer_it), .variants = (the_variants), \
        .variant_count = (count),                                                                                      \
    }

static const struct op op_counts = PART("global_average_pooling1d", merge_infer, merge_variants, MERGE_VARIANTS);
static const struct op op_kept = PART("where", infer_masked, merge_variants, MERGE_VARIANTS);
static const struct op op_part_sum = PART("sum", reduce_infer, reduce_variants, REDUCE_VARIANTS);
static const struct op op_quotient = PART("divide", merge_infer, merge_variants, MERGE_VARIANTS);

static plait_node masked_mean(plait_node x, const plait_global_pooling_opts *opts)
{
    const struct reduce sum = {.reduction = "REDUCE_SUM", .axes = steps, .keeps = opts->keepdims};
    const struct reshape column = {.target = PLAIT_SHAPE(shape_count(plait_node_shape(opts->mask)), 1)};
    const plait_layer_opts layer = {.name = opts->name};
    plait_node counts = merge_operate(&op_counts, "OPERATION_NOT_EQUAL", plait_of(opts->mask), plait_number(0), &layer);

    counts = graph_extend(counts, &op_reshape, &column, sizeof column);
    const plait_node kept = merge_extend(counts, &op_kept, "OPERATION_WHERE", plait_of(counts), plait_of(x));
    const plait_node total = graph_extend(kept, &op_part_sum, &sum, sizeof sum);
    const plait_node count = graph_extend_with(total, &op_part_sum, PLAIT_NODES(counts), &sum, sizeof sum);
    return merge_extend(count, &op_quotient, "OPERATION_DIVIDE", plait_of(total), plait_of(count));
}

plait_node plait_global_average_pooling1d(plait_node x, const plait_global_pooling_opts *opts)
{
    if (opts && opts->mask.graph) {
        return masked_mean(x, opts);
    }
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
static plait_node read_global_average_pooling1d(struct source *source, plait_nodes inputs)
{
    plait_global_pooling_opts opts = options(source);

    opts.mask = source->calls->mask(source, 0);
    return plait_global_average_pooling1d(inputs.items[0], &opts);
}

READER(global_average_pooling2d)

enum { MASK_PLACE = 1 }; /* call(inputs, mask) */

const struct layer_reader global_pooling_readers[] = {
    {"GlobalMaxPooling1D", read_global_max_pooling1d},
    {"GlobalMaxPooling2D", read_global_max_pooling2d},
    {"GlobalAveragePooling1D", read_global_average_pooling1d, MASKS_END, MASK_PLACE},
    {"GlobalAveragePooling2D", read_global_average_pooling2d},
    {"GlobalMaxPool1D", read_global_max_pooling1d}, /* other names that Keras has for them */
    {"GlobalMaxPool2D", read_global_max_pooling2d},
    {"GlobalAvgPool1D", read_global_average_pooling1d, MASKS_END, MASK_PLACE},
    {"GlobalAvgPool2D", read_global_average_pooling2d},
    {0},
};
