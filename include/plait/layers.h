/* SPDX-License-Identifier: MIT */
/* The layers: one function each, with Keras's name, options and numerics.
 *
 * Shapes are written without the batch axis, which every tensor has in front; axis numbers count it, as
 * Keras does: axis 1 is the first axis after the batch, -1 the last.
 * Pictures are {rows, cols, channels}. All values are float32.
 * The last argument of every layer is its options; NULL, or all fields zero, means Keras's defaults.
 * Its `name` is copied. NULL: the layer's kind, numbered per graph as Keras does ("conv2d", "conv2d_1").
 * Arrays of weights are borrowed until the model is created, or the graph is freed if it never is.
 * A wrong call notes one line in the graph and yields a poisoned node (graph.h). */
#ifndef PLAIT_LAYERS_H
#define PLAIT_LAYERS_H

#include <plait/graph.h>

PLAIT_EXTERN_C_BEGIN

/* Keras's activation names, and one function without a name there. X(NAME, name, value): values are pinned. */
#define PLAIT_ACTIVATIONS(X)                                                                               \
    X(LINEAR, linear, 0)                                                                                   \
    X(RELU, relu, 1)                                                                                       \
    X(RELU6, relu6, 2)                                                                                     \
    X(LEAKY_RELU, leaky_relu, 3)       /* slope 0.2 */                                                     \
    X(ELU, elu, 4)                     /* alpha 1 */                                                       \
    X(SELU, selu, 5)                                                                                       \
    X(CELU, celu, 6)                   /* alpha 1 */                                                       \
    X(GELU, gelu, 7)                   /* the exact form, with erf */                                      \
    X(SILU, silu, 8)                                                                                       \
    X(HARD_SILU, hard_silu, 9)                                                                             \
    X(HARD_SIGMOID, hard_sigmoid, 10)  /* relu6(x + 3) / 6, as Keras 3 */                                  \
    X(SIGMOID, sigmoid, 11)                                                                                \
    X(TANH, tanh, 12)                                                                                      \
    X(SOFTPLUS, softplus, 13)                                                                              \
    X(SOFTSIGN, softsign, 14)                                                                              \
    X(EXPONENTIAL, exponential, 15)                                                                        \
    X(MISH, mish, 16)                                                                                      \
    X(LOG_SIGMOID, log_sigmoid, 17)                                                                        \
    X(TANH_SHRINK, tanh_shrink, 18)                                                                        \
    X(HARD_TANH, hard_tanh, 19)                                                                            \
    X(SOFT_SHRINK, soft_shrink, 20)    /* threshold 0.5 */                                                 \
    X(HARD_SHRINK, hard_shrink, 21)    /* threshold 0.5 */                                                 \
    X(SPARSE_PLUS, sparse_plus, 22)                                                                        \
    X(SPARSE_SIGMOID, sparse_sigmoid, 23)                                                                  \
    X(SQUAREPLUS, squareplus, 24)      /* b 4 */                                                           \
    X(SOFTMAX, softmax, 25)            /* over the last axis */                                            \
    X(LOG_SOFTMAX, log_softmax, 26)    /* over the last axis */                                            \
    X(GELU_TANH, gelu_tanh, 27)        /* keras.ops.gelu's default, an approximation of gelu with tanh */

typedef enum plait_activation {
#define PLAIT_ACTIVATION_ENTRY(NAME, name, value) PLAIT_##NAME = value,
    PLAIT_ACTIVATIONS(PLAIT_ACTIVATION_ENTRY)
#undef PLAIT_ACTIVATION_ENTRY
} plait_activation;

typedef enum plait_padding {
    PLAIT_VALID = 0, /* no padding */
    PLAIT_SAME = 1,  /* ceil(size / stride) outputs; an odd cell of padding goes below and to the right */
    PLAIT_CAUSAL = 2, /* plait_conv1d alone: ceil(size / stride) outputs, all padding is before the first step */
} plait_padding;

/* Options of layers that have none of their own. */
typedef struct plait_layer_opts {
    const char *name;
    uint64_t reserved[8]; /* 0 */
} plait_layer_opts;

/* An input of the model, with `shape` a sample; the batch axis is added in front.
 *   name  NULL: "input_layer", numbered */
PLAIT_API plait_node plait_input(plait_graph *graph, const char *name, plait_shape shape);

/* ---- Merge layers -----------------------------------------------------------------------------------
 * At least one input unless said otherwise; the same node may stand twice. Elementwise ones broadcast as
 * Keras does: axes of size 1 stretch, and an input of lower rank gets axes of size 1 after the batch. */

/* y = x[0] + x[1] + ..., from left to right. */
PLAIT_API plait_node plait_add(plait_nodes x, const plait_layer_opts *opts);

/* y = x[0] - x[1]; exactly two inputs. */
PLAIT_API plait_node plait_subtract(plait_nodes x, const plait_layer_opts *opts);

/* y = x[0] * x[1] * ..., from left to right. */
PLAIT_API plait_node plait_multiply(plait_nodes x, const plait_layer_opts *opts);

/* y = (x[0] + x[1] + ...) / count. */
PLAIT_API plait_node plait_average(plait_nodes x, const plait_layer_opts *opts);

/* y = the largest of x[0], x[1], ...; NaN if one of them is NaN. */
PLAIT_API plait_node plait_maximum(plait_nodes x, const plait_layer_opts *opts);

/* y = the smallest of x[0], x[1], ...; NaN if one of them is NaN. */
PLAIT_API plait_node plait_minimum(plait_nodes x, const plait_layer_opts *opts);

