/* SPDX-License-Identifier: MIT */
/* The axis option of layers. */
#ifndef OPS_AXIS_H
#define OPS_AXIS_H

#include "graph/ir.h"

/* *index = the axis of a sample of `shape` that Keras's number `axis` means; a number out of range is noted
 * as the node's mistake, and false returned. */
bool node_axis(plait_graph *graph, struct node *node, int axis, plait_shape shape, size_t *index);

#endif
