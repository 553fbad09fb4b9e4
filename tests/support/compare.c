/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double u = 0x1p-24;

/* What compare_enough is asked about. */
static struct tally {
    size_t cases;
    size_t elements;
    size_t real; /* above 100 FLT_MIN */
} tally;

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_bits(float a, float b)
{
    return same_number((double)a, (double)b) && (isnan(a) || signbit(a) == signbit(b));
}

/* The spacing of float32 numbers at x. */
static double ulp_at(double x)
{
    const int exponent = x == 0 ? FLT_MIN_EXP - 1 : ilogb(x);

    return ldexp(1, (exponent < FLT_MIN_EXP - 1 ? FLT_MIN_EXP - 1 : exponent) - (FLT_MANT_DIG - 1));
}

/* C of the gates on sums: how many roundings of S an element may be off. */
static double sum_factor(enum gate gate, size_t n)
{
    const double hard = fmin((double)n + 2, 8 + sqrt((double)n));

    switch (gate) {
    case GATE_ZERO_MEAN:
        return fmin(hard, 4);
    case GATE_POSITIVE:
        return fmin(hard, n <= 16384 ? 8 : 12);
    default:
        return hard;
    }
}

/* The largest error that the gate allows for element i. */
static double bound_at(const struct reference *want, size_t i, enum gate gate, double limit)
{
    const double value = want->value[i];

    switch (gate) {
    case GATE_BITS:
    case GATE_BITS_ZERO:
    case GATE_INTEGERS:
        return 0;
    case GATE_ULP:
        return limit * ulp_at(value) + u * want->terms[i] + FLT_MIN;
    default:
        return u * (sum_factor(gate, want->sums) * want->terms[i] + fabs(value)) + (double)want->sums * FLT_MIN;
    }
}

static bool element_ok(float got, double value, enum gate gate, double bound)
{
    const float rounded = (float)value;

    if (gate == GATE_BITS) {
        return same_bits(got, rounded);
    }
    if (!isfinite(rounded)) {
        return same_number((double)got, (double)rounded);
    }
    return got == rounded || fabs((double)got - value) <= bound;
}

/* "{1,4,5}" for the element's place in the reference's shape. */
static const char *place_text(const struct reference *want, size_t index)
{
    char text[PLAIT_MAX_RANK * 22 + 3];
    char *end = text + sizeof text - 1;

    *end = 0;
    *--end = '}';
    for (size_t axis = want->shape.rank; axis-- > 0;) {
        char number[24];
        const size_t size = want->shape.dims[axis];
        const int length = snprintf(number, sizeof number, axis ? ",%zu" : "%zu", index % size);
        index /= size;
        end -= length;
        memcpy(end, number, (size_t)length);
    }
    *--end = '{';
    return scratch_text("%s", end);
}

static struct verdict wrong(const char *text)
{
    struct verdict verdict = {.ok = false, .worst = INFINITY};

    (void)snprintf(verdict.text, sizeof verdict.text, "%s", text);
    return verdict;
}

static void count_case(const double *values, size_t count)
{
    tally.cases++;
    tally.elements += count;
    for (size_t i = 0; i < count; i++) {
        tally.real += !(fabs(values[i]) <= 100.0 * (double)FLT_MIN);
    }
}

/* Relative L2 error, and that no element is off by more than `most`. */
static struct verdict compare_norm(const float *got, const struct reference *want, double limit, double most)
{
    double error = 0;
    double norm = 0;

    for (size_t i = 0; i < want->count; i++) {
        const double difference = (double)got[i] - want->value[i];
        if (!(fabs(difference) <= most)) {
            return wrong(scratch_text("element %zu at %s: got %.9g, wanted %.9g, off by %.3g, allowed %.3g", i,
                                      place_text(want, i), (double)got[i], want->value[i], difference, most));
        }
        error += difference * difference;
        norm += want->value[i] * want->value[i];
    }
    const double relative = norm > 0 ? sqrt(error / norm) : sqrt(error);
    if (!(relative <= limit)) {
        return wrong(scratch_text("relative L2 error %.3g, allowed %.3g", relative, limit));
    }
    return (struct verdict){.ok = true, .worst = relative / limit};
}

