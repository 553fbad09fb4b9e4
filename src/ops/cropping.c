/* SPDX-License-Identifier: MIT */
/* y[i] = x[begin + i], without `end` cells at the end: Keras's Cropping1D and Cropping2D layers. */
#include "ops/cropping.h"

#include "shape/shape.h"

void cropping_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct cropping *params = node->params;
    const plait_shape x = inputs[0];

    if (!cells_check(graph, node, x, params->axes)) {
        return;
    }
    node->shape = x;
    for (size_t i = 0; i <= x.rank; i++) {
        params->move.axes[i] = (struct move_axis){.axis = i, .step = 1};
    }
    for (size_t i = 0; i < params->axes; i++) {
        const plait_ends ends = params->ends[i];
        if (ends.begin >= x.dims[i] || ends.end >= x.dims[i] - ends.begin) {
            node_fail(graph, node, "cropping of %zu and %zu cells leaves nothing of axis %zu of input %s; crop less",
                      ends.begin, ends.end, i + 1, shape_name(x).text);
            return;
        }
        node->shape.dims[i] = x.dims[i] - ends.begin - ends.end;
        params->move.begin[i + 1] = (int64_t)ends.begin;
    }
}

static const struct op op_cropping1d = {
    .name = "cropping1d",
    .class_name = "Cropping1D",
    .infer = cropping_infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

static const struct op op_cropping2d = {
    .name = "cropping2d",
    .class_name = "Cropping2D",
    .infer = cropping_infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_cropping1d(plait_node x, plait_ends steps, const plait_layer_opts *opts)
{
    const struct cropping params = {.axes = 1, .ends = {steps}};

    return graph_add(&op_cropping1d, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

plait_node plait_cropping2d(plait_node x, plait_ends rows, plait_ends cols, const plait_layer_opts *opts)
{
    const struct cropping params = {.axes = 2, .ends = {rows, cols}};

    return graph_add(&op_cropping2d, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read1d(struct source *source, plait_nodes x)
{
    plait_ends steps = {1, 1};

    cells_read_ends(source, "cropping", 1, &steps);
    return plait_cropping1d(x.items[0], steps, &(plait_layer_opts){.name = source->name});
}

static plait_node read2d(struct source *source, plait_nodes x)
{
    plait_ends ends[2] = {{0, 0}, {0, 0}};

    cells_read_ends(source, "cropping", 2, ends);
    source_channels_last(source);
    return plait_cropping2d(x.items[0], ends[0], ends[1], &(plait_layer_opts){.name = source->name});
}

const struct layer_reader cropping_readers[] = {{"Cropping1D", read1d}, {"Cropping2D", read2d}, {0}};
