/* SPDX-License-Identifier: MIT */
#include "oracle_normalization.h"

#include "oracle_operations.h"

#include <float.h>
#include <math.h>

static bool is_named(plait_axes axes, size_t rank, size_t axis)
{
    for (size_t i = 0; i < axes.count; i++) {
        if ((size_t)(axes.items[i] < 0 ? axes.items[i] + (int)rank : axes.items[i]) == axis) {
            return true;
        }
    }
    return false;
}

/* For each element, which set it is normalized with, and which gamma and beta it has. */
struct sets {
    size_t *set;
    size_t *factor;
    size_t count; /* of sets */
    size_t size;  /* of one */
};

static struct sets sets_along(plait_shape shape, plait_axes axes, size_t elements)
{
    struct sets sets = {scratch(elements, sizeof(size_t)), scratch(elements, sizeof(size_t)), 1, 1};

    for (size_t e = 0; e < elements; e++) {
        size_t rest = e;
        sets.count = 1;
        sets.size = 1;
        for (size_t i = shape.rank; i-- > 0;) {
            size_t *index = is_named(axes, shape.rank, i) ? &sets.factor[e] : &sets.set[e];
            size_t *stride = is_named(axes, shape.rank, i) ? &sets.size : &sets.count;
            *index += rest % shape.dims[i] * *stride;
            *stride *= shape.dims[i];
            rest /= shape.dims[i];
        }
    }
    return sets;
}

static struct sets sets_of_groups(plait_shape shape, size_t axis, size_t groups, size_t elements)
{
    struct sets sets = {scratch(elements, sizeof(size_t)), scratch(elements, sizeof(size_t)), 0, 0};
    const size_t channels = shape.dims[axis];
    size_t inner = 1;

    for (size_t i = axis + 1; i < shape.rank; i++) {
        inner *= shape.dims[i];
    }
    for (size_t e = 0; e < elements; e++) {
        const size_t channel = e / inner % channels;
        sets.factor[e] = channel;
        sets.set[e] = e / (elements / shape.dims[0]) * groups + channel / (channels / groups);
    }
    sets.count = shape.dims[0] * groups;
    sets.size = elements / sets.count;
    return sets;
}

/* Means of values by set. */
static double *means(const struct sets *sets, const double *values, size_t elements)
{
    double *mean = scratch(sets->count, sizeof *mean);

    for (size_t e = 0; e < elements; e++) {
        mean[sets->set[e]] += values[e] / (double)sets->size;
    }
    return mean;
}

/* What the variance is about, and whether that is subtracted from x. */
enum about { ABOUT_MEAN, ABOUT_ZERO, UNMOVED };

/* Rounding errors of the mean, and those of Keras's form x * s - mean * s, are relative to |x| and mean |x|;
 * those of the deviation to the result itself. */
static struct reference normalize(struct reference x, const struct sets *sets, plait_array gamma, plait_array beta,
                                  double epsilon, enum about about)
{
    struct reference y = reference_new(x.shape);
    double *sizes = scratch(x.count, sizeof *sizes);
    double *squares = scratch(x.count, sizeof *squares);
    const double *zeros = scratch(sets->count, sizeof *zeros);
    const double *mean = about == ABOUT_ZERO ? zeros : means(sets, x.value, x.count);
    const double *center = about == ABOUT_MEAN ? mean : zeros;

    for (size_t e = 0; e < x.count; e++) {
        const double difference = x.value[e] - mean[sets->set[e]];
        sizes[e] = fabs(x.value[e]) + x.terms[e];
        squares[e] = difference * difference;
    }
    const double *mean_size = means(sets, sizes, x.count);
    const double *variance = means(sets, squares, x.count);
    y.sums = sets->size > x.sums ? sets->size : x.sums;
    for (size_t e = 0; e < x.count; e++) {
        const size_t set = sets->set[e];
        const double scale = (gamma.data ? (double)gamma.data[sets->factor[e]] : 1) / sqrt(variance[set] + epsilon);
        const double shift = beta.data ? (double)beta.data[sets->factor[e]] : 0;
        y.value[e] = (x.value[e] - center[set]) * scale + shift;
        y.terms[e] = (sizes[e] + mean_size[set]) * fabs(scale) + fabs(shift);
    }
    return y;
}

