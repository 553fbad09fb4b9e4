/* SPDX-License-Identifier: MIT */
/* The axis and axes options of layers. */
#ifndef OPS_AXIS_H
#define OPS_AXIS_H

#include "graph/ir.h"

/* *index = the axis of a sample of `shape` that Keras's number `axis` means; a number out of range is noted
 * as the node's mistake, and false returned. */
bool node_axis(plait_graph *graph, struct node *node, int axis, plait_shape shape, size_t *index);

/* *mask = the axes named, bit i for axis i of a tensor with its batch; any mistake is noted as the node's,
 * and false returned. At least one axis must be named, none twice. */
bool node_axes(plait_graph *graph, struct node *node, plait_axes axes, plait_shape shape, unsigned *mask);

/* The same for axes that node_axes has checked, and a tensor of `rank` axes with its batch. */
unsigned axes_mask(plait_axes axes, size_t rank);

#endif
