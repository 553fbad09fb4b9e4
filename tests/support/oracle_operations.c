/* SPDX-License-Identifier: MIT */
#include "oracle_operations.h"

#include "oracle_normalization.h"

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

struct reference oracle_elements(double (*function)(double a, double b), struct reference a, struct reference b)
{
    const struct reference left = stretched(a, b);
    const struct reference right = stretched(b, a);
    struct reference y = reference_new(left.shape);

    y.exact = true;
    for (size_t e = 0; e < y.count; e++) {
        y.value[e] = function(left.value[e], right.value[e]);
    }
    return y;
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

static void take(enum reduction_kind kind, struct reference *y, size_t to, double value, double terms, bool first)
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

struct reference oracle_reduce(enum reduction_kind kind, struct reference x, plait_axes axes, bool keepdims)
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

/* ---- Dot -------------------------------------------------------------------------------------------- */

/* An input as {batch, others, k}: where element (n, i, k) lies. */
struct matrix {
    struct reference x;
    size_t others, length, inner;
};

static struct matrix matrix_of(struct reference x, int axis)
{
    const size_t at = axis < 0 ? x.shape.rank - (size_t)-axis : (size_t)axis;
    struct matrix matrix = {.x = x, .length = x.shape.dims[at], .inner = 1};

    for (size_t i = at + 1; i < x.shape.rank; i++) {
        matrix.inner *= x.shape.dims[i];
    }
    matrix.others = x.count / x.shape.dims[0] / matrix.length;
    return matrix;
}

static size_t element_of(const struct matrix *matrix, size_t sample, size_t other, size_t k)
{
    const size_t outer = other / matrix->inner;

    return ((sample * (matrix->others / matrix->inner) + outer) * matrix->length + k) * matrix->inner +
           other % matrix->inner;
}

static void append_others(plait_shape *shape, plait_shape from, int axis)
{
    const size_t at = axis < 0 ? from.rank - (size_t)-axis : (size_t)axis;

    for (size_t i = 1; i < from.rank; i++) {
        if (i != at) {
            shape->dims[shape->rank++] = from.dims[i];
        }
    }
}

static void multiply(const struct matrix *a, const struct matrix *b, struct reference *y, size_t e)
{
    const size_t column = e % b->others;
    const size_t row = e / b->others % a->others;
    const size_t sample = e / b->others / a->others;

    for (size_t k = 0; k < a->length; k++) {
        const size_t i = element_of(a, sample, row, k);
        const size_t j = element_of(b, sample, column, k);
        const double product = a->x.value[i] * b->x.value[j];
        y->value[e] += product;
        y->terms[e] += fabs(product) + a->x.terms[i] * fabs(b->x.value[j]) + b->x.terms[j] * fabs(a->x.value[i]);
    }
}

struct reference oracle_dot(struct reference a, struct reference b, plait_axes axes, bool normalize)
{
    plait_shape shape = {.rank = 1, .dims = {a.shape.dims[0]}};

    if (normalize) {
        a = oracle_unit_normalization(a, PLAIT_AXES(axes.items[0]), 1e7);
        b = oracle_unit_normalization(b, PLAIT_AXES(axes.items[1]), 1e7);
    }
    const struct matrix left = matrix_of(a, axes.items[0]);
    const struct matrix right = matrix_of(b, axes.items[1]);
    append_others(&shape, a.shape, axes.items[0]);
    append_others(&shape, b.shape, axes.items[1]);
    if (shape.rank == 1) {
        shape.dims[shape.rank++] = 1;
    }
    struct reference y = reference_new(shape);
    y.sums = left.length;
    y.sums = a.sums > y.sums ? a.sums : y.sums;
    y.sums = b.sums > y.sums ? b.sums : y.sums;
    for (size_t e = 0; e < y.count; e++) {
        multiply(&left, &right, &y, e);
    }
    return y;
}
