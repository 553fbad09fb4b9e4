/* SPDX-License-Identifier: MIT */
/* y = x, in C order, under another shape. There is no kernel: the planner gives x's memory that shape. */
#include "ops/reshape.h"

#include "graph/source.h"
#include "ops/axis.h"
#include "shape/shape.h"

#include <plait/reshaping.h>
#include <string.h>

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

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_reshape(x.items[0], source_shape(source, "target_shape", 0),
                         &(plait_layer_opts){.name = source->name});
}

/* The operation's shape begins with the batch, which is -1 or null. */
static plait_node read_operation(struct source *source, plait_nodes x)
{
    const bool batch_is_null = source->calls->kind(source, "newshape[0]") == SOURCE_MISSING;
    const plait_shape shape = source_shape(source, "newshape", 1);
    bool has_rest = false;

    for (size_t i = 0; i < shape.rank; i++) {
        has_rest = has_rest || shape.dims[i] == PLAIT_REST;
    }
    if (!batch_is_null && (has_rest || source_number(source, "newshape[0]", -1) != -1)) {
        source_unsupported(source, "option newshape fixes the batch's size; begin it with -1, and name all others");
    }
    return plait_reshape(x.items[0], shape, &(plait_layer_opts){.name = source->name});
}

/* An axis of size 1 more; the axis is the new shape's. */
static plait_node read_expand_dims(struct source *source, plait_nodes x)
{
    plait_shape shape = plait_node_shape(x.items[0]);
    const int axis = source_axis(source, "axis", -1);
    const int place = axis < 0 ? axis + (int)shape.rank + 1 : axis - 1; /* in a sample */

    if (place < 0 || place > (int)shape.rank || shape.rank + 1 >= PLAIT_MAX_RANK) {
        source_refuse(source, "option axis is %d, which is no axis of a sample of %zu axes and one more", axis,
                      shape.rank);
        return x.items[0];
    }
    memmove(shape.dims + place + 1, shape.dims + place, (shape.rank - (size_t)place) * sizeof *shape.dims);
    shape.dims[place] = 1;
    shape.rank++;
    return plait_reshape(x.items[0], shape, &(plait_layer_opts){.name = source->name});
}

/* Without the named axes, of size 1; without all such axes if none is named. */
static plait_node read_squeeze(struct source *source, plait_nodes x)
{
    const plait_shape from = plait_node_shape(x.items[0]);
    const plait_axes axes = source_axes(source, "axis");
    plait_shape shape = {0};
    bool goes[PLAIT_MAX_RANK] = {0};

    for (size_t i = 0; i < axes.count; i++) {
        size_t place;
        if (!axis_in_sample(axes.items[i], from.rank, &place) || from.dims[place] != 1) {
            source_refuse(source, "option axis is %d, which is no axis of size 1 of a sample of shape %s",
                          axes.items[i], shape_name(from).text);
            return x.items[0];
        }
        goes[place] = true;
    }
    for (size_t i = 0; i < from.rank; i++) {
        if (!goes[i] && (axes.count > 0 || from.dims[i] != 1)) {
            shape.dims[shape.rank++] = from.dims[i];
        }
    }
    return plait_reshape(x.items[0], shape, &(plait_layer_opts){.name = source->name});
}

const struct layer_reader reshape_readers[] = {
    {"Reshape", read},
    {"ops.Reshape", read_operation},
    {"ops.ExpandDims", read_expand_dims},
    {"ops.Squeeze", read_squeeze},
    {0},
};
