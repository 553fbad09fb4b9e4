/* SPDX-License-Identifier: MIT */
/* y = x. */
#include "ops/copy.h"

#include "ops/pointwise.h"

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)graph;
    node->shape = inputs[0];
}

const struct op op_copy = {
    .name = "copy",
    .class_name = "Copy",
    .infer = infer,
    .variants = pointwise_variants,
    .variant_count = POINTWISE_VARIANTS,
    .takes_activation = true,
};
