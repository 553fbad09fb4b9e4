/* SPDX-License-Identifier: MIT */
/* Keras's activation layers with parameters, beside those of layers.h, whose rules hold. */
#ifndef PLAIT_ACTIVATIONS_H
#define PLAIT_ACTIVATIONS_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

typedef struct plait_leaky_relu_opts {
    const char *name;
    const float *negative_slope; /* 0 or more; NULL: 0.3. Read during the call */
    uint64_t reserved[8];        /* 0 */
} plait_leaky_relu_opts;

/* y = x < 0 ? negative_slope * x : x. (The slope of PLAIT_LEAKY_RELU is 0.2.) */
PLAIT_API plait_node plait_leaky_relu(plait_node x, const plait_leaky_relu_opts *opts);

typedef struct plait_elu_opts {
    const char *name;
    const float *alpha;   /* NULL: 1. Read during the call */
    uint64_t reserved[8]; /* 0 */
} plait_elu_opts;

/* y = x < 0 ? alpha * (exp(x) - 1) : x. */
PLAIT_API plait_node plait_elu(plait_node x, const plait_elu_opts *opts);

typedef struct plait_prelu_opts {
    const char *name;
    plait_array alpha;    /* as many axes as x, of its sizes, or 1 along shared_axes; required */
    uint64_t reserved[8]; /* 0 */
} plait_prelu_opts;

/* y = max(x, 0) - alpha * max(-x, 0); NaN stays NaN. */
PLAIT_API plait_node plait_prelu(plait_node x, const plait_prelu_opts *opts);

PLAIT_EXTERN_C_END
#endif
