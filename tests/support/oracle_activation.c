/* SPDX-License-Identifier: MIT */
/* The oracle's activations: Keras's formulas. */
#include "oracle.h"

#include <math.h>

static double clip(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x; /* NaN stays */
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double sparse_plus(double x)
{
    return x <= -1 ? 0 : x >= 1 ? x : (x + 1) * (x + 1) / 4;
}

double oracle_activation(plait_activation kind, double x)
{
    switch (kind) {
    case PLAIT_LINEAR:
        return x;
    case PLAIT_RELU:
        return x < 0 ? 0 : x;
    case PLAIT_RELU6:
        return clip(x, 0, 6);
    case PLAIT_LEAKY_RELU:
        return x < 0 ? (double)0.2f * x : x; /* Keras hands the slope on as float32 */
    case PLAIT_ELU:
    case PLAIT_CELU:
        return x < 0 ? expm1(x) : x;
    case PLAIT_SELU:
        return 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * expm1(x) : x);
    case PLAIT_GELU:
        return x * 0.5 * erfc(-x * 0.70710678118654752);
    case PLAIT_GELU_TANH:
        return x * sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x)); /* 2 * sqrt(2 / pi) */
        ;
    case PLAIT_SILU:
        return x * sigmoid(x);
    case PLAIT_HARD_SILU:
        return x * clip(x + 3, 0, 6) / 6;
    case PLAIT_HARD_SIGMOID:
        return clip(x + 3, 0, 6) / 6;
    case PLAIT_SIGMOID:
        return sigmoid(x);
    case PLAIT_TANH:
        return tanh(x);
    case PLAIT_SOFTPLUS:
        return softplus(x);
    case PLAIT_SOFTSIGN:
        return x / (1 + fabs(x));
    case PLAIT_EXPONENTIAL:
        return exp(x);
    case PLAIT_MISH:
        return x * tanh(softplus(x));
    case PLAIT_LOG_SIGMOID:
        return -softplus(-x);
    case PLAIT_TANH_SHRINK:
        return x - tanh(x);
    case PLAIT_HARD_TANH:
        return clip(x, -1, 1);
    case PLAIT_SOFT_SHRINK:
        return x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0; /* NaN gives 0, here and in the next */
    case PLAIT_HARD_SHRINK:
        return fabs(x) > 0.5 ? x : 0;
    case PLAIT_SPARSE_PLUS:
        return sparse_plus(x);
    case PLAIT_SPARSE_SIGMOID:
        return clip((x + 1) / 2, 0, 1);
    case PLAIT_SQUAREPLUS:
        return (x + sqrt(x * x + 4)) / 2;
    case PLAIT_SOFTMAX:
    case PLAIT_LOG_SOFTMAX:
        break;
    }
    fail_msg("activation %d is not pointwise", (int)kind);
    return 0;
}

/* Functions that float32 computes with at most one rounding. */
static bool rounds_once(plait_activation kind)
{
    return kind == PLAIT_LINEAR || kind == PLAIT_RELU || kind == PLAIT_RELU6 || kind == PLAIT_LEAKY_RELU ||
           kind == PLAIT_HARD_TANH || kind == PLAIT_SOFT_SHRINK || kind == PLAIT_HARD_SHRINK;
}

/* A pointwise function with its parameters. */
struct pointwise {
    plait_activation kind;
    const plait_relu_opts *relu; /* NULL: the function of that kind */
};

static double relu_layer(const plait_relu_opts *opts, double x)
{
    const double t = (double)opts->threshold;
    const double below = x < t ? t - x : x >= t ? 0 : x; /* max(t - x, 0), NaN stays */
    double y = t > 0 ? (x > t ? x : 0) : (x < 0 ? 0 : x);

    y = opts->max_value && y > (double)*opts->max_value ? (double)*opts->max_value : y;
    return opts->negative_slope > 0 ? y - (double)opts->negative_slope * below : y;
}

static double apply(struct pointwise function, double x)
{
    return function.relu ? relu_layer(function.relu, x) : oracle_activation(function.kind, x);
}

/* How far f moves if x is off by h, as terms: kinks and jumps need no case of their own. */
static double moved(struct pointwise function, double x, double y, double h)
{
    return fmax(fabs(apply(function, x + h) - y), fabs(apply(function, x - h) - y));
}

