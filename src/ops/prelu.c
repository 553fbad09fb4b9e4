/* SPDX-License-Identifier: MIT */
/* y = max(x, 0) - alpha * max(-x, 0), with an alpha that broadcasts: Keras's PReLU layer. */
#include "graph/source.h"
#include "ops/axis.h"
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

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_array alpha = source_weight(source, 0);
    const plait_axes shared = source_axes(source, "shared_axes");

    for (size_t i = 0; i < shared.count; i++) {
        size_t axis;
        if (!axis_in_sample(shared.items[i], alpha.shape.rank, &axis) || alpha.shape.dims[axis] != 1) {
            source_refuse(source, "shared_axes has axis %d, along which the alpha of shape %s is not of size 1",
                          shared.items[i], shape_name(alpha.shape).text);
        }
    }
    return plait_prelu(x.items[0], &(plait_prelu_opts){.name = source->name, .alpha = alpha});
}

const struct layer_reader prelu_readers[] = {{"PReLU", read, MASKS_PASS}, {0}};
