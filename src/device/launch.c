/* SPDX-License-Identifier: MIT */
#include "device/launch.h"

#include "device/chain.h"
#include "device/cl.h"
#include "device/stream.h"

#include <assert.h>

struct arg arg_buffer(const struct buffer *buffer)
{
    return (struct arg){.kind = ARG_BUFFER, .value.buffer = buffer};
}

struct arg arg_int(size_t value)
{
    assert(value <= INT32_MAX);
    return (struct arg){.kind = ARG_INT, .value.i = (int32_t)value};
}

struct arg arg_long(size_t value)
{
    assert(value <= INT64_MAX);
    return (struct arg){.kind = ARG_LONG, .value.l = (int64_t)value};
}

struct arg arg_float(float value)
{
    return (struct arg){.kind = ARG_FLOAT, .value.f = value};
}

struct arg arg_int8(const size_t *values, size_t count)
{
    struct arg arg = {.kind = ARG_INT8};

    assert(count <= 8);
    for (size_t i = 0; i < count; i++) {
        assert((int64_t)values[i] >= INT32_MIN && (int64_t)values[i] <= INT32_MAX);
        arg.value.i8[i] = (int32_t)(int64_t)values[i];
    }
    return arg;
}

struct arg arg_local(size_t bytes)
{
    return (struct arg){.kind = ARG_LOCAL, .value.local_bytes = bytes};
}

static cl_int set_arg(cl_kernel kernel, cl_uint index, const struct arg *arg)
{
    switch (arg->kind) {
    case ARG_BUFFER:
        return clSetKernelArg(kernel, index, sizeof arg->value.buffer->mem, &arg->value.buffer->mem);
    case ARG_INT:
        return clSetKernelArg(kernel, index, sizeof arg->value.i, &arg->value.i);
    case ARG_LONG:
        return clSetKernelArg(kernel, index, sizeof arg->value.l, &arg->value.l);
    case ARG_FLOAT:
        return clSetKernelArg(kernel, index, sizeof arg->value.f, &arg->value.f);
    case ARG_INT8:
        return clSetKernelArg(kernel, index, sizeof arg->value.i8, &arg->value.i8);
    case ARG_LOCAL:
        return clSetKernelArg(kernel, index, arg->value.local_bytes, NULL);
    }
    return CL_INVALID_ARG_VALUE;
}

/* Fills in unused axes and rounds sizes up to their local sizes; false if there is no work. */
static bool complete(struct range *range)
{
    for (size_t i = 0; i < 3; i++) {
        const bool unused = range->local[i] == 0;
        range->local[i] = unused ? 1 : range->local[i];
        range->global[i] = unused && range->global[i] == 0 ? 1 : range->global[i];
        if (range->global[i] == 0) {
            return false;
        }
        range->global[i] = (range->global[i] + range->local[i] - 1) / range->local[i] * range->local[i];
    }
    return true;
}

plait_status launch(struct stream *stream, struct kernel *kernel, struct range range, const struct arg *args,
                    size_t count)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    if (!complete(&range)) {
        return PLAIT_OK;
    }
    if (stream->tape) {
        return tape_record(stream->tape, kernel, &range, args, count);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(error_from_cl(set_arg(kernel->kernel, (cl_uint)i, &args[i]), "kernel %s: clSetKernelArg %zu", kernel->name,
                          i));
    }
    TRY(error_from_cl(clEnqueueNDRangeKernel(stream->context->queue, kernel->kernel, 3, NULL, range.global, range.local,
                                             stream_wait_count(stream), stream_waits(stream), &event),
                      "kernel %s: clEnqueueNDRangeKernel of %zu x %zu x %zu work-items in groups of %zu x %zu x %zu",
                      kernel->name, range.global[0], range.global[1], range.global[2], range.local[0], range.local[1],
                      range.local[2]));
    TRY(stream_advance(stream, event));
out:
    return status;
}
