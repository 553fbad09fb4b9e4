/* SPDX-License-Identifier: MIT */
/* The oracle's layers with weights: convolution, dense, batch normalization. */
#include "oracle.h"
#include "oracle_axis.h"

#include <math.h>

/* A weight, 0 for an array that is none. */
static double weight_at(plait_array array, size_t index)
{
    return array.data ? (double)array.data[index] : 0;
}

/* Where one output element of a convolution is computed. */
struct place {
    size_t batch, row, col, filter;
};

struct conv {
    const struct reference *x;
    plait_array kernel;
    struct axis rows, cols;
    size_t channels, filters; /* of a group */
};

static void convolve_at(const struct conv *conv, struct place at, double *value, double *terms)
{
    const plait_shape *shape = &conv->x->shape;
    const size_t first = at.filter / conv->filters * conv->channels;
    const size_t all_filters = conv->kernel.shape.dims[3];
    size_t row;
    size_t col;

    for (size_t tap = 0; tap < conv->rows.size * conv->cols.size; tap++) {
        if (!axis_cell(&conv->rows, at.row, tap / conv->cols.size, &row) ||
            !axis_cell(&conv->cols, at.col, tap % conv->cols.size, &col)) {
            continue;
        }
        const size_t cell = ((at.batch * shape->dims[1] + row) * shape->dims[2] + col) * shape->dims[3] + first;
        for (size_t c = 0; c < conv->channels; c++) {
            const double w = weight_at(conv->kernel, (tap * conv->channels + c) * all_filters + at.filter);
            const double x = conv->x->value[cell + c];
            *value += x * w;
            *terms += fabs(x * w) + conv->x->terms[cell + c] * fabs(w);
        }
    }
}

struct reference oracle_conv2d(struct reference x, const plait_conv2d_opts *opts)
{
    const size_t *kernel = opts->kernel.shape.dims;
    const size_t groups = opts->groups ? opts->groups : 1;
    const struct conv conv = {
        .x = &x,
        .kernel = opts->kernel,
        .rows = axis_place(x.shape.dims[1], kernel[0], opts->strides[0], opts->dilation_rate[0], opts->padding),
        .cols = axis_place(x.shape.dims[2], kernel[1], opts->strides[1], opts->dilation_rate[1], opts->padding),
        .channels = kernel[2],
        .filters = kernel[3] / groups,
    };
    struct reference y = reference_new(PLAIT_SHAPE(x.shape.dims[0], conv.rows.output, conv.cols.output, kernel[3]));
    const size_t n = kernel[0] * kernel[1] * kernel[2] + 1;

    y.sums = n > x.sums ? n : x.sums;
    for (size_t e = 0; e < y.count; e++) {
        const struct place at = {
            .filter = e % kernel[3],
            .col = e / kernel[3] % conv.cols.output,
            .row = e / kernel[3] / conv.cols.output % conv.rows.output,
            .batch = e / kernel[3] / conv.cols.output / conv.rows.output,
        };
        y.value[e] = weight_at(opts->bias, at.filter);
        y.terms[e] = fabs(y.value[e]);
        convolve_at(&conv, at, &y.value[e], &y.terms[e]);
    }
    return oracle_activate(y, opts->activation);
}

struct reference oracle_dense(struct reference x, const plait_dense_opts *opts)
{
    const size_t channels = opts->kernel.shape.dims[0];
    const size_t units = opts->kernel.shape.dims[1];
    plait_shape shape = x.shape;

    shape.dims[shape.rank - 1] = units;
    struct reference y = reference_new(shape);
    y.sums = channels + 1 > x.sums ? channels + 1 : x.sums;
    for (size_t e = 0; e < y.count; e++) {
        const size_t unit = e % units;
        const size_t row = e / units * channels;
        y.value[e] = weight_at(opts->bias, unit);
        y.terms[e] = fabs(y.value[e]);
        for (size_t c = 0; c < channels; c++) {
            const double w = weight_at(opts->kernel, c * units + unit);
            y.value[e] += x.value[row + c] * w;
            y.terms[e] += fabs(x.value[row + c] * w) + x.terms[row + c] * fabs(w);
        }
    }
    return oracle_activate(y, opts->activation);
}

struct reference oracle_batch_normalization(struct reference x, const plait_batch_normalization_opts *opts)
{
    const int axis = opts->axis ? opts->axis : -1;
    const size_t at = axis < 0 ? x.shape.rank - (size_t)-axis : (size_t)axis;
    const double epsilon = opts->epsilon > 0 ? (double)opts->epsilon : 1e-3;
    struct reference y = reference_new(x.shape);
    size_t inner = 1;

    for (size_t i = at + 1; i < x.shape.rank; i++) {
        inner *= x.shape.dims[i];
    }
    y.sums = x.sums;
    for (size_t e = 0; e < y.count; e++) {
        const size_t c = e / inner % x.shape.dims[at];
        const double gamma = opts->gamma.data ? weight_at(opts->gamma, c) : 1;
        const double scale = gamma / sqrt(weight_at(opts->moving_variance, c) + epsilon);
        const double shift = weight_at(opts->beta, c) - weight_at(opts->moving_mean, c) * scale;
        y.value[e] = x.value[e] * scale + shift;
        y.terms[e] = fabs(x.value[e] * scale) + fabs(shift) + x.terms[e] * fabs(scale);
    }
    return y;
}