/* The terms of f(x) where those of x are as given; `once`: f itself rounds at most once. */
static double terms_of(struct pointwise function, double x, double x_terms, size_t sums, bool once)
{
    const double h_per_term = (8 + sqrt((double)sums)) * 0x1p-24;
    const bool cancels = function.kind == PLAIT_TANH_SHRINK; /* x - tanh(x): the rounding of x's size stays */
    const bool bends = function.kind == PLAIT_GELU_TANH;     /* what is put into exp was rounded, as if x were */
    const double y = apply(function, x);
    const double moving = x_terms + (bends && isfinite(x) ? fabs(x) : 0);
    double terms = moving > 0 ? moved(function, x, y, h_per_term * moving) / h_per_term : 0;

    if (!once) {
        terms += 2 * fabs(y) + (cancels ? fabs(x) : 0);
        terms += isinf(x) ? 0 : 0x1p-102 * fabs(x); /* a factor below FLT_MIN may be 0 */
    }
    return terms;
}

static struct reference apply_all(struct reference x, struct pointwise function, bool once)
{
    struct reference y = reference_new(x.shape);

    y.sums = x.sums;
    y.exact = x.exact && once;
    for (size_t e = 0; e < x.count; e++) {
        y.value[e] = apply(function, x.value[e]);
        y.terms[e] = terms_of(function, x.value[e], x.terms[e], x.sums, once);
        y.value[e] = y.exact ? (double)(float)y.value[e] : y.value[e];
    }
    return y;
}

double oracle_activation_terms(plait_activation kind, double x, double terms, size_t sums)
{
    return terms_of((struct pointwise){.kind = kind}, x, terms, sums, rounds_once(kind));
}

struct reference oracle_activate(struct reference x, plait_activation kind)
{
    if (kind == PLAIT_LINEAR) {
        return x;
    }
    if (kind == PLAIT_SOFTMAX) {
        return oracle_softmax(x, -1);
    }
    if (kind == PLAIT_LOG_SOFTMAX) {
        return oracle_log_softmax(x, -1);
    }
    return apply_all(x, (struct pointwise){.kind = kind}, rounds_once(kind));
}

struct reference oracle_relu(struct reference x, const plait_relu_opts *opts)
{
    static const plait_relu_opts defaults;
    const plait_relu_opts *used = opts ? opts : &defaults;
    const bool once = used->negative_slope == 0 || used->threshold == 0;
    struct reference y = apply_all(x, (struct pointwise){.kind = PLAIT_RELU, .relu = used}, once);

    for (size_t e = 0; e < y.count && !once; e++) {
        y.terms[e] += (double)used->negative_slope * (fabs(x.value[e]) + (double)used->threshold);
    }
    return y;
}

/* One line along the softmax axis. */
struct line {
    size_t first, step, count;
};

static double line_max(const struct reference *x, struct line line)
{
    double max = x->value[line.first];

    for (size_t i = 1; i < line.count; i++) {
        const double value = x->value[line.first + i * line.step];
        max = value > max || isnan(value) ? value : max;
    }
    return max;
}

/* Softmax or its logarithm along one line. An error e_i of the inputs moves the logarithm of the result
 * by at most e_i + sum of y_j e_j; subtracting the maximum is one more rounding of each input. */
static void softmax_line(const struct reference *x, struct reference *y, struct line line, bool log_of)
{
    const double max = line_max(x, line);
    double sum = 0;
    double spread = 0;

    for (size_t i = 0; i < line.count; i++) {
        sum += exp(x->value[line.first + i * line.step] - max);
    }
    for (size_t i = 0; i < line.count; i++) {
        const size_t e = line.first + i * line.step;
        const double distance = x->value[e] - max;
        y->value[e] = log_of ? distance - log(sum) : exp(distance) / sum;
        y->terms[e] = x->terms[e] + (isinf(distance) ? 0 : fabs(distance));
        spread += exp(distance) / sum * y->terms[e];
    }
    for (size_t i = 0; i < line.count; i++) {
        const size_t e = line.first + i * line.step;
        y->terms[e] += spread + (log_of ? 1 + log(sum) : 1);
        y->terms[e] *= log_of ? 1 : y->value[e];
    }
}

static struct reference softmax_along(struct reference x, int axis, bool log_of)
{
    struct reference y = reference_new(x.shape);
    const size_t at = axis < 0 ? x.shape.rank - (size_t)-axis : (size_t)axis;
    const size_t size = x.shape.dims[at];
    size_t inner = 1;

    for (size_t i = at + 1; i < x.shape.rank; i++) {
        inner *= x.shape.dims[i];
    }
    y.sums = size > x.sums ? size : x.sums;
    for (size_t first = 0; first < x.count; first++) {
        if (first / inner % size == 0) {
            softmax_line(&x, &y, (struct line){.first = first, .step = inner, .count = size}, log_of);
        }
    }
    return y;
}

struct reference oracle_softmax(struct reference x, int axis)
{
    return softmax_along(x, axis ? axis : -1, false);
}

struct reference oracle_log_softmax(struct reference x, int axis)
{
    return softmax_along(x, axis ? axis : -1, true);
}
