/* SPDX-License-Identifier: MIT */
/* y = min(x > threshold ? x : 0, max_value) - negative_slope * max(threshold - x, 0): Keras's ReLU layer. */
#include "graph/source.h"
#include "ops/pointwise.h"

#include <math.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct activation *relu = node->params;

    node->shape = inputs[0];
    if (relu->has_max && !(relu->max >= 0)) {
        node_fail(graph, node, "max_value is %g; it must be 0 or more", (double)relu->max);
    }
    if (!(relu->slope >= 0 && isfinite(relu->slope))) {
        node_fail(graph, node, "negative_slope is %g; it must be 0 or more, and finite", (double)relu->slope);
    }
    if (!(relu->threshold >= 0 && isfinite(relu->threshold))) {
        node_fail(graph, node, "threshold is %g; it must be 0 or more, and finite", (double)relu->threshold);
    }
}

static const struct op op_relu = {
    .name = "relu",
    .class_name = "ReLU",
    .infer = infer,
    .variants = pointwise_variants,
    .variant_count = POINTWISE_VARIANTS,
    .activation = pointwise_activation,
};

plait_node plait_relu(plait_node x, const plait_relu_opts *opts)
{
    static const plait_relu_opts defaults = {0};
    const plait_relu_opts *o = opts ? opts : &defaults;
    struct activation relu = {.kind = PLAIT_RELU, .slope = o->negative_slope, .threshold = o->threshold};

    if (o->max_value && *o->max_value != INFINITY) {
        relu.has_max = true;
        relu.max = *o->max_value;
    }
    return graph_add(&op_relu, PLAIT_NODES(x), o->name, &relu, sizeof relu);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const float max = source_float(source, "max_value", INFINITY);

    return plait_relu(x.items[0], &(plait_relu_opts){
                                      .name = source->name,
                                      .max_value = &max,
                                      .negative_slope = source_float(source, "negative_slope", 0),
                                      .threshold = source_float(source, "threshold", 0),
                                  });
}

/* Keras 2's: y = x > theta ? x : 0. */
static plait_node read_thresholded(struct source *source, plait_nodes x)
{
    return plait_relu(x.items[0],
                      &(plait_relu_opts){.name = source->name, .threshold = source_float(source, "theta", 1)});
}

const struct layer_reader relu_readers[] = {
    {"ReLU", read, MASKS_PASS},
    {"ops.ReLU", read}, /* keras.activations.relu of a tensor */
    {"ThresholdedReLU", read_thresholded, MASKS_PASS},
    {0},
};
