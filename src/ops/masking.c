/* SPDX-License-Identifier: MIT */
/* Keras's Masking layer: y = x where one of a step's features is not mask_value, else 0; and for each step, whether it
 * is so. */
#include "ops/masks.h"
#include "ops/merge.h"
#include "ops/reduce.h"
#include "ops/reshape.h"

#include <plait/recurrent.h>

#define PART(keras_name, infer_it, the_variants, count)                                                 \
    {                                                                                                   \
        .name = (keras_name), .class_name = "Masking", .infer = (infer_it), .variants = (the_variants), \
        .variant_count = (count),                                                                       \
    }

static const struct op op_differs = PART("masking", merge_infer, merge_variants, MERGE_VARIANTS);
static const struct op op_any = PART("any", reduce_infer, reduce_variants, REDUCE_VARIANTS);
static const struct op op_where = {
    .name = "where",
    .class_name = "Masking",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .repeats_inputs = true,
    .takes_activation = true,
};

plait_node plait_masking(plait_node x, float mask_value, plait_node *mask, const plait_layer_opts *opts)
{
    const struct reduce any = {.reduction = "REDUCE_MAX", .axes = PLAIT_AXES(-1), .keeps = true};
    const plait_node differs =
        merge_operate(&op_differs, "OPERATION_NOT_EQUAL", plait_of(x), plait_number(mask_value), opts);
    const plait_node counts = graph_extend(differs, &op_any, &any, sizeof any);
    struct reshape steps = {.target = plait_node_shape(x)};
    plait_node last = counts;

    if (mask) {
        steps.target.rank -= steps.target.rank > 0;
        *mask = last = graph_extend(counts, &op_reshape, &steps, sizeof steps);
    }
    return merge_extend(last, &op_where, "OPERATION_WHERE", plait_of(counts), plait_of(x));
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_node mask = {0};
    const plait_node y = plait_masking(x.items[0], source_float(source, "mask_value", 0), &mask,
                                       &(plait_layer_opts){.name = source->name});

    source->calls->carry(source, y, mask);
    return y;
}

const struct layer_reader masking_readers[] = {{"Masking", read}, {0}};
