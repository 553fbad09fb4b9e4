/* SPDX-License-Identifier: MIT */
#include "graph/source.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <plait/reshaping.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void note(struct source *source, plait_status status, const char *format, va_list args)
{
    char text[512];

    (void)vsnprintf(text, sizeof text, format, args);
    source->calls->refuse(source, status, text);
}

void source_refuse(struct source *source, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(source, PLAIT_ERR_FORMAT, format, args);
    va_end(args);
}

void source_unsupported(struct source *source, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(source, PLAIT_ERR_UNSUPPORTED, format, args);
    va_end(args);
}

/* Whether the option is of this kind; if it is there and of another, that is noted. */
static bool is(struct source *source, const char *key, enum source_kind wanted)
{
    static const char *const names[] = {
        [SOURCE_MISSING] = "missing", [SOURCE_NUMBER] = "a number",  [SOURCE_TEXT] = "a text",
        [SOURCE_LIST] = "a list",     [SOURCE_OBJECT] = "an object", [SOURCE_TENSOR] = "a tensor",
    };
    const enum source_kind kind = source->calls->kind(source, key);

    if (kind != wanted && kind != SOURCE_MISSING) {
        source_refuse(source, "option %s is %s; it must be %s", key, names[kind], names[wanted]);
    }
    return kind == wanted;
}

double source_number(struct source *source, const char *key, double fallback)
{
    return is(source, key, SOURCE_NUMBER) ? source->calls->number(source, key) : fallback;
}

bool source_flag(struct source *source, const char *key, bool fallback)
{
    return source_number(source, key, fallback) != 0;
}

/* The number as a whole one between `low` and INT_MAX; else `fallback`, with a note. */
static int whole(struct source *source, const char *key, double value, int low, int fallback)
{
    if (value >= low && value <= INT_MAX && value == floor(value)) {
        return (int)value;
    }
    source_refuse(source, "option %s is %g; it must be a whole number from %d to %d", key, value, low, INT_MAX);
    return fallback;
}

size_t source_size(struct source *source, const char *key, size_t fallback)
{
    return is(source, key, SOURCE_NUMBER) ? (size_t)whole(source, key, source->calls->number(source, key), 0, 0)
                                          : fallback;
}

const char *source_text(struct source *source, const char *key, const char *fallback)
{
    return is(source, key, SOURCE_TEXT) ? source->calls->text(source, key) : fallback;
}

/* The items of a list; `out` keeps what it has beyond them. */
static size_t read_list(struct source *source, const char *key, double *out, size_t count)
{
    char item[64];
    const size_t length = source->calls->length(source, key);

    if (length > count) {
        source_refuse(source, "option %s has %zu numbers; at most %zu are possible", key, length, count);
    }
    for (size_t i = 0; i < length && i < count; i++) {
        (void)snprintf(item, sizeof item, "%s[%zu]", key, i);
        out[i] = source_number(source, item, out[i]);
    }
    return length < count ? length : count;
}

size_t source_numbers(struct source *source, const char *key, double *out, size_t count)
{
    if (source->calls->kind(source, key) == SOURCE_LIST) {
        return read_list(source, key, out, count);
    }
    if (!is(source, key, SOURCE_NUMBER)) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = source->calls->number(source, key);
    }
    return 1;
}

float source_float(struct source *source, const char *key, float fallback)
{
    const double value = source_number(source, key, (double)fallback);

    if (source->calls->kind(source, key) == SOURCE_NUMBER && !(fabs(value) <= (double)FLT_MAX)) {
        source_refuse(source, "option %s is %g, which float32 does not hold", key, value);
        return fallback;
    }
    return (float)value;
}

float source_epsilon(struct source *source, float fallback)
{
    const float epsilon = source_float(source, "epsilon", fallback);

    if (!(epsilon >= 0)) {
        source_refuse(source, "option epsilon is %g; it must be 0 or more", (double)epsilon);
        return fallback;
    }
    return epsilon > FLT_MIN ? epsilon : FLT_MIN;
}

/* An axis that is not the batch; else the fallback, with a note. */
static int sample_axis(struct source *source, const char *key, double value, int fallback)
{
    const int axis = whole(source, key, value, -PLAIT_MAX_RANK, fallback);

    if (axis == 0) {
        source_unsupported(source, "option %s is 0, the batch; plait computes each sample for itself", key);
        return fallback;
    }
    return axis;
}

int source_axis(struct source *source, const char *key, int fallback)
{
    double axis = fallback; /* some files hold a list of one */

    return source_numbers(source, key, &axis, 1) > 0 ? sample_axis(source, key, axis, fallback) : fallback;
}

plait_axes source_axes(struct source *source, const char *key)
{
    double numbers[PLAIT_MAX_RANK] = {0};
    plait_axes axes = {.count = source_numbers(source, key, numbers, PLAIT_MAX_RANK)};

    if (axes.count == 0 && source->calls->kind(source, key) == SOURCE_LIST) {
        source_refuse(source, "option %s names no axis", key);
    }
    for (size_t i = 0; i < axes.count; i++) {
        axes.items[i] = sample_axis(source, key, numbers[i], -1);
    }
    return axes;
}

