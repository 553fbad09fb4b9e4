/* SPDX-License-Identifier: MIT */
/* y = the smallest of x[0], x[1], ...; NaN if one of them is NaN. */
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/merge.h"

static const struct op op_minimum = {
    .name = "minimum",
    .class_name = "Minimum",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_minimum(plait_nodes x, const plait_layer_opts *opts)
{
    return merge_layer(&op_minimum, x, opts, (struct merge){.operation = "OPERATION_MINIMUM"});
}

static plait_node read(struct source *source, plait_nodes x)
{
    return masks_choose(source, x, plait_minimum);
}

const struct layer_reader minimum_readers[] = {{"Minimum", read}, {0}};