struct reference oracle_layer_normalization(struct reference x, const plait_layer_normalization_opts *opts)
{
    const plait_axes axes = opts->axes.count ? opts->axes : PLAIT_AXES(-1);
    const struct sets sets = sets_along(x.shape, axes, x.count);

    return normalize(x, &sets, opts->gamma, opts->beta, opts->epsilon > 0 ? (double)opts->epsilon : 1e-3,
                     opts->rms_scaling ? UNMOVED : ABOUT_MEAN);
}

struct reference oracle_rms_normalization(struct reference x, const plait_rms_normalization_opts *opts)
{
    const plait_axes axes = opts->axes.count ? opts->axes : PLAIT_AXES(-1);
    const struct sets sets = sets_along(x.shape, axes, x.count);

    return normalize(x, &sets, opts->scale, (plait_array){0}, opts->epsilon > 0 ? (double)opts->epsilon : 1e-6,
                     ABOUT_ZERO);
}

struct reference oracle_group_normalization(struct reference x, const plait_group_normalization_opts *opts)
{
    const int axis = opts->axis ? opts->axis : -1;
    const size_t at = axis < 0 ? x.shape.rank - (size_t)-axis : (size_t)axis;
    const size_t groups = opts->groups == -1 ? x.shape.dims[at] : opts->groups ? (size_t)opts->groups : 32;
    const struct sets sets = sets_of_groups(x.shape, at, groups, x.count);

    return normalize(x, &sets, opts->gamma, opts->beta, opts->epsilon > 0 ? (double)opts->epsilon : 1e-3, ABOUT_MEAN);
}

struct reference oracle_unit_normalization(struct reference x, plait_axes axes, double most)
{
    const struct sets sets = sets_along(x.shape, axes.count ? axes : PLAIT_AXES(-1), x.count);
    struct reference y = reference_new(x.shape);
    double *squares = scratch(sets.count, sizeof *squares);
    double *moved = scratch(sets.count, sizeof *moved);

    for (size_t e = 0; e < x.count; e++) {
        squares[sets.set[e]] += x.value[e] * x.value[e];
        moved[sets.set[e]] += fabs(x.value[e]) * x.terms[e];
    }
    y.sums = sets.size > x.sums ? sets.size : x.sums;
    for (size_t e = 0; e < x.count; e++) {
        const double sum = squares[sets.set[e]];
        double scale = sum > (double)FLT_MAX ? 0 : 1 / sqrt(sum); /* as float32, whose sum is infinite */
        scale = scale > most ? most : scale;
        y.value[e] = x.value[e] * scale;
        y.terms[e] =
            2 * fabs(y.value[e]) + x.terms[e] * scale + (sum > 0 ? fabs(y.value[e]) * moved[sets.set[e]] / sum : 0);
    }
    return y;
}

struct reference oracle_affine(struct reference x, struct reference p, struct reference q, bool divides)
{
    const enum merge first = divides ? MERGE_SUBTRACT : MERGE_MULTIPLY;
    const struct reference inner = oracle_merge(first, (const struct reference[]){x, p}, 2);

    return divides ? oracle_divide(inner, q) : oracle_merge(MERGE_ADD, (const struct reference[]){inner, q}, 2);
}

struct reference oracle_normalization(struct reference x, const plait_normalization_opts *opts)
{
    const struct reference mean = oracle_constant(opts->mean);
    struct reference deviation = oracle_constant(opts->variance);

    deviation.exact = false; /* rounded once more than the oracle does */
    for (size_t e = 0; e < deviation.count; e++) {
        const double root = sqrt(deviation.value[e]);
        deviation.value[e] = root < 1e-7 ? 1e-7 : root;
        deviation.terms[e] = deviation.value[e];
    }
    return opts->invert ? oracle_affine(x, deviation, mean, false) : oracle_affine(x, mean, deviation, true);
}
