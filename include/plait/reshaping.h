/* SPDX-License-Identifier: MIT */
/* Layers that move values, or leave them as they are. The rules of layers.h hold. */
#ifndef PLAIT_RESHAPING_H
#define PLAIT_RESHAPING_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

/* In a target shape: whatever size is left, Keras's -1. */
#define PLAIT_REST SIZE_MAX

/* x in C order under another shape of as many elements, one size of which may be PLAIT_REST. Costs nothing
 * where the memory can stay as it is. */
PLAIT_API plait_node plait_reshape(plait_node x, plait_shape target_shape, const plait_layer_opts *opts);

/* Axes in another order: axis i of y is axis dims.items[i - 1] of x; for PLAIT_AXES(3, 1, 2)
 *   y[c][i][j] = x[i][j][c]
 *   dims  every axis of x but the batch, from 1 on, once */
PLAIT_API plait_node plait_permute(plait_node x, plait_axes dims, const plait_layer_opts *opts);

/* x {features}, n times: y[i][f] = x[f] for i < n; y has shape {n, features}. */
PLAIT_API plait_node plait_repeat_vector(plait_node x, size_t n, const plait_layer_opts *opts);

/* A part of an axis, as Python's begin:end:step. */
typedef struct plait_range {
    int64_t begin; /* the first element; a negative number counts from the axis's end */
    int64_t end;   /* the first that is not taken, likewise; beyond the axis: as far as it goes */
    int64_t step;  /* negative: backwards. 0: element `begin` alone, and y lacks the axis */
} plait_range;

#ifdef __cplusplus
#define PLAIT_RANGE(begin, end, step) (plait_range{begin, end, step})
#else
#define PLAIT_RANGE(begin, end, step) ((plait_range){begin, end, step})
#endif
#define PLAIT_ALL PLAIT_RANGE(0, INT64_MAX, 1)                 /* Python's : */
#define PLAIT_REVERSED PLAIT_RANGE(INT64_MAX, INT64_MIN, -1)   /* ::-1 */
#define PLAIT_INDEX(index) PLAIT_RANGE(index, 0, 0)            /* one element */

/* A part of x, Keras's x[:, ...] with constant ranges: y[i][j]... = x[b + i * s][b' + j * s']...
 *   ranges  one for each axis after the batch, outermost first; axes without one are taken whole. Read
 *           during the call */
PLAIT_API plait_node plait_get_item(plait_node x, const plait_range *ranges, size_t count,
                                    const plait_layer_opts *opts);

/* y = x: what Keras's regularization and augmentation layers are at inference. Costs nothing.
 *   class_name  Keras's class, for names and summaries: NULL or "Identity", "Dropout", "AlphaDropout",
 *               "SpatialDropout1D", -2D, -3D, "GaussianNoise", "GaussianDropout", "ActivityRegularization",
 *               "StochasticDepth", "AugMix", "CutMix", "MixUp", "RandAugment", "Solarization", or "Random"
 *               before Brightness, ColorDegeneration, ColorJitter, Contrast, ElasticTransform, Erasing, Flip,
 *               GaussianBlur, Grayscale, Hue, Invert, Perspective, Posterization, Rotation, Saturation,
 *               Sharpness, Shear, Translation, Zoom. (RandomCrop, which changes the shape, is none of them.) */
PLAIT_API plait_node plait_identity(plait_node x, const char *class_name, const plait_layer_opts *opts);

/* Keras's TimeDistributed: layers between these two are made on each step of x {time, ...} for itself.
 *   y = plait_join_steps(plait_conv2d(plait_split_steps(x, NULL), &opts), time, NULL);
 * y of plait_split_steps has the shape of a step, and the steps of all samples are its samples; plait_join_steps puts
 * `steps` of them together, {steps, ...}. Between them, all inputs of a layer must be of such steps. */
PLAIT_API plait_node plait_split_steps(plait_node x, const plait_layer_opts *opts);
PLAIT_API plait_node plait_join_steps(plait_node x, size_t steps, const plait_layer_opts *opts);

PLAIT_EXTERN_C_END
#endif
