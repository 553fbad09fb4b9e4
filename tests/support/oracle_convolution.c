/* SPDX-License-Identifier: MIT */
#include "oracle_convolution.h"

#include "oracle_axis.h"

#include <math.h>
#include <string.h>

static size_t or_one(size_t value)
{
    return value ? value : 1;
}

/* A weight, 0 for an array that is none. */
static double weight_at(plait_array array, size_t index)
{
    return array.data ? (double)array.data[index] : 0;
}

static void add_bias(struct reference *y, plait_array bias)
{
    const size_t filters = y->shape.dims[y->shape.rank - 1];

    for (size_t e = 0; e < y->count; e++) {
        y->value[e] += weight_at(bias, e % filters);
        y->terms[e] += fabs(weight_at(bias, e % filters));
    }
}

/* ---- Sequences as pictures of one row ---------------------------------------------------------------- */

static plait_shape with_row(plait_shape shape, size_t at)
{
    plait_shape out = {.rank = shape.rank + 1};

    for (size_t i = 0; i < out.rank; i++) {
        out.dims[i] = i == at ? 1 : shape.dims[i - (i > at)];
    }
    return out;
}

static struct reference as_picture(struct reference x)
{
    x.shape = with_row(x.shape, 1);
    return x;
}

static plait_array as_kernel(plait_array array)
{
    return (plait_array){array.data, with_row(array.shape, 0)};
}

static struct reference as_sequence(struct reference y)
{
    y.shape = PLAIT_SHAPE(y.shape.dims[0], y.shape.dims[2], y.shape.dims[3]);
    return y;
}

/* ---- Conv1D ----------------------------------------------------------------------------------------- */

/* The sequences with `steps` zeros before each. */
static struct reference delayed(struct reference x, size_t steps)
{
    const size_t length = x.shape.dims[1] * x.shape.dims[2];
    const size_t zeros = steps * x.shape.dims[2];
    struct reference y = reference_new(PLAIT_SHAPE(x.shape.dims[0], x.shape.dims[1] + steps, x.shape.dims[2]));

    y.sums = x.sums;
    for (size_t e = 0; e < x.count; e++) {
        const size_t at = e + (e / length + 1) * zeros;
        y.value[at] = x.value[e];
        y.terms[at] = x.terms[e];
    }
    return y;
}

struct reference oracle_conv1d(struct reference x, const plait_conv1d_opts *opts)
{
    const bool causal = opts->padding == PLAIT_CAUSAL;
    const size_t past = (opts->kernel.shape.dims[0] - 1) * or_one(opts->dilation_rate);
    const plait_conv2d_opts conv = {
        .kernel = as_kernel(opts->kernel),
        .bias = opts->bias,
        .padding = causal ? PLAIT_VALID : opts->padding,
        .activation = opts->activation,
        .strides = {1, opts->strides},
        .dilation_rate = {1, opts->dilation_rate},
        .groups = opts->groups,
    };

    return as_sequence(oracle_conv2d(as_picture(causal ? delayed(x, past) : x), &conv));
}

/* ---- Depthwise --------------------------------------------------------------------------------------- */

struct reference oracle_depthwise_conv2d(struct reference x, const plait_depthwise_conv2d_opts *opts)
{
    const size_t *kernel = opts->kernel.shape.dims;
    const size_t channels = kernel[2];
    const size_t filters = channels * kernel[3];
    const struct axis rows =
        axis_place(x.shape.dims[1], kernel[0], opts->strides[0], opts->dilation_rate[0], opts->padding);
    const struct axis cols =
        axis_place(x.shape.dims[2], kernel[1], opts->strides[1], opts->dilation_rate[1], opts->padding);
    struct reference y = reference_new(PLAIT_SHAPE(x.shape.dims[0], rows.output, cols.output, filters));
    const size_t n = kernel[0] * kernel[1] + 1;

    y.sums = n > x.sums ? n : x.sums;
    for (size_t e = 0; e < y.count; e++) {
        const size_t filter = e % filters;
        const size_t pixel = e / filters;
        const size_t picture = pixel / cols.output / rows.output;
        for (size_t tap = 0; tap < kernel[0] * kernel[1]; tap++) {
            size_t row;
            size_t col;
            if (axis_cell(&rows, pixel / cols.output % rows.output, tap / kernel[1], &row) &&
                axis_cell(&cols, pixel % cols.output, tap % kernel[1], &col)) {
                const size_t at = ((picture * rows.input + row) * cols.input + col) * channels + filter / kernel[3];
                const double w = weight_at(opts->kernel, tap * filters + filter);
                y.value[e] += x.value[at] * w;
                y.terms[e] += fabs(x.value[at] * w) + x.terms[at] * fabs(w);
            }
        }
    }
    add_bias(&y, opts->bias);
    return oracle_activate(y, opts->activation);
}

struct reference oracle_depthwise_conv1d(struct reference x, const plait_depthwise_conv1d_opts *opts)
{
    const plait_depthwise_conv2d_opts conv = {
        .kernel = as_kernel(opts->kernel),
        .bias = opts->bias,
        .padding = opts->padding,
        .activation = opts->activation,
        .strides = {1, opts->strides},
        .dilation_rate = {1, opts->dilation_rate},
    };

    return as_sequence(oracle_depthwise_conv2d(as_picture(x), &conv));
}

/* ---- Separable --------------------------------------------------------------------------------------- */

