/* SPDX-License-Identifier: MIT */
/* y[i][f] = x[f], n times: Keras's RepeatVector layer. */
#include "graph/source.h"
#include "ops/move.h"
#include "shape/shape.h"

#include <plait/reshaping.h>

struct repeat_vector {
    struct move move;
    size_t n;
};

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct repeat_vector *params = node->params;

    if (inputs[0].rank != 1) {
        node_fail(graph, node, "input has shape %s; it must be {features}, with one axis", shape_name(inputs[0]).text);
        return;
    }
    if (params->n == 0) {
        node_fail(graph, node, "n is 0; it must be at least 1");
        return;
    }
    node->shape = PLAIT_SHAPE(params->n, inputs[0].dims[0]);
    params->move.axes[0] = (struct move_axis){.axis = 0, .step = 1};
    params->move.axes[1] = (struct move_axis){.repeats = true};
    params->move.axes[2] = (struct move_axis){.axis = 1, .step = 1};
}

static const struct op op_repeat_vector = {
    .name = "repeat_vector",
    .class_name = "RepeatVector",
    .infer = infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_repeat_vector(plait_node x, size_t n, const plait_layer_opts *opts)
{
    const struct repeat_vector params = {.n = n};

    return graph_add(&op_repeat_vector, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_repeat_vector(x.items[0], source_size(source, "n", 0), &(plait_layer_opts){.name = source->name});
}

const struct layer_reader repeat_vector_readers[] = {{"RepeatVector", read}, {0}};