/* Joins inputs along an axis; all other axes must agree.
 *   axis  1 to rank or -1 to -rank, the batch counted; Keras's default is -1. The batch axis is refused.
 * Where the inputs' producers can write into the joined tensor, no kernel runs for it. */
PLAIT_API plait_node plait_concatenate(plait_nodes x, int axis, const plait_layer_opts *opts);

typedef struct plait_dot_opts {
    const char *name;
    int normalize;        /* 1: both inputs are brought to length 1 along their axes before */
    uint64_t reserved[8]; /* 0 */
} plait_dot_opts;

/* Sums of products over an axis of each of two inputs: for x[0] {a, b, k} and x[1] {c, k}
 *   y[a][b][c] = sum over k of x[0][a][b][k] * x[1][c][k]
 * and likewise for any other place of k. y has the axes that are left of x[0], then those of x[1]; {1} if
 * there are none.
 *   axes  one for both inputs (Keras's default is -1), or one for each; not the batch */
PLAIT_API plait_node plait_dot(plait_nodes x, plait_axes axes, const plait_dot_opts *opts);

/* ---- Convolution ------------------------------------------------------------------------------------ */

typedef struct plait_conv2d_opts {
    const char *name;
    plait_array kernel;          /* {rows, cols, channels / groups, filters}, Keras's HWIO; required */
    plait_array bias;            /* {filters}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides[2];           /* rows, cols; 0: 1 */
    size_t dilation_rate[2];     /* rows, cols; 0: 1. Strides and dilation above 1 exclude each other */
    size_t groups;               /* 0: 1; must divide channels and filters */
    uint64_t reserved[8];        /* 0 */
} plait_conv2d_opts;

/* 2D convolution (cross-correlation) of x {rows, cols, channels} to {out rows, out cols, filters}:
 *   for each output row i, col j, filter f:
 *     y[i][j][f] = activation(bias[f] + sum over a, b, c of
 *                  x[i*strides[0] + a*dilation_rate[0] - top][j*strides[1] + b*dilation_rate[1] - left][c]
 *                  * kernel[a][b][c][f])
 * with x = 0 outside; for groups G, filter f sees the channels of group f / (filters / G) alone. */
PLAIT_API plait_node plait_conv2d(plait_node x, const plait_conv2d_opts *opts);

/* ---- Dense ------------------------------------------------------------------------------------------ */

typedef struct plait_dense_opts {
    const char *name;
    plait_array kernel;          /* {channels, units}; required */
    plait_array bias;            /* {units}; none: no bias */
    plait_activation activation;
    uint64_t reserved[8];        /* 0 */
} plait_dense_opts;

/* Matrix product over the last axis of x {..., channels}, of rank 1 or more, to {..., units}:
 *   y[...][u] = activation(bias[u] + sum over c of x[...][c] * kernel[c][u]) */
PLAIT_API plait_node plait_dense(plait_node x, const plait_dense_opts *opts);

/* ---- Normalization ---------------------------------------------------------------------------------- */

typedef struct plait_batch_normalization_opts {
    const char *name;
    plait_array gamma;           /* {channels}; none: scale=False */
    plait_array beta;            /* {channels}; none: center=False */
    plait_array moving_mean;     /* {channels}; required */
    plait_array moving_variance; /* {channels}; required */
    float epsilon;               /* 0: 1e-3 */
    int axis;                    /* the channels' axis, the batch counted; 0: -1 */
    uint64_t reserved[8];        /* 0 */
} plait_batch_normalization_opts;

/* Batch normalization at inference, with the statistics of training, along one axis of x:
 *   y = gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta */
PLAIT_API plait_node plait_batch_normalization(plait_node x, const plait_batch_normalization_opts *opts);

/* ---- Activations ------------------------------------------------------------------------------------ */

typedef struct plait_relu_opts {
    const char *name;
    const float *max_value; /* largest output, 0 or more; NULL: none. Read during the call */
    float negative_slope;   /* 0 or more */
    float threshold;        /* 0 or more */
    uint64_t reserved[8];   /* 0 */
} plait_relu_opts;

/* Keras's ReLU layer: y = min(x > threshold ? x : 0, max_value) - negative_slope * max(threshold - x, 0).
 * NaN stays NaN, except that a threshold above 0 without slope makes it 0. */
PLAIT_API plait_node plait_relu(plait_node x, const plait_relu_opts *opts);

/* Keras's Activation layer: the function of that name, of every element. */
PLAIT_API plait_node plait_activate(plait_node x, plait_activation activation, const plait_layer_opts *opts);

typedef struct plait_softmax_opts {
    const char *name;
    int axis;             /* the batch counted; 0: -1 */
    plait_axes axes;      /* several axes, in place of `axis`; none: that one */
    plait_node mask;      /* broadcasts to x: where it is 0, x is not counted and y is 0; all 0 (no node): none */
    uint64_t reserved[6]; /* 0 */
} plait_softmax_opts;

/* Along an axis of x, or over several axes together: y = exp(x - max x) / sum of exp(x - max x). */
PLAIT_API plait_node plait_softmax(plait_node x, const plait_softmax_opts *opts);

/* ---- Shape ------------------------------------------------------------------------------------------ */

/* x {a, b, ...} as {a * b * ...}; {} as {1}. Costs nothing where the memory can stay as it is. */
PLAIT_API plait_node plait_flatten(plait_node x, const plait_layer_opts *opts);

PLAIT_EXTERN_C_END
#endif