plait_shape source_shape(struct source *source, const char *key, size_t first)
{
    double numbers[PLAIT_MAX_RANK + 1] = {0};
    plait_shape shape = {0};
    const bool is_list = source->calls->kind(source, key) == SOURCE_LIST;
    const size_t count = is_list ? read_list(source, key, numbers, PLAIT_MAX_RANK + 1) : 0;

    if (!is_list || count < first) {
        source_refuse(source, "option %s is no list of sizes", key);
        return shape;
    }
    for (size_t i = first; i < count && shape.rank < PLAIT_MAX_RANK; i++) {
        const bool is_rest = numbers[i] == -1;
        shape.dims[shape.rank++] = is_rest ? PLAIT_REST : (size_t)whole(source, key, numbers[i], 0, 0);
    }
    return shape;
}

plait_operand source_constant(struct source *source, const char *key, float fallback)
{
    const enum source_kind kind = source->calls->kind(source, key);

    if (kind == SOURCE_MISSING || kind == SOURCE_NUMBER) {
        return plait_number(source_float(source, key, fallback));
    }
    const plait_array array = source->calls->array(source, key);
    return array.data ? plait_constant(array) : plait_number(fallback);
}

plait_operand source_operand(struct source *source, size_t index, plait_nodes inputs, size_t *next)
{
    char path[32];

    (void)snprintf(path, sizeof path, "args[%zu]", index);
    if (source->calls->kind(source, path) == SOURCE_MISSING) {
        (void)snprintf(path, sizeof path, "kwargs.x%zu", index + 1);
    }
    switch (source->calls->kind(source, path)) {
    case SOURCE_MISSING:
        source_refuse(source, "it is called without its argument %zu", index);
        return plait_number(0);
    case SOURCE_TENSOR:
        return *next < inputs.count ? plait_of(inputs.items[(*next)++]) : plait_number(0);
    default:
        return source_constant(source, path, 0);
    }
}

size_t source_sizes(struct source *source, const char *key, size_t *out, size_t count)
{
    double numbers[PLAIT_MAX_RANK] = {0};
    const size_t room = count < PLAIT_MAX_RANK ? count : PLAIT_MAX_RANK;

    for (size_t i = 0; i < room; i++) {
        numbers[i] = (double)out[i];
    }
    const size_t given = source_numbers(source, key, numbers, room);
    for (size_t i = 0; i < room; i++) {
        out[i] = (size_t)whole(source, key, numbers[i], 0, 0);
    }
    return given;
}

plait_padding source_padding(struct source *source)
{
    const char *padding = source_text(source, "padding", "valid");

    if (strcmp(padding, "valid") != 0 && strcmp(padding, "same") != 0) {
        source_refuse(source, "padding is \"%s\"; \"valid\" and \"same\" are possible", padding);
    }
    return strcmp(padding, "same") == 0 ? PLAIT_SAME : PLAIT_VALID;
}

plait_activation source_activation(struct source *source, const char *key)
{
    static const struct {
        const char *name;
        plait_activation activation;
    } names[] = {
#define NAME(NAME, name, value) {#name, PLAIT_##NAME},
        PLAIT_ACTIVATIONS(NAME)
#undef NAME
            {"swish", PLAIT_SILU},
        {"hard_swish", PLAIT_HARD_SILU},
    };

    if (strcmp(key, "activation") == 0 && source->calls->kind(source, key) == SOURCE_OBJECT) {
        return PLAIT_LINEAR;
    }
    const char *name = source_text(source, key, "linear");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0 && names[i].activation != PLAIT_GELU_TANH) { /* which Keras names not */
            return names[i].activation;
        }
    }
    source_unsupported(source, "%s \"%s\" is not one that plait has", key, name);
    return PLAIT_LINEAR;
}

void source_channels_last(struct source *source)
{
    const char *format = source_text(source, "data_format", "channels_last");

    if (strcmp(format, "channels_last") != 0) {
        source_unsupported(source, "data_format is \"%s\"; plait computes \"channels_last\" alone", format);
    }
}

plait_array source_weight(struct source *source, size_t index)
{
    const plait_array array = source->calls->weight(source, "", index);

    if (!array.data) {
        source_refuse(source, "the file lacks weight number %zu of it, counted from 0", index);
    }
    return array;
}

void source_check_axes(struct source *source, const char *key, plait_array array, size_t axis, size_t count)
{
    size_t sizes[PLAIT_MAX_RANK] = {0};
    const size_t *dims = array.shape.dims + axis;

    if (array.shape.rank < axis + count) {
        return; /* the operator says so */
    }
    memcpy(sizes, dims, count * sizeof *sizes);
    (void)source_sizes(source, key, sizes, count);
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] != dims[i]) {
            source_refuse(source, "option %s has size %zu where the weights in the file have %zu", key, sizes[i],
                          dims[i]);
            return;
        }
    }
}

plait_array source_next_weight(struct source *source, bool present, size_t *index)
{
    return present ? source_weight(source, (*index)++) : (plait_array){0};
}
