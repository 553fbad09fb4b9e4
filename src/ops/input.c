/* SPDX-License-Identifier: MIT */
/* A value from outside. */
#include "graph/op.h"
#include "shape/shape.h"

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const plait_shape *shape = node->params;

    (void)inputs;
    if (shape->rank >= PLAIT_MAX_RANK) {
        node_fail(graph, node, "shape has %zu axes; besides the batch there may be %d", shape->rank,
                  PLAIT_MAX_RANK - 1);
        return;
    }
    for (size_t i = 0; i < shape->rank; i++) {
        if (shape->dims[i] == 0) {
            node_fail(graph, node, "shape %s has size 0 along axis %zu; every size must be at least 1",
                      shape_name(*shape).text, i + 1);
            return;
        }
    }
    node->shape = *shape;
}

static const struct op op_input = {
    .name = "input",
    .class_name = "InputLayer",
    .infer = infer,
    .is_input = true,
};

plait_node plait_input(plait_graph *graph, const char *name, plait_shape shape)
{
    return graph_add_input(graph, &op_input, name, &shape, sizeof shape);
}
