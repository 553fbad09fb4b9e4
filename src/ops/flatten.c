/* SPDX-License-Identifier: MIT */
/* y = x, in C order, with one axis. There is no kernel: the planner gives x's memory another shape. */
#include "graph/op.h"
#include "graph/source.h"
#include "shape/shape.h"

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)graph;
    node->shape = PLAIT_SHAPE(shape_count(inputs[0]));
}

static const struct op op_flatten = {
    .name = "flatten",
    .class_name = "Flatten",
    .infer = infer,
    .aliases = true,
};

plait_node plait_flatten(plait_node x, const plait_layer_opts *opts)
{
    return graph_add(&op_flatten, PLAIT_NODES(x), opts ? opts->name : NULL, NULL, 0);
}

static plait_node read(struct source *source, plait_nodes x)
{
    source_channels_last(source);
    return plait_flatten(x.items[0], &(plait_layer_opts){.name = source->name});
}

const struct layer_reader flatten_readers[] = {{"Flatten", read}, {0}};
