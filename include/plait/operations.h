/* SPDX-License-Identifier: MIT */
/* Keras's operations: what x + y, x * 2.0 or ops.mean(x) become in a model. The rules of layers.h hold.
 *
 * Operands are nodes, numbers or arrays of constants, at least one of them a node:
 *     y = plait_ops_subtract(plait_number(1), plait_of(x), NULL);       1 - x
 * They broadcast as NumPy's arrays do, which have the batch as an axis like the others and are aligned at the
 * last axis: both nodes need as many axes, and a constant may have as many as a sample, or one more of size 1
 * in front. (The merge layers of layers.h take nodes of any rank.)
 * Numbers and arrays are float32, and so is the arithmetic. What only scales and shifts goes into the weights
 * of a convolution or dense layer before it. */
#ifndef PLAIT_OPERATIONS_H
#define PLAIT_OPERATIONS_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

/* y = a + b. */
PLAIT_API plait_node plait_ops_add(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = a - b. */
PLAIT_API plait_node plait_ops_subtract(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = a * b. */
PLAIT_API plait_node plait_ops_multiply(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = a / b, as keras.ops.divide; and the same as Keras's TrueDivide, which x / y makes. */
PLAIT_API plait_node plait_ops_divide(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_true_divide(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = the larger of a and b; NaN if one of them is NaN. */
PLAIT_API plait_node plait_ops_maximum(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = the smaller of a and b; NaN if one of them is NaN. */
PLAIT_API plait_node plait_ops_minimum(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = -x. */
PLAIT_API plait_node plait_ops_negative(plait_node x, const plait_layer_opts *opts);

/* The function of that name, of every element: keras.ops.relu(x), say, whose class is Relu. Not for
 * PLAIT_LINEAR, which is no operation, and the softmaxes, which are plait_softmax's. */
PLAIT_API plait_node plait_ops_activate(plait_node x, plait_activation activation, const plait_layer_opts *opts);

/* y = 1 where it is so, else 0: with NaN, only not_equal is. These numbers stand for Keras's True and False, and
 * wherever Keras asks for a bool, all numbers but 0 are True. */
PLAIT_API plait_node plait_ops_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_not_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_less(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_less_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_greater(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_greater_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts);

/* y = 1 where both are True, one of them is, or exactly one; and where x is False. */
PLAIT_API plait_node plait_ops_logical_and(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_logical_or(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_logical_xor(plait_operand a, plait_operand b, const plait_layer_opts *opts);
PLAIT_API plait_node plait_ops_logical_not(plait_node x, const plait_layer_opts *opts);

/* y = x where the condition is True, else y's; what is not chosen has no effect, even if it is NaN. */
PLAIT_API plait_node plait_ops_where(plait_node condition, plait_operand x, plait_operand y,
                                     const plait_layer_opts *opts);

typedef struct plait_reduce_opts {
    const char *name;
    int keepdims;         /* 1: the axes stay, with size 1; 0: they go */
    uint64_t reserved[8]; /* 0 */
} plait_reduce_opts;

/* y = the mean of x along the axes, of which at least one must be named; the batch cannot be. */
PLAIT_API plait_node plait_ops_mean(plait_node x, plait_axes axes, const plait_reduce_opts *opts);

/* y = the sum of x along the axes. */
PLAIT_API plait_node plait_ops_sum(plait_node x, plait_axes axes, const plait_reduce_opts *opts);

/* y = the largest of x along the axes; NaN if one of them is NaN. */
PLAIT_API plait_node plait_ops_max(plait_node x, plait_axes axes, const plait_reduce_opts *opts);

/* y = the smallest of x along the axes; NaN if one of them is NaN. */
PLAIT_API plait_node plait_ops_min(plait_node x, plait_axes axes, const plait_reduce_opts *opts);

/* y = 1 if one of x along the axes is True, or all of them, else 0. */
PLAIT_API plait_node plait_ops_any(plait_node x, plait_axes axes, const plait_reduce_opts *opts);
PLAIT_API plait_node plait_ops_all(plait_node x, plait_axes axes, const plait_reduce_opts *opts);

/* y = x[0] + x[1] * scale: the layer CustomScaleLayer of Inception-ResNet. Exactly two inputs, of shapes that
 * broadcast as an operation's do. */
PLAIT_API plait_node plait_custom_scale_layer(plait_nodes x, float scale, const plait_layer_opts *opts);

PLAIT_EXTERN_C_END
#endif
