/* SPDX-License-Identifier: MIT */
/* y = x[0] + x[1] + ..., from left to right. */
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/merge.h"

static const struct op op_add = {
    .name = "add",
    .class_name = "Add",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
    .is_sum = true,
};

plait_node plait_add(plait_nodes x, const plait_layer_opts *opts)
{
    return merge_layer(&op_add, x, opts, (struct merge){.operation = "OPERATION_ADD"});
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_node y = plait_add(x, &(plait_layer_opts){.name = source->name});

    masks_join(source, x, y);
    return y;
}

const struct layer_reader add_readers[] = {{"Add", read}, {0}};
