/* SPDX-License-Identifier: MIT */
#include "device/sweep.h"

#include "base/memory.h"
#include "base/text.h"
#include "device/stream.h"

enum {
    LINE = 16,    /* floats of a line of most caches */
    PIECE = 4096, /* floats of a work-item: few enough that every compute unit has some */
};

struct sweep {
    plait_context *context;
    struct kernel *kernel;
    struct buffer *memory;
    size_t pieces;
};

plait_status sweep_create(plait_context *context, uint64_t bytes, struct sweep **out)
{
    plait_status status = PLAIT_OK;
    struct sweep *sweep = NULL;
    struct text options = {0};

    *out = NULL;
    TRY(mem_alloc(&sweep, 1, sizeof *sweep));
    sweep->context = context;
    sweep->pieces = (size_t)(bytes / (PIECE * sizeof(float))) + 1;
    text_add(&options, "-D PIECE=%d -D LINE=%d", PIECE, LINE);
    TRY(options.status);
    TRY(kernel_create(context, "sweep", options.data, &sweep->kernel));
    TRY(buffer_create(context, sweep->pieces * PIECE * sizeof(float), &sweep->memory));
    *out = sweep;
    sweep = NULL; /* now the caller's */
out:
    text_free(&options);
    sweep_free(sweep);
    return status;
}

plait_status sweep_run(const struct sweep *sweep)
{
    struct stream stream;

    if (!sweep) {
        return PLAIT_OK;
    }
    plait_status status = stream_begin(&stream, sweep->context, 0, NULL);
    if (status == PLAIT_OK) {
        status = launch(&stream, sweep->kernel, (struct range){.global = {sweep->pieces}, .local = {1}},
                        ARGS(arg_buffer(sweep->memory)));
    }
    return stream_finish(&stream, status);
}

void sweep_free(struct sweep *sweep)
{
    if (!sweep) {
        return;
    }
    kernel_free(sweep->kernel);
    buffer_free(sweep->memory);
    mem_free(sweep);
}
