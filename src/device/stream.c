/* SPDX-License-Identifier: MIT */
#include "device/stream.h"

#include "base/memory.h"

#include <string.h>

static void release_waits(struct stream *stream)
{
    for (cl_uint i = 0; i < stream->wait_count; i++) {
        (void)clReleaseEvent(stream->waits[i]);
    }
    stream->wait_count = 0;
}

static plait_status wait_for(struct stream *stream, cl_event event)
{
    plait_status status = PLAIT_OK;

    TRY(error_from_cl(clRetainEvent(event), "clRetainEvent of a wait list"));
    stream->waits[stream->wait_count++] = event;
out:
    return status;
}

plait_status stream_begin(struct stream *stream, plait_context *context, cl_uint count, const cl_event *list)
{
    plait_status status = PLAIT_OK;

    *stream = (struct stream){.context = context};
    TRY(mem_alloc(&stream->waits, (size_t)count + 1, sizeof *stream->waits));
    for (cl_uint i = 0; i < count; i++) {
        TRY(wait_for(stream, list[i]));
    }
    if (context->out_of_order) {
        (void)mtx_lock(&context->lock);
        status = context->last ? wait_for(stream, context->last) : PLAIT_OK;
        (void)mtx_unlock(&context->lock);
    }
out:
    return status;
}

plait_status stream_advance(struct stream *stream, cl_event event)
{
    plait_status status = PLAIT_OK;

    release_waits(stream);
    if (stream->last) {
        (void)clReleaseEvent(stream->last);
    }
    stream->last = event;
    if (stream->context->out_of_order) {
        TRY(wait_for(stream, event));
    }
    if (stream->profile) {
        TRY(profile_add(stream->profile, stream->step, event));
    }
out:
    return status;
}

/* A list as OpenCL wants it: NULL if empty. */
static const cl_event *waits_of(const struct stream *stream)
{
    return stream->wait_count > 0 ? stream->waits : NULL;
}

plait_status stream_write(struct stream *stream, const struct buffer *buffer, size_t offset, const void *source,
                          size_t bytes)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    TRY(error_from_cl(clEnqueueWriteBuffer(stream->context->queue, buffer->mem, CL_FALSE, offset, bytes, source,
                                           stream->wait_count, waits_of(stream), &event),
                      "clEnqueueWriteBuffer of %zu bytes", bytes));
    TRY(stream_advance(stream, event));
out:
    return status;
}

plait_status stream_read(struct stream *stream, const struct buffer *buffer, size_t offset, void *target, size_t bytes)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    TRY(error_from_cl(clEnqueueReadBuffer(stream->context->queue, buffer->mem, CL_FALSE, offset, bytes, target,
                                          stream->wait_count, waits_of(stream), &event),
                      "clEnqueueReadBuffer of %zu bytes", bytes));
    TRY(stream_advance(stream, event));
out:
    return status;
}

/* What a buffer is filled with, and where it lies. */
struct filling {
    buffer_writer *write;
    const void *user;
    void *memory;
    size_t bytes;
};

static void CL_CALLBACK fill(void *filling)
{
    const struct filling *it = filling;

    memset(it->memory, 0, it->bytes);
    it->write(it->user, it->memory);
}

/* Has the driver fill the buffer; in a copy of `filling`, it replaces the buffer by its address. */
static plait_status fill_later(struct stream *stream, const struct buffer *buffer, struct filling *filling)
{
    plait_status status = PLAIT_OK;
    const void *address = &filling->memory;
    cl_event event = NULL;

    filling->memory = buffer->mem;
    TRY(error_from_cl(clEnqueueNativeKernel(stream->context->queue, fill, filling, sizeof *filling, 1, &buffer->mem,
                                            &address, stream->wait_count, waits_of(stream), &event),
                      "clEnqueueNativeKernel to fill %zu bytes", buffer->bytes));
    TRY(stream_advance(stream, event));
    TRY(error_from_cl(clFlush(stream->context->queue), "clFlush"));
out:
    return status;
}

