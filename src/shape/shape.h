/* SPDX-License-Identifier: MIT */
/* Shapes: sizes, names, axes, broadcasting. Pure functions. */
#ifndef SHAPE_SHAPE_H
#define SHAPE_SHAPE_H

#include <plait/shape.h>
#include <stdbool.h>
#include <stdint.h>

/* Most elements a tensor may have: kernels index with 32-bit integers. */
#define SHAPE_MAX_ELEMENTS ((size_t)INT32_MAX)

/* Text of a shape, by value so that a message can name several: shape_name(s).text is "{3,3,4,64}". */
struct shape_name {
    char text[PLAIT_MAX_RANK * 21 + 3];
};
struct shape_name shape_name(plait_shape shape);

/* *size = number of elements; false on overflow or a rank above PLAIT_MAX_RANK. */
bool shape_size(plait_shape shape, size_t *size);

/* Number of elements of a shape that was checked before. */
size_t shape_count(plait_shape shape);

bool shape_equal(plait_shape a, plait_shape b);

/* The shape with `dim` in front; the rank must be below PLAIT_MAX_RANK. */
plait_shape shape_with_batch(plait_shape sample, size_t batch);

/* Resolves Keras's axis number, which counts the batch as axis 0 and may be negative, for a sample shape
 * of `rank` axes: *index is the axis within the sample. False for the batch axis or out of range. */
bool axis_in_sample(int axis, size_t rank, size_t *index);

/* Keras's broadcasting of sample shapes, aligned at the last axis. False if sizes differ and none is 1. */
bool shape_broadcast(plait_shape a, plait_shape b, plait_shape *out);

#endif
