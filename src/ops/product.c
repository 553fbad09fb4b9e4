/* SPDX-License-Identifier: MIT */
#include "ops/product.h"

#include "base/memory.h"
#include "shape/shape.h"

struct pixels product_pixels(const struct operand *operand)
{
    const size_t *strides = operand->view.strides;
    const bool one_row = operand->view.rank == 3;

    return (struct pixels){
        .buffer = operand->buffer,
        .offset = operand->offset,
        .strides = {strides[0], one_row ? 0 : strides[1], one_row ? strides[1] : strides[2]},
    };
}

size_t product_terms(const struct product *product)
{
    return product->kernel[0] * product->kernel[1] * product->channels;
}

struct taps product_taps(const struct product *product)
{
    const size_t filters = (product->split ? 1 : product->groups) * product->filters;
    const size_t tap = product->channels * filters;

    return (struct taps){.strides = {product->kernel[1] * tap, tap, filters, 1}};
}

/* Chosen by the errors of sums of positive products, relative to what they add up and in units of 2^-24: at most
 * 8 up to 16384 products, and 12 up to 65536. */
size_t product_block(const struct product *product)
{
    const size_t products = product_terms(product);

    return products <= 192 ? 64 : products <= 8192 ? 128 : 256;
}

void product_weights(const struct step *step, const struct product *product, size_t term, size_t filter, size_t count,
                     float *out)
{
    const struct taps *taps = &product->taps;
    const size_t cell = term / product->channels;
    const size_t at = taps->first + cell / product->kernel[1] * taps->strides[0] +
                      cell % product->kernel[1] * taps->strides[1] + term % product->channels * taps->strides[2] +
                      filter * taps->strides[3];

    for (size_t i = 0; i < count; i++) {
        const float weight = step->weights[0].array.data[at + i * taps->strides[3]];
        out[i] = step->scale ? (float)(step->scale[filter + i] * (double)weight) : weight;
    }
}

void product_bias(const struct step *step, size_t filter, size_t count, float *out)
{
    for (size_t i = filter; i < filter + count; i++) {
        const double bias = step->weight_count > 1 ? (double)step->weights[1].array.data[i] : 0.0;
        *out++ = (float)(step->scale ? step->scale[i] * bias + step->shift[i] : bias);
    }
}

plait_status product_plain_floats(const struct product *product, size_t *floats)
{
    const plait_shape shape =
        PLAIT_SHAPE(product->kernel[0], product->kernel[1], product->channels, product->groups * product->filters);
    size_t size = 0;

    if (!shape_size(shape, &size) || !size_add(size, shape.dims[3], &size) || size > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_TOO_LARGE, "kernel %s and its bias have more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    *floats = size;
    return PLAIT_OK;
}

void product_plain_pack(const struct step *step, const struct product *product, float *packed)
{
    const size_t filters = product->groups * product->filters;
    const size_t terms = product_terms(product);

    for (size_t term = 0; term < terms; term++) {
        product_weights(step, product, term, 0, filters, packed + term * filters);
    }
    product_bias(step, 0, filters, packed + terms * filters);
}

/* Rows, cols, channels or filters of a group, strides, and one thing more. */
static struct arg view_arg(const size_t *rows_cols, size_t channels, const struct pixels *pixels, size_t more)
{
    const size_t values[] = {rows_cols[0],       rows_cols[1],       channels, pixels->strides[0],
                             pixels->strides[1], pixels->strides[2], more};

    return arg_int8(values, sizeof values / sizeof *values);
}

void product_args(const struct product *product, const struct buffer *packed, struct arg *args)
{
    const struct pixels *x = &product->x;
    const struct pixels *y = product->y.buffer ? &product->y : &product->tail_y; /* else it is not stored */
    const struct pixels *residual = product->residual.buffer ? &product->residual : y;
    const size_t residual_view[] = {product->residual.buffer != NULL, residual->strides[0], residual->strides[1],
                                    residual->strides[2]};
    const size_t window[] = {product->kernel[0],   product->kernel[1],   product->strides[0], product->strides[1],
                             product->dilation[0], product->dilation[1], product->before[0],  product->before[1]};
    const struct arg list[PRODUCT_ARGS] = {
        arg_buffer(x->buffer),
        arg_long(x->offset),
        arg_buffer(y->buffer),
        arg_long(y->offset),
        arg_buffer(residual->buffer),
        arg_long(residual->offset),
        arg_buffer(packed),
        arg_long(product->packed_offset),
        view_arg(product->input, product->channels, x, product_block(product)),
        view_arg(product->output, product->filters, y, product->pictures),
        arg_int8(residual_view, sizeof residual_view / sizeof *residual_view),
        arg_int8(window, sizeof window / sizeof *window),
    };

    for (size_t i = 0; i < PRODUCT_ARGS; i++) {
        args[i] = list[i];
    }
}

void product_tail_args(const struct product *product, struct arg *args)
{
    const struct pixels *y = product->tail_y.buffer ? &product->tail_y : &product->y;
    const size_t view[] = {product->tail_output[0], product->tail_output[1], y->strides[0], y->strides[1],
                           y->strides[2]};

    args[0] = arg_buffer(y->buffer);
    args[1] = arg_long(y->offset);
    args[2] = arg_int8(view, sizeof view / sizeof *view);
}
