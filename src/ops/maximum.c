/* SPDX-License-Identifier: MIT */
/* y = the largest of x[0], x[1], ...; NaN if one of them is NaN. */
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/merge.h"

static const struct op op_maximum = {
    .name = "maximum",
    .class_name = "Maximum",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_maximum(plait_nodes x, const plait_layer_opts *opts)
{
    return merge_layer(&op_maximum, x, opts, (struct merge){.operation = "OPERATION_MAXIMUM"});
}

static plait_node read(struct source *source, plait_nodes x)
{
    return masks_choose(source, x, plait_maximum);
}

const struct layer_reader maximum_readers[] = {{"Maximum", read}, {0}};