static plait_status fill_mapped(struct stream *stream, const struct buffer *buffer, struct filling *filling)
{
    plait_status status = PLAIT_OK;
    cl_command_queue queue = stream->context->queue;
    cl_int code = CL_SUCCESS;
    cl_event event = NULL;

    filling->memory = clEnqueueMapBuffer(queue, buffer->mem, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0, buffer->bytes,
                                         stream->wait_count, waits_of(stream), NULL, &code);
    TRY(error_from_cl(code, "clEnqueueMapBuffer of %zu bytes", buffer->bytes));
    fill(filling);
    TRY(error_from_cl(
        clEnqueueUnmapMemObject(queue, buffer->mem, filling->memory, stream->wait_count, waits_of(stream), &event),
        "clEnqueueUnmapMemObject of %zu bytes", buffer->bytes));
    TRY(stream_advance(stream, event));
out:
    return status;
}

plait_status stream_fill(struct stream *stream, const struct buffer *buffer, buffer_writer *write, const void *user)
{
    struct filling filling = {.write = write, .user = user, .bytes = buffer->bytes};

    return stream->context->runs_host ? fill_later(stream, buffer, &filling) : fill_mapped(stream, buffer, &filling);
}

/* An event that completes when all commands of the stream have: the last one's. A marker would be one more command,
 * for which PoCL wakes all of its threads. */
static plait_status mark(const struct stream *stream, cl_event *event)
{
    plait_status status = PLAIT_OK;

    if (!stream->last) {
        return error_from_cl(
            clEnqueueMarkerWithWaitList(stream->context->queue, stream->wait_count, waits_of(stream), event),
            "clEnqueueMarkerWithWaitList");
    }
    TRY(error_from_cl(clRetainEvent(stream->last), "clRetainEvent of the last command"));
    *event = stream->last;
out:
    return status;
}

/* Makes the stream's newest command the one that later streams of the context wait for. */
static void hand_over(struct stream *stream)
{
    plait_context *context = stream->context;

    if (context->out_of_order && stream->wait_count == 1) {
        (void)mtx_lock(&context->lock);
        const cl_event before = context->last;
        context->last = stream->waits[0];
        stream->wait_count = 0; /* now the context's */
        (void)mtx_unlock(&context->lock);
        if (before) {
            (void)clReleaseEvent(before);
        }
    }
    release_waits(stream);
    mem_free(stream->waits);
    if (stream->last) {
        (void)clReleaseEvent(stream->last);
    }
}

plait_status stream_end(struct stream *stream, plait_status status, cl_event *event)
{
    if (status == PLAIT_OK && event) {
        status = mark(stream, event);
    }
    hand_over(stream);
    return status;
}

static void CL_CALLBACK note_end(cl_event event, cl_int state, void *ended)
{
    (void)event;
    (void)state;
    atomic_store((atomic_bool *)ended, true);
}

/* Until the event is over, yields rather than sleeps: awake.h. */
static plait_status stay_awake(struct awake *others, cl_event event)
{
    plait_status status = PLAIT_OK;
    atomic_bool ended = false;

    TRY(error_from_cl(clSetEventCallback(event, CL_COMPLETE, note_end, &ended), "clSetEventCallback"));
    awake_begin(others);
    while (!atomic_load(&ended)) {
        thrd_yield();
    }
    awake_end(others);
out:
    return status;
}

plait_status stream_finish(struct stream *stream, plait_status status)
{
    cl_event end = NULL;
    plait_status waited = mark(stream, &end);

    if (waited == PLAIT_OK) {
        waited = error_from_cl(clFlush(stream->context->queue), "clFlush");
    }
    /* PoCL runs what was flushed by itself; others may do so only while somebody waits, as oclgrind */
    if (waited == PLAIT_OK && device_is_pocl(&stream->context->info)) {
        waited = stay_awake(stream->context->awake, end);
    }
    if (waited == PLAIT_OK) {
        waited = error_from_cl(clWaitForEvents(1, &end), "clWaitForEvents");
    }
    if (waited != PLAIT_OK) {
        /* host memory must not be touched after this call: the last resort */
        (void)clFinish(stream->context->queue);
    }
    if (end) {
        (void)clReleaseEvent(end);
    }
    hand_over(stream);
    return status != PLAIT_OK ? status : waited;
}
