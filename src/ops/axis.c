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
