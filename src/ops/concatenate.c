/* SPDX-License-Identifier: MIT */
/* y = x[0], x[1], ... one after the other along an axis.
 *
 * There is no kernel: the planner lets the inputs' producers write into the joined tensor, or copies. */
#include "graph/op.h"
#include "graph/source.h"
#include "ops/axis.h"
#include "shape/shape.h"

struct concatenate {
    int axis;
};

static bool fits(plait_shape shape, plait_shape first, size_t axis)
{
    if (shape.rank == first.rank) {
        shape.dims[axis] = first.dims[axis];
    }
    return shape_equal(shape, first);
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct concatenate *params = node->params;
    plait_shape shape = inputs[0];
    size_t axis;

    if (!node_axis(graph, node, params->axis, shape, &axis)) {
        return;
    }
    for (size_t i = 1; i < node->input_count; i++) {
        if (!fits(inputs[i], inputs[0], axis)) {
            node_fail(graph, node,
                      "input %zu has shape %s but input 0 has %s; all sizes but those along axis %zu must agree", i,
                      shape_name(inputs[i]).text, shape_name(inputs[0]).text, axis + 1);
            return;
        }
        shape.dims[axis] += inputs[i].dims[axis];
    }
    node->shape = shape;
}

static size_t join_axis(const struct node *node)
{
    const struct concatenate *params = node->params;
    size_t axis = 0;

    (void)axis_in_sample(params->axis, node->shape.rank, &axis);
    return axis + 1;
}

static const struct op op_concatenate = {
    .name = "concatenate",
    .class_name = "Concatenate",
    .infer = infer,
    .join_axis = join_axis,
};

plait_node plait_concatenate(plait_nodes x, int axis, const plait_layer_opts *opts)
{
    const struct concatenate params = {.axis = axis};

    return graph_add(&op_concatenate, x, opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_concatenate(x, source_axis(source, "axis", -1), &(plait_layer_opts){.name = source->name});
}

/* The operation joins constants, too. */
static plait_node read_operation(struct source *source, plait_nodes x)
{
    const bool is_list = source->calls->kind(source, "args[0]") == SOURCE_LIST;

    if (is_list && source->calls->length(source, "args[0]") != x.count) {
        source_unsupported(source, "it joins constants with its %zu tensors", x.count);
    }
    return read(source, x);
}

const struct layer_reader concatenate_readers[] = {
    {"Concatenate", read},
    {"ops.Concatenate", read_operation},
    {0},
};
