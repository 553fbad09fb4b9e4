/* SPDX-License-Identifier: MIT */
/* The oracle's tensors, merge layers and moves. */
#include "oracle.h"

#include <math.h>
#include <string.h>

struct reference reference_new(plait_shape shape)
{
    struct reference x = {.shape = shape, .count = 1, .sums = 1};

    for (size_t i = 0; i < shape.rank; i++) {
        x.count *= shape.dims[i];
    }
    x.value = scratch(x.count, sizeof *x.value);
    x.terms = scratch(x.count, sizeof *x.terms);
    return x;
}

struct reference reference_of(plait_shape shape, const float *values)
{
    struct reference x = reference_new(shape);

    x.exact = true;
    for (size_t i = 0; i < x.count; i++) {
        x.value[i] = (double)values[i];
    }
    return x;
}

float *reference_floats(const struct reference *x)
{
    float *values = scratch(x->count, sizeof *values);

    for (size_t i = 0; i < x->count; i++) {
        values[i] = (float)x->value[i];
    }
    return values;
}

/* Size of x along an axis of a result of `rank` axes: aligned at the last axis, but the batch with the
 * batch; axes that x lacks have size 1. */
static size_t aligned_size(const struct reference *x, size_t rank, size_t axis)
{
    const size_t missing = rank - x->shape.rank;

    if (axis == 0) {
        return x->shape.dims[0];
    }
    return axis <= missing ? 1 : x->shape.dims[axis - missing];
}

static plait_shape merged_shape(const struct reference *x, size_t count)
{
    plait_shape shape = {.rank = 0};

    for (size_t i = 0; i < count; i++) {
        shape.rank = x[i].shape.rank > shape.rank ? x[i].shape.rank : shape.rank;
    }
    for (size_t axis = 0; axis < shape.rank; axis++) {
        shape.dims[axis] = 1;
        for (size_t i = 0; i < count; i++) {
            const size_t size = aligned_size(&x[i], shape.rank, axis);
            shape.dims[axis] = size != 1 ? size : shape.dims[axis];
        }
    }
    return shape;
}

/* The element of x that meets element `index` of a result of `shape`. */
static size_t aligned_index(const struct reference *x, plait_shape shape, size_t index)
{
    size_t own = 0;
    size_t stride = 1;

    for (size_t axis = shape.rank; axis-- > 0;) {
        const size_t size = aligned_size(x, shape.rank, axis);
        own += size == 1 ? 0 : index % shape.dims[axis] * stride;
        stride *= size;
        index /= shape.dims[axis];
    }
    return own;
}

/* The larger, or the smaller if sign is -1; NaN if one of them is. */
static double extreme(double a, double b, double sign)
{
    if (isnan(a) || isnan(b)) {
        return (double)NAN;
    }
    return sign * a >= sign * b ? a : b;
}

/* Merges b into a: value and terms. */
static void merge_step(enum merge kind, double *value, double *terms, double b, double b_terms)
{
    const double a = *value;

    switch (kind) {
    case MERGE_SUBTRACT:
        *value = a - b;
        *terms += b_terms + fabs(b);
        return;
    case MERGE_MULTIPLY:
        *value = a * b;
        *terms = *terms * fabs(b) + b_terms * fabs(a) + fabs(a * b);
        return;
    case MERGE_MAXIMUM:
    case MERGE_MINIMUM:
        *value = extreme(a, b, kind == MERGE_MAXIMUM ? 1 : -1);
        *terms = fmax(*terms, b_terms);
        return;
    default:
        *value = a + b;
        *terms += b_terms + fabs(b);
    }
}

struct reference oracle_merge(enum merge kind, const struct reference *x, size_t count)
{
    struct reference y = reference_new(merged_shape(x, count));
    const bool sums = kind == MERGE_ADD || kind == MERGE_SUBTRACT || kind == MERGE_AVERAGE;

    y.exact = true;
    for (size_t i = 0; i < count; i++) {
        y.exact = y.exact && x[i].exact;
        y.sums = x[i].sums > y.sums ? x[i].sums : y.sums;
    }
    y.sums = count > y.sums ? count : y.sums;
    for (size_t e = 0; e < y.count; e++) {
        const size_t first = aligned_index(&x[0], y.shape, e);
        y.value[e] = x[0].value[first];
        y.terms[e] = x[0].terms[first] + (sums ? fabs(y.value[e]) : 0);
        for (size_t i = 1; i < count; i++) {
            const size_t own = aligned_index(&x[i], y.shape, e);
            merge_step(kind, &y.value[e], &y.terms[e], x[i].value[own], x[i].terms[own]);
            /* float32 rounds each step; from exact inputs that is the one right result */
            y.value[e] = y.exact ? (double)(float)y.value[e] : y.value[e];
        }
        if (kind == MERGE_AVERAGE) {
            y.value[e] /= (double)count;
            y.value[e] = y.exact ? (double)(float)y.value[e] : y.value[e];
            y.terms[e] = y.terms[e] / (double)count + fabs(y.value[e]);
        }
    }
    return y;
}

/* Elements of one step along the axis, and of all that lies within it. */
static size_t inner_count(plait_shape shape, size_t axis)
{
    size_t inner = 1;

    for (size_t i = axis + 1; i < shape.rank; i++) {
        inner *= shape.dims[i];
    }
    return inner;
}

struct reference oracle_concatenate(const struct reference *x, size_t count, int axis)
{
    plait_shape shape = x[0].shape;
    const size_t at = axis < 0 ? shape.rank - (size_t)-axis : (size_t)axis;
    size_t begin = 0;

    for (size_t i = 1; i < count; i++) {
        shape.dims[at] += x[i].shape.dims[at];
    }
    struct reference y = reference_new(shape);
    const size_t inner = inner_count(shape, at);
    y.exact = true;
    for (size_t i = 0; i < count; i++) {
        const size_t run = x[i].shape.dims[at] * inner;
        for (size_t e = 0; e < x[i].count; e++) {
            const size_t to = e / run * shape.dims[at] * inner + begin * inner + e % run;
            y.value[to] = x[i].value[e];
            y.terms[to] = x[i].terms[e];
        }
        begin += x[i].shape.dims[at];
        y.exact = y.exact && x[i].exact;
        y.sums = x[i].sums > y.sums ? x[i].sums : y.sums;
    }
    return y;
}

struct reference oracle_flatten(struct reference x)
{
    const size_t batch = x.shape.dims[0];
    const size_t sample = inner_count(x.shape, 0);

    x.shape = PLAIT_SHAPE(batch, sample);
    return x;
}
