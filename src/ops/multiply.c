/* SPDX-License-Identifier: MIT */
/* y = x[0] * x[1] * ..., from left to right. */
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/merge.h"

static const struct op op_multiply = {
    .name = "multiply",
    .class_name = "Multiply",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
    .is_product = true,
};

plait_node plait_multiply(plait_nodes x, const plait_layer_opts *opts)
{
    return merge_layer(&op_multiply, x, opts, (struct merge){.operation = "OPERATION_MULTIPLY"});
}

static plait_node read(struct source *source, plait_nodes x)
{
    return masks_multiply(source, x, plait_multiply);
}

const struct layer_reader multiply_readers[] = {{"Multiply", read}, {0}};
