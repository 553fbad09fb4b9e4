/* SPDX-License-Identifier: MIT */
/* y = (x[0] + x[1] + ...) / count: a true division, of the sum from left to right. */
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/merge.h"

static const struct op op_average = {
    .name = "average",
    .class_name = "Average",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_average(plait_nodes x, const plait_layer_opts *opts)
{
    return merge_layer(&op_average, x, opts, (struct merge){.operation = "OPERATION_ADD", .divides = true});
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_node y = plait_average(x, &(plait_layer_opts){.name = source->name});

    masks_join(source, x, y);
    return y;
}

const struct layer_reader average_readers[] = {{"Average", read}, {0}};
