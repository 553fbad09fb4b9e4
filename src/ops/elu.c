/* SPDX-License-Identifier: MIT */
/* y = x < 0 ? alpha * (exp(x) - 1) : x: Keras's ELU layer. */
#include "graph/source.h"
#include "ops/pointwise.h"

#include <math.h>
#include <plait/activations.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct activation *elu = node->params;

    node->shape = inputs[0];
    if (elu->has_alpha && !isfinite(elu->alpha)) {
        node_fail(graph, node, "alpha is %g; it must be finite", (double)elu->alpha);
    }
}

static const struct op op_elu = {
    .name = "elu",
    .class_name = "ELU",
    .infer = infer,
    .variants = pointwise_variants,
    .variant_count = POINTWISE_VARIANTS,
    .activation = pointwise_activation,
};

plait_node plait_elu(plait_node x, const plait_elu_opts *opts)
{
    struct activation elu = {.kind = PLAIT_ELU};

    if (opts && opts->alpha) {
        elu.has_alpha = *opts->alpha != 1;
        elu.alpha = *opts->alpha;
    }
    return graph_add(&op_elu, PLAIT_NODES(x), opts ? opts->name : NULL, &elu, sizeof elu);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const float alpha = source_float(source, "alpha", 1);

    return plait_elu(x.items[0], &(plait_elu_opts){.name = source->name, .alpha = &alpha});
}

const struct layer_reader elu_readers[] = {{"ELU", read, MASKS_PASS}, {0}};
