/* SPDX-License-Identifier: MIT */
/* Shapes and arrays in host memory. */
#ifndef PLAIT_SHAPE_H
#define PLAIT_SHAPE_H

#include <plait/status.h>
#include <stddef.h>

#ifdef __cplusplus
#include <initializer_list>
#endif

/* Most axes of a tensor, the batch among them. */
#define PLAIT_MAX_RANK 8

/* Sizes along each axis, outermost first, as in NumPy and Keras. Rank 0 is a single number. */
typedef struct plait_shape {
    size_t rank;
    size_t dims[PLAIT_MAX_RANK];
} plait_shape;

/* float32 values in host memory in C order (the last axis runs fastest). Borrowed: whoever made it owns
 * it. All zero means "none" wherever an array is optional. */
typedef struct plait_array {
    const float *data;
    plait_shape shape;
} plait_array;

/* PLAIT_SHAPE(32, 32, 3): a shape from its sizes. More than PLAIT_MAX_RANK sizes do not compile in C. */
#ifdef __cplusplus
static inline plait_shape plait_shape_from(std::initializer_list<size_t> dims)
{
    plait_shape shape = plait_shape();
    for (size_t dim : dims) {
        if (shape.rank < PLAIT_MAX_RANK) shape.dims[shape.rank] = dim;
        shape.rank++; /* a rank above PLAIT_MAX_RANK is refused wherever the shape is used */
    }
    return shape;
}
#define PLAIT_SHAPE(...) (plait_shape_from({__VA_ARGS__}))
#else
#define PLAIT_SHAPE(...) \
    ((plait_shape){.rank = sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), .dims = {__VA_ARGS__}})
#endif

/* Numbers of axes as Keras counts them: 0 is the batch, -1 the last axis. None: what the layer says. */
typedef struct plait_axes {
    size_t count;
    int items[PLAIT_MAX_RANK];
} plait_axes;

/* PLAIT_AXES(1, 2): axes from their numbers. */
#ifdef __cplusplus
static inline plait_axes plait_axes_from(std::initializer_list<int> items)
{
    plait_axes axes = plait_axes();
    for (int item : items) {
        if (axes.count < PLAIT_MAX_RANK) axes.items[axes.count] = item;
        axes.count++; /* a count above PLAIT_MAX_RANK is refused wherever the axes are used */
    }
    return axes;
}
#define PLAIT_AXES(...) (plait_axes_from({__VA_ARGS__}))
#else
#define PLAIT_AXES(...) \
    ((plait_axes){.count = sizeof((int[]){__VA_ARGS__}) / sizeof(int), .items = {__VA_ARGS__}})
#endif

#endif
