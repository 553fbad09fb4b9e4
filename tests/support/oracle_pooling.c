/* SPDX-License-Identifier: MIT */
#include "oracle_pooling.h"

#include "oracle_axis.h"
#include "oracle_operations.h"
#include "oracle_reshaping.h"

#include <float.h>
#include <math.h>

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
    const size_t col = e / dims[3] % axes[1].output;
    const size_t row = e / dims[3] / axes[1].output % axes[0].output;
    const size_t picture = e / dims[3] / axes[1].output / axes[0].output;
    size_t cells = 0;
    size_t i, j;

    y->value[e] = kind == POOLING_MAX ? -(double)FLT_MAX : 0;
    for (size_t a = 0; a < axes[0].size; a++) {
        for (size_t b = 0; b < axes[1].size; b++) {
            if (axis_cell(&axes[0], row, a, &i) && axis_cell(&axes[1], col, b, &j)) {
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
        const size_t size = opts->pool_size[i] ? opts->pool_size[i] : 2;
        axes[i] = axis_place(x.shape.dims[i + 1], size, opts->strides[i] ? opts->strides[i] : size, 1, opts->padding);
    }
    struct reference y = reference_new(PLAIT_SHAPE(x.shape.dims[0], axes[0].output, axes[1].output, x.shape.dims[3]));
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

struct reference oracle_masked_mean(struct reference x, struct reference mask, bool keepdims)
{
    const size_t steps = x.shape.dims[1];
    const size_t channels = x.shape.dims[2];
    const plait_shape kept = PLAIT_SHAPE(x.shape.dims[0], 1, channels);
    struct reference y = reference_new(keepdims ? kept : PLAIT_SHAPE(x.shape.dims[0], channels));

    y.sums = steps;
    for (size_t e = 0; e < y.count; e++) {
        const size_t sample = e / channels;
        double count = 0;
        for (size_t i = 0; i < steps; i++) {
            const double value = x.value[(sample * steps + i) * channels + e % channels];
            const bool counts = mask.value[sample * steps + i] != 0;
            y.value[e] += counts ? value : 0;
            y.terms[e] += counts ? fabs(value) : 0;
            count += counts;
        }
        y.value[e] /= count;
        y.terms[e] = y.terms[e] / count + fabs(y.value[e]);
    }
    return y;
}
