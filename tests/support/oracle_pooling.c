/* SPDX-License-Identifier: MIT */
#include "oracle_pooling.h"

#include "oracle_operations.h"
#include "oracle_reshaping.h"

#include <float.h>
#include <math.h>

/* The windows along one axis. */
struct axis {
    long size;
    long stride;
    long before;
    size_t outputs;
};

static struct axis axis_of(size_t input, size_t size, size_t stride, plait_padding padding)
{
    struct axis axis = {.size = size ? (long)size : 2};
    const long n = (long)input;

    axis.stride = stride ? (long)stride : axis.size;
    if (padding == PLAIT_VALID) {
        axis.outputs = (size_t)((n - axis.size) / axis.stride) + 1;
    } else {
        axis.outputs = (size_t)((n + axis.stride - 1) / axis.stride);
        const long missing = ((long)axis.outputs - 1) * axis.stride + axis.size - n;
        axis.before = missing > 0 ? missing / 2 : 0;
    }
    return axis;
}

/* Whether cell `cell` of window `index` lies in the axis; *at is where. */
static bool inside(const struct axis *axis, size_t input, size_t index, long cell, size_t *at)
{
    const long place = (long)index * axis->stride + cell - axis->before;

    *at = (size_t)place;
    return place >= 0 && place < (long)input;
}

static void take(enum pooling kind, struct reference *y, size_t to, double value, double terms)
{
    if (kind == POOLING_AVERAGE) {
        y->value[to] += value;
        y->terms[to] += terms + fabs(value);
        return;
    }
    y->value[to] = value > y->value[to] ? value : y->value[to];
    y->terms[to] = fmax(y->terms[to], terms);
}

static void pool_element(enum pooling kind, const struct reference *x, const struct axis axes[2], struct reference *y,
                         size_t e)
{
    const size_t *dims = x->shape.dims;
    const size_t channel = e % dims[3];
    const size_t col = e / dims[3] % axes[1].outputs;
    const size_t row = e / dims[3] / axes[1].outputs % axes[0].outputs;
    const size_t picture = e / dims[3] / axes[1].outputs / axes[0].outputs;
    size_t cells = 0;
    size_t i, j;

    y->value[e] = kind == POOLING_MAX ? -(double)FLT_MAX : 0;
    for (long a = 0; a < axes[0].size; a++) {
        for (long b = 0; b < axes[1].size; b++) {
            if (inside(&axes[0], dims[1], row, a, &i) && inside(&axes[1], dims[2], col, b, &j)) {
                const size_t from = ((picture * dims[1] + i) * dims[2] + j) * dims[3] + channel;
                take(kind, y, e, x->value[from], x->terms[from]);
                cells++;
            }
        }
    }
    if (kind == POOLING_AVERAGE) {
        y->value[e] /= (double)cells;
        y->terms[e] /= (double)cells;
        y->sums = cells > y->sums ? cells : y->sums;
    }
}

struct reference oracle_pooling2d(enum pooling kind, struct reference x, const plait_pooling2d_opts *opts)
{
    struct axis axes[2];

    for (size_t i = 0; i < 2; i++) {
        axes[i] = axis_of(x.shape.dims[i + 1], opts->pool_size[i], opts->strides[i], opts->padding);
    }
    struct reference y = reference_new(PLAIT_SHAPE(x.shape.dims[0], axes[0].outputs, axes[1].outputs, x.shape.dims[3]));
    y.exact = x.exact && kind == POOLING_MAX;
    y.sums = x.sums;
    for (size_t e = 0; e < y.count; e++) {
        pool_element(kind, &x, axes, &y, e);
    }
    return y;
}

struct reference oracle_pooling1d(enum pooling kind, struct reference x, const plait_pooling1d_opts *opts)
{
    const size_t size = opts->pool_size ? opts->pool_size : 2;
    const plait_pooling2d_opts wide = {
        .padding = opts->padding, .pool_size = {1, size}, .strides = {1, opts->strides ? opts->strides : size}};
    const struct reference picture = oracle_reshape(x, PLAIT_SHAPE(1, x.shape.dims[1], x.shape.dims[2]));
    const struct reference y = oracle_pooling2d(kind, picture, &wide);

    return oracle_reshape(y, PLAIT_SHAPE(y.shape.dims[2], y.shape.dims[3]));
}

struct reference oracle_global_pooling(enum pooling kind, struct reference x, bool keepdims)
{
    const plait_axes axes = x.shape.rank == 4 ? PLAIT_AXES(1, 2) : PLAIT_AXES(1);

    return oracle_reduce(kind == POOLING_MAX ? REDUCE_MAX : REDUCE_MEAN, x, axes, keepdims);
}
