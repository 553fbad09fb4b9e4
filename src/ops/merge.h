/* SPDX-License-Identifier: MIT */
/* What elementwise layers of several operands share: y = x[0] OP x[1] OP ..., from left to right, with
 * broadcasting. One operand may be a constant. */
#ifndef OPS_MERGE_H
#define OPS_MERGE_H

#include "graph/op.h"

enum { MERGE_VARIANTS = 2 };

/* The operand that is a constant. */
enum merge_constant { MERGE_NO_CONSTANT, MERGE_CONSTANT_FIRST, MERGE_CONSTANT_LAST };

/* Parameters of a merge layer. */
struct merge {
    const char *operation; /* of kernels/merge.clh: "OPERATION_ADD" */
    bool divides;          /* the result is divided by the number of inputs */
    enum merge_constant constant;
    float number;
    bool is_array;     /* the constant is not `number` but */
    plait_array array; /* these values, which broadcast with a sample, aligned at the last axis */
};

/* Begins a layer of `op`, which has the functions below. */
plait_node merge_layer(const struct op *op, plait_nodes x, const plait_layer_opts *opts, struct merge merge);

/* Such a layer of operands of which one may be a constant; no node if both are. */
plait_node merge_operate(const struct op *op, const char *operation, plait_operand a, plait_operand b,
                         const plait_layer_opts *opts);

/* The same within the layer whose last node is `last`. */
plait_node merge_extend(plait_node last, const struct op *op, const char *operation, plait_operand a, plait_operand b);

/* As Keras's merge layers broadcast: missing axes stand behind the batch. */
void merge_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

/* As NumPy broadcasts, and so Keras's operations: the batch is an axis like the others, so whatever would
 * align another axis with it, or stretch it, is refused. */
void merge_infer_aligned(plait_graph *graph, struct node *node, const plait_shape *inputs);

/* The trait `affine` of sums, differences, products and quotients with a constant. */
bool merge_affine(const struct node *node, size_t channels, double *scale, double *shift);

extern const struct variant *const merge_variants[MERGE_VARIANTS];

#endif
