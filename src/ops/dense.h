/* SPDX-License-Identifier: MIT */
/* Dense, for other layers that are, or begin with, a matrix product over the last axis. */
#ifndef OPS_DENSE_H
#define OPS_DENSE_H

#include "graph/op.h"

enum { DENSE_VARIANTS = 4 };

/* The first member of such an operator's parameters; its node has the weights kernel and bias, as Dense has. */
struct dense {
    plait_array kernel; /* {channels, units} */
    plait_array bias;   /* none: no bias */
};

/* Members of its `struct op`. */
void dense_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);
double dense_flops(const struct node *node, const plait_shape *inputs);
extern const struct variant *const dense_variants[DENSE_VARIANTS];

#endif
