/* SPDX-License-Identifier: MIT */
/* Convolution layers other than plait_conv2d. The rules of layers.h hold.
 *
 * Sequences are {steps, channels}. Where a formula reads x outside, x is 0. Padding and the sizes of outputs are
 * those of plait_conv2d where nothing else is said: with extent = (size - 1) * dilation_rate + 1, an axis of n has
 *   PLAIT_VALID   (n - extent) / strides + 1 outputs, rounded down, and `before` = 0
 *   PLAIT_SAME    n / strides outputs, rounded up, and `before` = the smaller half of the padding needed
 *   PLAIT_CAUSAL  n / strides outputs, rounded up, and `before` = extent - 1 */
#ifndef PLAIT_CONVOLUTION_H
#define PLAIT_CONVOLUTION_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

/* ---- Conv1D ----------------------------------------------------------------------------------------- */

typedef struct plait_conv1d_opts {
    const char *name;
    plait_array kernel;          /* {size, channels / groups, filters}; required */
    plait_array bias;            /* {filters}; none: no bias */
    plait_padding padding;       /* PLAIT_CAUSAL is possible */
    plait_activation activation;
    size_t strides;              /* 0: 1 */
    size_t dilation_rate;        /* 0: 1. Strides and dilation above 1 exclude each other */
    size_t groups;               /* 0: 1; must divide channels and filters */
    uint64_t reserved[8];        /* 0 */
} plait_conv1d_opts;

/* Convolution of a sequence: plait_conv2d on a picture of one row,
 *   y[i][f] = activation(bias[f] + sum over a, c of x[i*strides + a*dilation_rate - before][c] * kernel[a][c][f]) */
PLAIT_API plait_node plait_conv1d(plait_node x, const plait_conv1d_opts *opts);

/* ---- Depthwise convolution -------------------------------------------------------------------------- */

typedef struct plait_depthwise_conv2d_opts {
    const char *name;
    plait_array kernel;          /* {rows, cols, channels, multiplier}; required */
    plait_array bias;            /* {channels * multiplier}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides[2];           /* rows, cols; 0: 1 */
    size_t dilation_rate[2];     /* rows, cols; 0: 1 */
    uint64_t reserved[8];        /* 0 */
} plait_depthwise_conv2d_opts;

/* Each channel of a picture by itself, M = multiplier times: for m < M
 *   y[i][j][c*M + m] = activation(bias[c*M + m] + sum over a, b of
 *                      x[i*strides[0] + a*dilation_rate[0] - top][j*strides[1] + b*dilation_rate[1] - left][c]
 *                      * kernel[a][b][c][m]) */
PLAIT_API plait_node plait_depthwise_conv2d(plait_node x, const plait_depthwise_conv2d_opts *opts);

typedef struct plait_depthwise_conv1d_opts {
    const char *name;
    plait_array kernel;          /* {size, channels, multiplier}; required */
    plait_array bias;            /* {channels * multiplier}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides;              /* 0: 1 */
    size_t dilation_rate;        /* 0: 1 */
    uint64_t reserved[8];        /* 0 */
} plait_depthwise_conv1d_opts;

/* The same on a sequence, as a picture of one row. */
PLAIT_API plait_node plait_depthwise_conv1d(plait_node x, const plait_depthwise_conv1d_opts *opts);

/* ---- Separable convolution -------------------------------------------------------------------------- */

typedef struct plait_separable_conv2d_opts {
    const char *name;
    plait_array depthwise_kernel; /* {rows, cols, channels, multiplier}; required */
    plait_array pointwise_kernel; /* {1, 1, channels * multiplier, filters}; required */
    plait_array bias;             /* {filters}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides[2];            /* rows, cols; 0: 1 */
    size_t dilation_rate[2];      /* rows, cols; 0: 1 */
    uint64_t reserved[8];         /* 0 */
} plait_separable_conv2d_opts;

/* A depthwise convolution with this padding, strides and dilation_rate, without bias; then a 1 x 1 convolution
 * with the pointwise kernel, bias and activation. */
PLAIT_API plait_node plait_separable_conv2d(plait_node x, const plait_separable_conv2d_opts *opts);

typedef struct plait_separable_conv1d_opts {
    const char *name;
    plait_array depthwise_kernel; /* {size, channels, multiplier}; required */
    plait_array pointwise_kernel; /* {1, channels * multiplier, filters}; required */
    plait_array bias;             /* {filters}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides;               /* 0: 1 */
    size_t dilation_rate;         /* 0: 1 */
    uint64_t reserved[8];         /* 0 */
} plait_separable_conv1d_opts;

/* The same on a sequence, as a picture of one row. */
PLAIT_API plait_node plait_separable_conv1d(plait_node x, const plait_separable_conv1d_opts *opts);

/* ---- Transposed convolution ------------------------------------------------------------------------- */

typedef struct plait_conv2d_transpose_opts {
    const char *name;
    plait_array kernel;          /* {rows, cols, filters, channels}; required */
    plait_array bias;            /* {filters}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides[2];           /* rows, cols; 0: 1 */
    const size_t *output_padding; /* rows, cols; below strides. NULL: the default. Read during the call */
    size_t dilation_rate[2];     /* rows, cols; 0: 1. Strides and dilation above 1 exclude each other */
    uint64_t reserved[8];        /* 0 */
} plait_conv2d_transpose_opts;

/* Each pixel of a picture spread over a window of y:
 *   y[i][j][f] = activation(bias[f] + sum over c and all p, q, a, b with p*strides[0] + a*dilation_rate[0] - top = i
 *                and q*strides[1] + b*dilation_rate[1] - left = j of x[p][q][c] * kernel[a][b][f][c])
 * The outputs of an axis of n, with extent = (size - 1) * dilation_rate + 1, and `before` (top, left):
 *   PLAIT_VALID  (n - 1) * strides + extent + output_padding, by default max(n * strides, that without it); 0
 *   PLAIT_SAME   (n - 1) * strides + extent % 2 + output_padding, by default n * strides;
 *                half of (n - 1) * strides + extent - outputs, rounded down, or 0 if that is negative */
PLAIT_API plait_node plait_conv2d_transpose(plait_node x, const plait_conv2d_transpose_opts *opts);

typedef struct plait_conv1d_transpose_opts {
    const char *name;
    plait_array kernel;          /* {size, filters, channels}; required */
    plait_array bias;            /* {filters}; none: no bias */
    plait_padding padding;
    plait_activation activation;
    size_t strides;              /* 0: 1 */
    const size_t *output_padding; /* one, below strides. NULL: the default. Read during the call */
    size_t dilation_rate;        /* 0: 1. Strides and dilation above 1 exclude each other */
    uint64_t reserved[8];        /* 0 */
} plait_conv1d_transpose_opts;

/* The same on a sequence, as a picture of one row. */
PLAIT_API plait_node plait_conv1d_transpose(plait_node x, const plait_conv1d_transpose_opts *opts);

PLAIT_EXTERN_C_END
#endif
