/* SPDX-License-Identifier: MIT */
/* y = x[0], x[1], ... one after the other along an axis.
 *
 * There is no kernel: the planner lets the inputs' producers write into the joined tensor, or copies. */
#include "graph/op.h"
#include "graph/source.h"
#include "ops/axis.h"
#include "ops/masks.h"
#include "shape/shape.h"

#include <plait/operations.h>

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

/* Whether each step counts in one of x, which are joined along their channels: those that carry no mask count always.
 */
static void join_channels(struct source *source, plait_nodes x, plait_node y)
{
    for (size_t i = 0; i < x.count; i++) {
        if (!source->calls->carried(source, x.items[i]).graph) {
            return; /* a mask of ones alone does what none does */
        }
    }
    masks_join(source, x, y);
}

/* Whether element by element of x counts, as far as its mask says it. */
static plait_node mask_of_elements(struct source *source, plait_node x, size_t i)
{
    const struct part_name ones = masks_numbered(source, "ones", i);
    const struct part_name zeros = masks_numbered(source, "zeros", i);
    const struct part_name wide = masks_numbered(source, "wide", i);
    const plait_node mask = source->calls->carried(source, x);

    if (!mask.graph) {
        return plait_ops_logical_or(plait_of(x), plait_number(1), &(plait_layer_opts){.name = ones.text});
    }
    if (plait_node_shape(mask).rank >= plait_node_shape(x).rank) {
        return mask;
    }
    const plait_node none =
        plait_ops_logical_and(plait_of(x), plait_number(0), &(plait_layer_opts){.name = zeros.text});
    return plait_ops_logical_or(plait_of(masks_of_channels(source, mask, i)), plait_of(none),
                                &(plait_layer_opts){.name = wide.text});
}

/* The same for x that are joined along another axis. */
static void join_others(struct source *source, plait_nodes x, int axis, plait_node y)
{
    const struct part_name joined = masks_part(source, "masks");
    const struct part_name any = masks_part(source, "mask");
    plait_node masks[MASKS_MOST_INPUTS];
    bool masked = false;

    for (size_t i = 0; i < x.count; i++) {
        masked = masked || source->calls->carried(source, x.items[i]).graph;
    }
    if (!masked || !masks_are_few(source, x)) {
        return;
    }
    for (size_t i = 0; i < x.count; i++) {
        masks[i] = mask_of_elements(source, x.items[i], i);
    }
    const plait_nodes parts = {masks, x.count};
    const plait_node all = plait_concatenate(parts, axis, &(plait_layer_opts){.name = joined.text});
    source->calls->carry(source, y, plait_ops_any(all, PLAIT_AXES(-1), &(plait_reduce_opts){.name = any.text}));
}

static plait_node read_layer(struct source *source, plait_nodes x)
{
    const int axis = source_axis(source, "axis", -1);
    const plait_node y = read(source, x);
    const size_t rank = plait_node_shape(x.items[0]).rank;

    if (rank == 0) {
        return y; /* what is wrong is said of y */
    }
    if (axis == -1 || (size_t)axis == rank) {
        join_channels(source, x, y);
    } else {
        join_others(source, x, axis, y);
    }
    return y;
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
    {"Concatenate", read_layer},
    {"ops.Concatenate", read_operation},
    {0},
};
