/* SPDX-License-Identifier: MIT */
/* Layers that normalize, scale and shift, beside plait_batch_normalization. The rules of layers.h hold. */
#ifndef PLAIT_NORMALIZATION_H
#define PLAIT_NORMALIZATION_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

typedef struct plait_layer_normalization_opts {
    const char *name;
    plait_array gamma;    /* the sizes of the axes, in their order in x; none: scale=False */
    plait_array beta;     /* likewise; none: center=False */
    plait_axes axes;      /* the batch counted; none: -1 */
    float epsilon;        /* 0: 1e-3 */
    int rms_scaling;      /* 1: the mean is not subtracted, though the variance is that about it; as Keras's option */
    uint64_t reserved[8]; /* 0 */
} plait_layer_normalization_opts;

/* For each sample, over all elements along the axes, with their mean and their (biased) variance:
 *   y = gamma * (x - mean) / sqrt(variance + epsilon) + beta */
PLAIT_API plait_node plait_layer_normalization(plait_node x, const plait_layer_normalization_opts *opts);

typedef struct plait_rms_normalization_opts {
    const char *name;
    plait_array scale;    /* the sizes of the axes, in their order in x; none: 1 */
    plait_axes axes;      /* the batch counted; none: -1 */
    float epsilon;        /* 0: 1e-6 */
    uint64_t reserved[8]; /* 0 */
} plait_rms_normalization_opts;

/* For each sample, over all elements along the axes: y = scale * x / sqrt(mean of x * x + epsilon). */
PLAIT_API plait_node plait_rms_normalization(plait_node x, const plait_rms_normalization_opts *opts);

typedef struct plait_group_normalization_opts {
    const char *name;
    plait_array gamma;    /* {channels}; none: scale=False */
    plait_array beta;     /* {channels}; none: center=False */
    int groups;           /* of neighbouring channels, which it must divide evenly; 0: 32, -1: one a channel */
    int axis;             /* the channels' axis, the batch counted; 0: -1 */
    float epsilon;        /* 0: 1e-3 */
    uint64_t reserved[8]; /* 0 */
} plait_group_normalization_opts;

/* For each sample and each group of channels, over all elements of the group, with their mean and their
 * (biased) variance:
 *   y = gamma * (x - mean) / sqrt(variance + epsilon) + beta,   one gamma and beta a channel */
PLAIT_API plait_node plait_group_normalization(plait_node x, const plait_group_normalization_opts *opts);

typedef struct plait_unit_normalization_opts {
    const char *name;
    plait_axes axes;      /* the batch counted; none: -1 */
    uint64_t reserved[8]; /* 0 */
} plait_unit_normalization_opts;

/* For each sample, over all elements along the axes: y = x * min(1 / sqrt(sum of x * x), 1e12). */
PLAIT_API plait_node plait_unit_normalization(plait_node x, const plait_unit_normalization_opts *opts);

/* y = x * scale + offset.
 *   scale, offset  numbers, or arrays that broadcast with a sample, aligned at the last axis: {channels}, say */
PLAIT_API plait_node plait_rescaling(plait_node x, plait_operand scale, plait_operand offset,
                                     const plait_layer_opts *opts);

typedef struct plait_normalization_opts {
    const char *name;
    plait_array mean;     /* of a shape that broadcasts with a sample, aligned at the last axis: {channels}, or a */
    plait_array variance; /* single number {}; both required, of the same shape */
    int invert;           /* 1: the inverse */
    int adapted;          /* 1: they are weights, as adapt() leaves them; 0: arguments. For summaries */
    uint64_t reserved[8]; /* 0 */
} plait_normalization_opts;

/* y = (x - mean) / max(sqrt(variance), 1e-7), or with `invert` y = mean + x * max(sqrt(variance), 1e-7). */
PLAIT_API plait_node plait_normalization(plait_node x, const plait_normalization_opts *opts);

typedef struct plait_layer_scale_opts {
    const char *name;
    plait_array gamma;    /* {channels}; required */
    uint64_t reserved[8]; /* 0 */
} plait_layer_scale_opts;

/* y = x * gamma, one gamma a channel: the layer LayerScale of ConvNeXt. */
PLAIT_API plait_node plait_layer_scale(plait_node x, const plait_layer_scale_opts *opts);

PLAIT_EXTERN_C_END
#endif
