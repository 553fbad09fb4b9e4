/* SPDX-License-Identifier: MIT */
/* Pooling layers. The rules of layers.h hold. The 1D layers take sequences {steps, channels}, which they treat as
 * pictures of one row. */
#ifndef PLAIT_POOLING_H
#define PLAIT_POOLING_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

typedef struct plait_pooling2d_opts {
    const char *name;
    plait_padding padding;
    size_t pool_size[2];  /* {rows, cols}; 0: 2 */
    size_t strides[2];    /* {rows, cols}; 0: that of pool_size */
    uint64_t reserved[8]; /* 0 */
} plait_pooling2d_opts;

typedef struct plait_pooling1d_opts {
    const char *name;
    plait_padding padding;
    size_t pool_size;     /* 0: 2 */
    size_t strides;       /* 0: pool_size */
    uint64_t reserved[8]; /* 0 */
} plait_pooling1d_opts;

/* Over the cells a < pool_size[0], b < pool_size[1] of a window that lie in the picture, with the padding that is put
 * above and on the left:
 *   y[i][j][c] = the largest x[i * strides[0] + a - top][j * strides[1] + b - left][c]
 * As in TensorFlow on CPUs, NaN is passed over, and y is no less than -FLT_MAX: that is what comes of a window of NaN
 * or -INFINITY alone. (The global layers and plait_ops_max have NaN where one of the values is NaN.) */
PLAIT_API plait_node plait_max_pooling2d(plait_node x, const plait_pooling2d_opts *opts);
PLAIT_API plait_node plait_max_pooling1d(plait_node x, const plait_pooling1d_opts *opts);

/* The same with the mean in place of the largest: padding is not counted. */
PLAIT_API plait_node plait_average_pooling2d(plait_node x, const plait_pooling2d_opts *opts);
PLAIT_API plait_node plait_average_pooling1d(plait_node x, const plait_pooling1d_opts *opts);

typedef struct plait_global_pooling_opts {
    const char *name;
    int keepdims;         /* 1: rows and columns stay, with size 1; 0: y has shape {channels} */
    plait_node mask;      /* of average_pooling1d alone, {steps}: a step where it is 0 is not counted, so that y is NaN
                             if none is; all 0 (no node): all steps */
    uint64_t reserved[6]; /* 0 */
} plait_global_pooling_opts;

/* y[c] = the largest x[i][j][c] of a picture; NaN if one of them is NaN. */
PLAIT_API plait_node plait_global_max_pooling2d(plait_node x, const plait_global_pooling_opts *opts);
PLAIT_API plait_node plait_global_max_pooling1d(plait_node x, const plait_global_pooling_opts *opts);

/* y[c] = the mean of x[i][j][c] over a picture. */
PLAIT_API plait_node plait_global_average_pooling2d(plait_node x, const plait_global_pooling_opts *opts);
PLAIT_API plait_node plait_global_average_pooling1d(plait_node x, const plait_global_pooling_opts *opts);

PLAIT_EXTERN_C_END
#endif
