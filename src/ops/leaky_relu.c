/* SPDX-License-Identifier: MIT */
/* y = x < 0 ? negative_slope * x : x: Keras's LeakyReLU layer, computed as a ReLU with a slope. */
#include "graph/source.h"
#include "ops/pointwise.h"

#include <math.h>
#include <plait/activations.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct activation *relu = node->params;

    node->shape = inputs[0];
    if (!(relu->slope >= 0 && isfinite(relu->slope))) {
        node_fail(graph, node, "negative_slope is %g; it must be 0 or more, and finite", (double)relu->slope);
    }
}

static const struct op op_leaky_relu = {
    .name = "leaky_relu",
    .class_name = "LeakyReLU",
    .infer = infer,
    .variants = pointwise_variants,
    .variant_count = POINTWISE_VARIANTS,
    .activation = pointwise_activation,
};

plait_node plait_leaky_relu(plait_node x, const plait_leaky_relu_opts *opts)
{
    const float slope = opts && opts->negative_slope ? *opts->negative_slope : 0.3F;
    const struct activation relu = {.kind = PLAIT_RELU, .slope = slope};

    return graph_add(&op_leaky_relu, PLAIT_NODES(x), opts ? opts->name : NULL, &relu, sizeof relu);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const float alpha = source_float(source, "alpha", 0.3F); /* Keras 2's name */
    const float slope = source_float(source, "negative_slope", alpha);

    return plait_leaky_relu(x.items[0], &(plait_leaky_relu_opts){.name = source->name, .negative_slope = &slope});
}

const struct layer_reader leaky_relu_readers[] = {{"LeakyReLU", read, MASKS_PASS}, {0}};