static struct verdict compare_fast(const float *got, const struct reference *want)
{
    double largest = 0;

    for (size_t i = 0; i < want->count; i++) {
        largest = fmax(largest, want->terms[i]);
    }
    return compare_norm(got, want, 5e-6, 128 * u * largest + FLT_MIN);
}

static struct verdict compare_elements(const float *got, const struct reference *want, enum gate gate, double limit)
{
    struct verdict verdict = {.ok = true};

    for (size_t i = 0; i < want->count; i++) {
        const double bound = bound_at(want, i, gate, limit);
        const double error = fabs((double)got[i] - want->value[i]);
        if (!element_ok(got[i], want->value[i], gate, bound)) {
            return wrong(scratch_text("element %zu at %s: got %.9g (%a), wanted %.9g (%a), off by %.3g, allowed %.3g",
                                      i, place_text(want, i), (double)got[i], (double)got[i], want->value[i],
                                      want->value[i], error, bound));
        }
        if (bound > 0 && error / bound > verdict.worst) {
            verdict.worst = error / bound;
        }
    }
    return verdict;
}

/* An exact gate needs references that are float32 numbers. */
static bool all_floats(const struct reference *want)
{
    for (size_t i = 0; i < want->count; i++) {
        if (!same_number((double)(float)want->value[i], want->value[i])) {
            return false;
        }
    }
    return true;
}

struct verdict compare(const float *got, const struct reference *want, enum gate gate, double limit)
{
    if (want->count == 0) {
        return wrong("nothing was compared: the reference is empty");
    }
    count_case(want->value, want->count);
    switch (gate) {
    case GATE_BITS:
    case GATE_BITS_ZERO:
        if (!want->exact) {
            return wrong("the reference is not exact: compare it at another gate");
        }
        return compare_elements(got, want, gate, limit);
    case GATE_INTEGERS:
        if (!all_floats(want)) {
            return wrong("the reference has values that are no float32 numbers: compare it at another gate");
        }
        return compare_elements(got, want, gate, limit);
    case GATE_FAST:
        return compare_fast(got, want);
    case GATE_L2:
        return compare_norm(got, want, limit, INFINITY);
    case GATE_ANY:
        return compare_elements(got, want, want->exact ? GATE_BITS_ZERO : GATE_HARD, limit);
    default:
        return compare_elements(got, want, gate, limit);
    }
}

struct verdict compare_floats(const float *got, const float *want, size_t count)
{
    if (count == 0) {
        return wrong("nothing was compared: no elements");
    }
    tally.cases++;
    tally.elements += count;
    for (size_t i = 0; i < count; i++) {
        if (!same_bits(got[i], want[i])) {
            return wrong(scratch_text("element %zu: got %.9g (%a), wanted %.9g (%a)", i, (double)got[i], (double)got[i],
                                      (double)want[i], (double)want[i]));
        }
        tally.real += !(fabsf(want[i]) <= 100 * FLT_MIN);
    }
    return (struct verdict){.ok = true};
}

struct verdict compare_enough(double share)
{
    const struct tally seen = tally;

    tally = (struct tally){0};
    if (seen.cases == 0) {
        return wrong("no case ran");
    }
    if ((double)seen.real < share * (double)seen.elements) {
        return wrong(scratch_text("of %zu references only %zu are not about zero, wanted %.0f %%", seen.elements,
                                  seen.real, 100 * share));
    }
    return (struct verdict){.ok = true};
}

void check_verdict_at(struct verdict verdict, const char *file, int line, const char *name, ...)
{
    char text[600];
    va_list args;

    va_start(args, name);
    (void)vsnprintf(text, sizeof text, name, args);
    va_end(args);
    check_that_at(verdict.ok, file, line, "%s:\n  %s", text, verdict.text);
}
