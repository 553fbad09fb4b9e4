/* SPDX-License-Identifier: MIT */
/* y = x[0] + x[1] * scale: Inception-ResNet's CustomScaleLayer, as a product and a sum. The product goes into
 * the weights of the convolution that makes x[1], and then x[0] is added in that convolution's store. */
#include "graph/source.h"
#include "ops/merge.h"

#include <plait/operations.h>

static const struct op op_product = {
    .name = "custom_scale_layer",
    .class_name = "CustomScaleLayer",
    .infer = merge_infer_aligned,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .affine = merge_affine,
};

static const struct op op_sum = {
    .name = "custom_scale_layer",
    .class_name = "CustomScaleLayer",
    .infer = merge_infer_aligned,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
    .is_sum = true,
};

static void infer_count(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)inputs;
    node_fail(graph, node, "it takes exactly 2 inputs but got %zu", node->input_count);
}

static const struct op op_wrong_count = {
    .name = "custom_scale_layer",
    .class_name = "CustomScaleLayer",
    .infer = infer_count,
};

plait_node plait_custom_scale_layer(plait_nodes x, float scale, const plait_layer_opts *opts)
{
    const struct merge product = {.operation = "OPERATION_MULTIPLY", .constant = MERGE_CONSTANT_LAST, .number = scale};
    const struct merge sum = {.operation = "OPERATION_ADD"};

    if (x.count != 2 || !x.items) {
        return graph_add(&op_wrong_count, x, opts ? opts->name : NULL, NULL, 0);
    }
    const plait_node scaled = merge_layer(&op_product, (plait_nodes){&x.items[1], 1}, opts, product);
    return graph_extend_with(scaled, &op_sum, PLAIT_NODES(x.items[0], scaled), &sum, sizeof sum);
}

static plait_node read(struct source *source, plait_nodes x)
{
    if (source->calls->kind(source, "scale") == SOURCE_MISSING) {
        source_refuse(source, "option scale is missing");
    }
    return plait_custom_scale_layer(x, source_float(source, "scale", 1), &(plait_layer_opts){.name = source->name});
}

const struct layer_reader custom_scale_layer_readers[] = {{"CustomScaleLayer", read}, {0}};
