/* SPDX-License-Identifier: MIT */
/* What layers share that make one value of all along some axes. */
#ifndef OPS_REDUCE_H
#define OPS_REDUCE_H

#include "graph/op.h"

/* Such a layer's parameters. */
struct reduce {
    const char *reduction; /* of kernels/reduce.clh: "REDUCE_MEAN" */
    plait_axes axes;
    bool keeps; /* the axes, with size 1 */
};

void reduce_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

enum { REDUCE_VARIANTS = 2 };

extern const struct variant *const reduce_variants[REDUCE_VARIANTS];

#endif
