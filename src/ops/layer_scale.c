/* SPDX-License-Identifier: MIT */
/* y = x * gamma, one gamma a channel: ConvNeXt's LayerScale layer. */
#include "graph/source.h"
#include "ops/merge.h"
#include "shape/shape.h"

#include <plait/normalization.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct merge *merge = node->params;

    if (inputs[0].rank == 0) {
        node_fail(graph, node, "input {} has no channels; it must have at least one axis besides the batch");
        return;
    }
    (void)node_weight(graph, node, "gamma", merge->array, PLAIT_SHAPE(inputs[0].dims[inputs[0].rank - 1]));
    node->shape = inputs[0];
}

static const struct op op_layer_scale = {
    .name = "layer_scale",
    .class_name = "LayerScale",
    .infer = infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
    .affine = merge_affine,
};

plait_node plait_layer_scale(plait_node x, const plait_layer_scale_opts *opts)
{
    const struct merge merge = {
        .operation = "OPERATION_MULTIPLY",
        .constant = MERGE_CONSTANT_LAST,
        .is_array = true,
        .array = opts ? opts->gamma : (plait_array){0},
    };

    return graph_add(&op_layer_scale, PLAIT_NODES(x), opts ? opts->name : NULL, &merge, sizeof merge);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_array gamma = source_weight(source, 0);

    source_check_axes(source, "projection_dim", gamma, 0, 1);
    return plait_layer_scale(x.items[0], &(plait_layer_scale_opts){.name = source->name, .gamma = gamma});
}

const struct layer_reader layer_scale_readers[] = {{"LayerScale", read}, {0}};
