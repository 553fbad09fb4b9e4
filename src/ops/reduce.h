/* SPDX-License-Identifier: MIT */
/* What layers share that make one value of all along some axes. */
#ifndef OPS_REDUCE_H
#define OPS_REDUCE_H

#include "graph/op.h"
#include "graph/source.h"

#include <plait/operations.h>

/* Such a layer's parameters. */
struct reduce {
    const char *reduction; /* of kernels/reduce.clh: "REDUCE_MEAN" */
    plait_axes axes;
    bool keeps; /* the axes, with size 1 */
};

void reduce_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

enum { REDUCE_VARIANTS = 2 };

extern const struct variant *const reduce_variants[REDUCE_VARIANTS];

/* Reads an operation of a file that such a function makes. */
typedef plait_node reducer(plait_node x, plait_axes axes, const plait_reduce_opts *opts);
plait_node reduce_read(struct source *source, plait_nodes x, reducer *reduce_it);

#endif
