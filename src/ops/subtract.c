/* SPDX-License-Identifier: MIT */
/* y = x[0] - x[1]. */
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/merge.h"

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    if (node->input_count != 2) {
        node_fail(graph, node, "it takes exactly 2 inputs but got %zu", node->input_count);
        return;
    }
    merge_infer(graph, node, inputs);
}

static const struct op op_subtract = {
    .name = "subtract",
    .class_name = "Subtract",
    .infer = infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_subtract(plait_nodes x, const plait_layer_opts *opts)
{
    return merge_layer(&op_subtract, x, opts, (struct merge){.operation = "OPERATION_SUBTRACT"});
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_node y = plait_subtract(x, &(plait_layer_opts){.name = source->name});

    masks_join(source, x, y);
    return y;
}

const struct layer_reader subtract_readers[] = {{"Subtract", read}, {0}};
