/* SPDX-License-Identifier: MIT */
/* y = x, in C order, under another shape. There is no kernel: the planner gives x's memory that shape. */
#include "ops/reshape.h"

#include "shape/shape.h"

#include <plait/reshaping.h>

/* Puts a number in place of PLAIT_REST; false if two sizes are PLAIT_REST. */
static bool resolve(plait_shape *target, size_t count)
{
    size_t *rest = NULL;
    size_t known = 0;

    for (size_t i = 0; i < target->rank; i++) {
        if (target->dims[i] == PLAIT_REST && rest) {
            return false;
        }
        rest = target->dims[i] == PLAIT_REST ? &target->dims[i] : rest;
    }
    if (rest) {
        *rest = 1;
        *rest = shape_size(*target, &known) && known > 0 ? count / known : 0;
    }
    return true;
}

void reshape_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct reshape *params = node->params;
    plait_shape target = params->target;
    const size_t count = shape_count(inputs[0]);
    size_t size = 0;

    if (target.rank >= PLAIT_MAX_RANK) {
        node_fail(graph, node, "target_shape has %zu axes; besides the batch there may be %d", target.rank,
                  PLAIT_MAX_RANK - 1);
        return;
    }
    if (!resolve(&target, count)) {
        node_fail(graph, node, "target_shape has more than one PLAIT_REST; only one size can be the rest");
        return;
    }
    if (!shape_size(target, &size) || size != count) {
        node_fail(graph, node,
                  "input %s has %zu elements, which target_shape %s does not hold; the number of elements "
                  "must stay",
                  shape_name(inputs[0]).text, count, shape_name(target).text);
        return;
    }
    node->shape = target;
}

const struct op op_reshape = {
    .name = "reshape",
    .class_name = "Reshape",
    .infer = reshape_infer,
    .aliases = true,
};

plait_node plait_reshape(plait_node x, plait_shape target_shape, const plait_layer_opts *opts)
{
    const struct reshape params = {.target = target_shape};

    return graph_add(&op_reshape, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}
