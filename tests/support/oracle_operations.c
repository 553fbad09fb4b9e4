/* SPDX-License-Identifier: MIT */
#include "oracle_operations.h"

#include <math.h>

struct reference oracle_constant(plait_array array)
{
    plait_shape shape = {.rank = array.shape.rank + 1, .dims = {1}};

    for (size_t i = 0; i < array.shape.rank; i++) {
        shape.dims[i + 1] = array.shape.dims[i];
    }
    return reference_of(shape, array.data);
}

struct reference oracle_number(float number)
{
    return reference_of(PLAIT_SHAPE(1), &number);
}

/* x in the shape that it has after broadcasting with `other`. */
static struct reference stretched(struct reference x, struct reference other)
{
    struct reference ones = reference_new(other.shape);

    ones.exact = true;
    for (size_t e = 0; e < ones.count; e++) {
        ones.value[e] = 1;
    }
    return oracle_merge(MERGE_MULTIPLY, (const struct reference[]){x, ones}, 2);
}

struct reference oracle_divide(struct reference a, struct reference b)
{
    const struct reference top = stretched(a, b);
    const struct reference bottom = stretched(b, a);
    struct reference y = reference_new(top.shape);

    y.sums = a.sums > b.sums ? a.sums : b.sums;
    for (size_t e = 0; e < y.count; e++) {
        y.value[e] = top.value[e] / bottom.value[e];
        y.terms[e] = fabs(y.value[e]) + top.terms[e] / fabs(bottom.value[e]) +
                     bottom.terms[e] * fabs(y.value[e] / bottom.value[e]);
    }
    return y;
}

struct reference oracle_prelu(struct reference x, plait_array alpha)
{
    const struct reference slope = stretched(oracle_constant(alpha), x);
    struct reference y = reference_new(x.shape);

    y.sums = x.sums;
    y.exact = x.exact;
    for (size_t e = 0; e < y.count; e++) {
        const double positive = x.value[e] < 0 ? 0 : x.value[e];
        const double negative = x.value[e] > 0 ? 0 : -x.value[e];
        y.value[e] = positive - slope.value[e] * negative;
        y.value[e] = y.exact ? (double)(float)y.value[e] : y.value[e];
        y.terms[e] = x.terms[e] * fmax(1, fabs(slope.value[e]));
    }
    return y;
}

struct reference oracle_elu(struct reference x, float alpha)
{
    struct reference y = oracle_activate(x, PLAIT_ELU);

    y.exact = false;
    for (size_t e = 0; e < y.count; e++) {
        const double factor = x.value[e] < 0 ? (double)alpha : 1;
        y.value[e] *= factor;
        y.terms[e] *= fabs(factor);
    }
    return y;
}

/* ---- Reductions ------------------------------------------------------------------------------------- */

static bool is_reduced(plait_axes axes, size_t rank, size_t axis)
{
    for (size_t i = 0; i < axes.count; i++) {
        if ((axes.items[i] < 0 ? (size_t)(axes.items[i] + (int)rank) : (size_t)axes.items[i]) == axis) {
            return true;
        }
    }
    return false;
}

/* The element of the result that element `index` of x goes into. */
static size_t target(plait_shape shape, plait_axes axes, size_t index)
{
    size_t to = 0;
    size_t stride = 1;

    for (size_t i = shape.rank; i-- > 0;) {
        if (!is_reduced(axes, shape.rank, i)) {
            to += index % shape.dims[i] * stride;
            stride *= shape.dims[i];
        }
        index /= shape.dims[i];
    }
    return to;
}

static void take(enum reduction kind, struct reference *y, size_t to, double value, double terms, bool first)
{
    if (kind == REDUCE_MEAN || kind == REDUCE_SUM) {
        y->value[to] += value;
        y->terms[to] += terms + fabs(value);
        return;
    }
    const double sign = kind == REDUCE_MAX ? 1 : -1;
    if (first || isnan(value) || sign * value > sign * y->value[to]) {
        y->value[to] = value;
    }
    y->terms[to] = fmax(y->terms[to], terms);
}

struct reference oracle_reduce(enum reduction kind, struct reference x, plait_axes axes, bool keepdims)
{
    plait_shape shape = {.rank = 0};
    const bool sums = kind == REDUCE_MEAN || kind == REDUCE_SUM;
    size_t count = 1;

    for (size_t i = 0; i < x.shape.rank; i++) {
        const bool reduced = is_reduced(axes, x.shape.rank, i);
        count *= reduced ? x.shape.dims[i] : 1;
        if (!reduced || keepdims) {
            shape.dims[shape.rank++] = reduced ? 1 : x.shape.dims[i];
        }
    }
    struct reference y = reference_new(shape);
    size_t *seen = scratch(y.count, sizeof *seen);
    y.exact = x.exact && !sums;
    y.sums = sums && count > x.sums ? count : x.sums;
    for (size_t e = 0; e < x.count; e++) {
        const size_t to = target(x.shape, axes, e);
        take(kind, &y, to, x.value[e], x.terms[e], seen[to]++ == 0);
    }
    for (size_t e = 0; e < y.count && kind == REDUCE_MEAN; e++) {
        y.value[e] /= (double)count;
        y.terms[e] /= (double)count;
    }
    return y;
}
