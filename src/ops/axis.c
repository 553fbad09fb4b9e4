/* SPDX-License-Identifier: MIT */
#include "ops/axis.h"

#include "shape/shape.h"

bool node_axis(plait_graph *graph, struct node *node, int axis, plait_shape shape, size_t *index)
{
    if (axis_in_sample(axis, shape.rank, index)) {
        return true;
    }
    if (shape.rank == 0) {
        node_fail(graph, node, "axis %d cannot be: input {} has no axis but the batch", axis);
    } else {
        node_fail(graph, node,
                  "axis %d is out of range for input %s; it must be 1 to %zu or -%zu to -1 (0 is the batch)", axis,
                  shape_name(shape).text, shape.rank, shape.rank);
    }
    return false;
}

bool node_axes(plait_graph *graph, struct node *node, plait_axes axes, plait_shape shape, unsigned *mask)
{
    *mask = 0;
    if (axes.count == 0 || axes.count > PLAIT_MAX_RANK) {
        node_fail(graph, node, "it has %zu axes; name 1 to %d of input %s", axes.count, PLAIT_MAX_RANK,
                  shape_name(shape).text);
        return false;
    }
    for (size_t i = 0; i < axes.count; i++) {
        size_t index;
        if (!node_axis(graph, node, axes.items[i], shape, &index)) {
            return false;
        }
        if (*mask >> (index + 1) & 1U) {
            node_fail(graph, node, "axis %d is named twice; name each axis of input %s once", axes.items[i],
                      shape_name(shape).text);
            return false;
        }
        *mask |= 1U << (index + 1);
    }
    return true;
}

unsigned axes_mask(plait_axes axes, size_t rank)
{
    unsigned mask = 0;

    for (size_t i = 0; i < axes.count; i++) {
        mask |= 1U << (axes.items[i] < 0 ? axes.items[i] + (int)rank : axes.items[i]);
    }
    return mask;
}
