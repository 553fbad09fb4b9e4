/* SPDX-License-Identifier: MIT */
/* y = max(x, 0) - alpha * max(-x, 0), with an alpha that broadcasts: Keras's PReLU layer. */
#include "ops/merge.h"
#include "shape/shape.h"

#include <plait/activations.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct merge *merge = node->params;
    plait_shape wanted = inputs[0];

    for (size_t i = 0; i < wanted.rank && merge->array.shape.rank == wanted.rank; i++) {
        wanted.dims[i] = merge->array.shape.dims[i] == 1 ? 1 : wanted.dims[i]; /* shared */
    }
    (void)node_weight(graph, node, "alpha", merge->array, wanted);
    node->shape = inputs[0];
}

static const struct op op_prelu = {
    .name = "prelu",
    .class_name = "PReLU",
    .infer = infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_prelu(plait_node x, const plait_prelu_opts *opts)
{
    const struct merge merge = {
        .operation = "OPERATION_PRELU",
        .constant = MERGE_CONSTANT_LAST,
        .is_array = true,
        .array = opts ? opts->alpha : (plait_array){0},
    };

    return graph_add(&op_prelu, PLAIT_NODES(x), opts ? opts->name : NULL, &merge, sizeof merge);
}