struct reference oracle_separable_conv2d(struct reference x, const plait_separable_conv2d_opts *opts)
{
    const plait_depthwise_conv2d_opts depthwise = {
        .kernel = opts->depthwise_kernel,
        .padding = opts->padding,
        .strides = {opts->strides[0], opts->strides[1]},
        .dilation_rate = {opts->dilation_rate[0], opts->dilation_rate[1]},
    };
    const plait_conv2d_opts pointwise = {
        .kernel = opts->pointwise_kernel, .bias = opts->bias, .activation = opts->activation};

    return oracle_conv2d(oracle_depthwise_conv2d(x, &depthwise), &pointwise);
}

struct reference oracle_separable_conv1d(struct reference x, const plait_separable_conv1d_opts *opts)
{
    const plait_separable_conv2d_opts conv = {
        .depthwise_kernel = as_kernel(opts->depthwise_kernel),
        .pointwise_kernel = as_kernel(opts->pointwise_kernel),
        .bias = opts->bias,
        .padding = opts->padding,
        .activation = opts->activation,
        .strides = {1, opts->strides},
        .dilation_rate = {1, opts->dilation_rate},
    };

    return as_sequence(oracle_separable_conv2d(as_picture(x), &conv));
}

/* ---- Transposed -------------------------------------------------------------------------------------- */

static struct axis spread_axis(size_t input, const plait_conv2d_transpose_opts *opts, size_t index)
{
    struct axis axis = {
        .input = input,
        .size = opts->kernel.shape.dims[index],
        .stride = or_one(opts->strides[index]),
        .dilation = or_one(opts->dilation_rate[index]),
    };
    const size_t extent = (axis.size - 1) * axis.dilation + 1;
    const size_t reach = (input - 1) * axis.stride + extent;
    const size_t more = opts->output_padding ? opts->output_padding[index] : 0;

    if (opts->padding == PLAIT_SAME) {
        axis.output = opts->output_padding ? (input - 1) * axis.stride + extent % 2 + more : input * axis.stride;
        axis.before = reach > axis.output ? (reach - axis.output) / 2 : 0;
    } else {
        axis.output = opts->output_padding || reach > input * axis.stride ? reach + more : input * axis.stride;
    }
    return axis;
}

/* Adds what the channels of one input pixel give to one output pixel. */
static void spread(const struct reference *x, size_t from, plait_array kernel, size_t tap, struct reference *y,
                   size_t to)
{
    const size_t filters = kernel.shape.dims[2];
    const size_t channels = kernel.shape.dims[3];

    for (size_t i = 0; i < filters * channels; i++) {
        const size_t at = from * channels + i % channels;
        const size_t e = to * filters + i / channels;
        const double w = weight_at(kernel, tap * filters * channels + i);
        y->value[e] += x->value[at] * w;
        y->terms[e] += fabs(x->value[at] * w) + x->terms[at] * fabs(w);
    }
}

struct reference oracle_conv2d_transpose(struct reference x, const plait_conv2d_transpose_opts *opts)
{
    const size_t *kernel = opts->kernel.shape.dims;
    const struct axis rows = spread_axis(x.shape.dims[1], opts, 0);
    const struct axis cols = spread_axis(x.shape.dims[2], opts, 1);
    struct reference y = reference_new(PLAIT_SHAPE(x.shape.dims[0], rows.output, cols.output, kernel[2]));
    const size_t n = kernel[0] * kernel[1] * kernel[3] + 1;

    y.sums = n > x.sums ? n : x.sums;
    for (size_t pixel = 0; pixel < x.count / kernel[3]; pixel++) {
        const size_t picture = pixel / cols.input / rows.input;
        for (size_t tap = 0; tap < kernel[0] * kernel[1]; tap++) {
            const size_t row =
                pixel / cols.input % rows.input * rows.stride + tap / kernel[1] * rows.dilation - rows.before;
            const size_t col = pixel % cols.input * cols.stride + tap % kernel[1] * cols.dilation - cols.before;
            if (row < rows.output && col < cols.output) { /* a negative one has wrapped around */
                spread(&x, pixel, opts->kernel, tap, &y, (picture * rows.output + row) * cols.output + col);
            }
        }
    }
    add_bias(&y, opts->bias);
    return oracle_activate(y, opts->activation);
}

struct reference oracle_conv1d_transpose(struct reference x, const plait_conv1d_transpose_opts *opts)
{
    const size_t output_padding[2] = {0, opts->output_padding ? *opts->output_padding : 0};
    const plait_conv2d_transpose_opts conv = {
        .kernel = as_kernel(opts->kernel),
        .bias = opts->bias,
        .padding = opts->padding,
        .activation = opts->activation,
        .strides = {1, opts->strides},
        .output_padding = opts->output_padding ? output_padding : NULL,
        .dilation_rate = {1, opts->dilation_rate},
    };

    return as_sequence(oracle_conv2d_transpose(as_picture(x), &conv));
}

/* ---- Twins ------------------------------------------------------------------------------------------- */

#define TWIN(name)                                                                    \
    struct twin twin_##name(struct twin x, const plait_##name##_opts *opts)           \
    {                                                                                 \
        return (struct twin){plait_##name(x.node, opts), oracle_##name(x.ref, opts)}; \
    }

TWIN(conv1d)
TWIN(depthwise_conv2d)
TWIN(depthwise_conv1d)
TWIN(separable_conv2d)
TWIN(separable_conv1d)
TWIN(conv2d_transpose)
TWIN(conv1d_transpose)
