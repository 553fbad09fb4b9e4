/* SPDX-License-Identifier: MIT */
/* What the elementwise merge layers share: y = x[0] OP x[1] OP ..., from left to right, with Keras's
 * broadcasting. */
#ifndef OPS_MERGE_H
#define OPS_MERGE_H

#include "graph/op.h"

enum { MERGE_VARIANTS = 2 };

/* Parameters of a merge layer. */
struct merge {
    const char *operation; /* of kernels/merge.clh: "OPERATION_ADD" */
    bool divides;          /* the result is divided by the number of inputs */
};

/* Begins a layer of `op`, which has the functions below. */
plait_node merge_layer(const struct op *op, plait_nodes x, const plait_layer_opts *opts, struct merge merge);

void merge_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

extern const struct variant *const merge_variants[MERGE_VARIANTS];

#endif
