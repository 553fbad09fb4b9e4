/* SPDX-License-Identifier: MIT */
/* The reshapes within other layers. */
#ifndef OPS_RESHAPE_H
#define OPS_RESHAPE_H

#include "graph/op.h"

/* The parameters of an operator that reshapes. */
struct reshape {
    plait_shape target;
};

void reshape_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

/* To extend a layer with. */
extern const struct op op_reshape;

#endif
