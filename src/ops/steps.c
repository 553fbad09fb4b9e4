/* SPDX-License-Identifier: MIT */
/* Steps of a sequence as samples of their own, and together again. There is no kernel: the planner gives the memory
 * another shape, with more samples. */
#include "base/memory.h"
#include "graph/op.h"
#include "shape/shape.h"

#include <plait/reshaping.h>
#include <string.h>

static void infer_split(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const plait_shape x = inputs[0];

    if (x.rank == 0 || x.dims[0] == 0) {
        node_fail(graph, node, "input has shape %s but must be a sequence, {time, ...}", shape_name(x).text);
    } else if (!size_mul(node->samples, x.dims[0], &node->samples) || node->samples > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "its steps would be more than %zu samples", SHAPE_MAX_ELEMENTS);
    } else {
        node->shape.rank = x.rank - 1;
        memcpy(node->shape.dims, x.dims + 1, node->shape.rank * sizeof x.dims[0]);
    }
}

static void infer_join(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const size_t steps = *(const size_t *)node->params;
    const plait_shape x = inputs[0];

    if (steps == 0 || node->samples % steps != 0) {
        node_fail(graph, node, "input has %zu samples for each of the model's; it cannot have been split in %zu steps",
                  node->samples, steps);
    } else if (x.rank + 2 > PLAIT_MAX_RANK) {
        node_fail(graph, node, "input %s has %zu axes; with the steps there may be %d", shape_name(x).text, x.rank,
                  PLAIT_MAX_RANK - 1);
    } else {
        node->samples /= steps;
        node->shape = shape_with_batch(x, steps);
    }
}

static const struct op op_split_steps = {
    .name = "split_steps",
    .class_name = "TimeDistributed",
    .infer = infer_split,
    .aliases = true,
};

static const struct op op_join_steps = {
    .name = "join_steps",
    .class_name = "TimeDistributed",
    .infer = infer_join,
    .aliases = true,
};

plait_node plait_split_steps(plait_node x, const plait_layer_opts *opts)
{
    return graph_add(&op_split_steps, PLAIT_NODES(x), opts ? opts->name : NULL, NULL, 0);
}

plait_node plait_join_steps(plait_node x, size_t steps, const plait_layer_opts *opts)
{
    return graph_add(&op_join_steps, PLAIT_NODES(x), opts ? opts->name : NULL, &steps, sizeof steps);
}
