/* SPDX-License-Identifier: MIT */
/* A device's peak: kernels/peak.cl, for longer and longer, until the time is worth measuring. */
#include "base/text.h"
#include "device/cl.h"
#include "device/stream.h"

#include <time.h>

enum {
    CHAINS = 16,   /* of a work-item, as kernels/peak.cl */
    GROUP = 64,    /* work-items of a group, where they are lanes */
    CPU_ITEMS = 8, /* for each compute unit */
    OTHER_ITEMS = 2048,
    FIRST_ROUNDS = 1024,
    MOST_ROUNDS = 1 << 28,
    TRIES = 3,
};

static const double enough_seconds = 0.02;

static double now(void)
{
    struct timespec time;

    (void)timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Seconds of a launch and the wait for it. */
static plait_status measure(plait_context *context, struct kernel *kernel, struct range range, const struct buffer *y,
                            size_t rounds, double *seconds)
{
    plait_status status = PLAIT_OK;
    struct stream stream;
    const double begin = now();

    TRY(stream_begin(&stream, context, 0, NULL));
    status = launch(&stream, kernel, range, ARGS(arg_buffer(y), arg_int(rounds)));
    status = stream_finish(&stream, status);
    *seconds = now() - begin;
out:
    return status;
}

/* Seconds of `rounds` rounds; *rounds becomes so many that it is enough. */
static plait_status find_rounds(plait_context *context, struct kernel *kernel, struct range range,
                                const struct buffer *y, size_t *rounds)
{
    plait_status status = PLAIT_OK;
    double seconds = 0;

    TRY(measure(context, kernel, range, y, 1, &seconds)); /* drivers may compile only now */
    for (*rounds = FIRST_ROUNDS; *rounds < MOST_ROUNDS; *rounds *= 4) {
        TRY(measure(context, kernel, range, y, *rounds, &seconds));
        if (seconds >= enough_seconds) {
            break;
        }
    }
out:
    return status;
}

plait_status plait_context_peak(plait_context *context, double *gflops)
{
    plait_status status = PLAIT_OK;
    struct text options = {0};
    struct kernel *kernel = NULL;
    struct buffer *y = NULL;
    size_t rounds = 0;

    if (!context || !gflops) {
        return error_set(PLAIT_ERR_INVALID, "plait_context_peak: %s is NULL", !context ? "context" : "gflops");
    }
    const bool is_cpu = context->traits.kind == PLAIT_DEVICE_CPU;
    const size_t lanes = is_cpu && context->traits.vector_floats > 1 ? context->traits.vector_floats : 1;
    const size_t items = context->traits.compute_units * (is_cpu ? CPU_ITEMS : OTHER_ITEMS);
    const size_t group = is_cpu || context->traits.max_work_group < GROUP ? 1 : GROUP;
    const struct range range = {.global = {items}, .local = {group}};
    text_add(&options, lanes > 1 ? "-D REAL=float%zu" : "-D REAL=float", lanes);
    TRY(options.status);
    TRY(kernel_create(context, "peak", options.data, &kernel));
    TRY(buffer_create(context, items * lanes * sizeof(float), &y));
    TRY(find_rounds(context, kernel, range, y, &rounds));
    *gflops = 0;
    for (size_t i = 0; i < TRIES; i++) {
        double seconds = 0;
        TRY(measure(context, kernel, range, y, rounds, &seconds));
        const double rate = 2.0 * CHAINS * (double)(rounds * items * lanes) / seconds * 1e-9;
        *gflops = rate > *gflops ? rate : *gflops;
    }
out:
    buffer_free(y);
    kernel_free(kernel);
    text_free(&options);
    return status;
}
