/* SPDX-License-Identifier: MIT */
#include "device/stream.h"

#include "base/memory.h"

#include <string.h>

/* Releases them, and keeps the room. */
static void drop(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        (void)clReleaseEvent(events->items[i]);
    }
    events->count = 0;
}

void events_free(struct events *events)
{
    drop(events);
    mem_free(events->items);
    *events = (struct events){0};
}

static plait_status reserve(struct events *events, size_t count)
{
    return mem_grow(&events->items, &events->capacity, count, sizeof(cl_event));
}

/* Adds events, of which some may be NULL. */
static plait_status add(struct events *events, size_t count, const cl_event *list)
{
    plait_status status = PLAIT_OK;

    TRY(reserve(events, events->count + count));
    for (size_t i = 0; i < count; i++) {
        if (list[i]) {
            TRY(error_from_cl(clRetainEvent(list[i]), "clRetainEvent of a wait list"));
            events->items[events->count++] = list[i];
        }
    }
out:
    return status;
}

static void forget_last(struct stream *stream)
{
    if (stream->last) {
        (void)clReleaseEvent(stream->last);
        stream->last = NULL;
    }
}

void newest_free(struct newest *newest)
{
    while (newest) {
        struct newest *next = newest->next;
        events_free(&newest->events);
        mem_free(newest);
        newest = next;
    }
}

/* Waits for all earlier streams of the context. */
static plait_status follow_newest(struct stream *stream)
{
    plait_status status = PLAIT_OK;
    plait_context *context = stream->context;

    (void)mtx_lock(&context->lock);
    for (const struct newest *newest = context->newest; status == PLAIT_OK && newest; newest = newest->next) {
        status = add(&stream->waits, newest->events.count, newest->events.items);
    }
    stream->seen = context->streams;
    (void)mtx_unlock(&context->lock);
    return status;
}

plait_status stream_begin(struct stream *stream, plait_context *context, cl_uint count, const cl_event *list)
{
    plait_status status = PLAIT_OK;

    *stream = (struct stream){.context = context};
    TRY(reserve(&stream->waits, 1)); /* so that stream_advance needs none */
    TRY(add(&stream->waits, count, list));
    if (context->out_of_order) {
        TRY(mem_alloc(&stream->own, 1, sizeof *stream->own));
        TRY(follow_newest(stream));
    }
out:
    return status;
}

plait_status stream_fork(struct stream *stream, size_t steps)
{
    plait_status status = PLAIT_OK;

    if (!stream->context->out_of_order) {
        return PLAIT_OK;
    }
    struct events *spare = &stream->before;
    drop(spare);
    /* a step's wait list, and when something fails all ends besides: then there may be no memory */
    TRY(reserve(spare, 2 * (steps + stream->waits.count) + 1));
    TRY(mem_alloc(&stream->ends, steps, sizeof(cl_event)));
    const struct events waits = stream->waits;
    stream->waits = *spare;
    stream->before = waits;
    stream->steps = steps;
out:
    return status;
}

plait_status stream_step(struct stream *stream, size_t step, const size_t *waits, size_t count)
{
    plait_status status = PLAIT_OK;

    stream->step = step;
    if (!stream->context->out_of_order) {
        return PLAIT_OK;
    }
    stream->moved = false;
    for (size_t i = 0; i < count; i++) {
        TRY(add(&stream->waits, 1, &stream->ends[waits[i]]));
    }
    if (count == 0) {
        TRY(add(&stream->waits, stream->before.count, stream->before.items));
    }
out:
    return status;
}

/* An event that completes when all commands of the stream have, and all that the next one waits for: the newest
 * command's, if there is one for all. A marker would be one more command, for which PoCL wakes all of its threads. */
static plait_status mark(const struct stream *stream, cl_event *event)
{
    plait_status status = PLAIT_OK;
    const bool alone = stream->started && stream->waits.count == 1;
    const cl_event newest = alone ? stream->waits.items[0] : stream->last;

    if (!newest) {
        return error_from_cl(
            clEnqueueMarkerWithWaitList(stream->context->queue, stream_wait_count(stream), stream_waits(stream), event),
            "clEnqueueMarkerWithWaitList");
    }
    TRY(error_from_cl(clRetainEvent(newest), "clRetainEvent of the newest command"));
    *event = newest;
out:
    return status;
}

plait_status stream_step_end(struct stream *stream)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    if (!stream->context->out_of_order) {
        return PLAIT_OK;
    }
    if (!stream->moved && stream->waits.count > 1) { /* nothing to do: whoever waits for it waits for all of them */
        TRY(mark(stream, &event));
        TRY(stream_advance(stream, event));
    }
    if (stream->waits.count > 0) {
        stream->ends[stream->step] = stream->waits.items[0];
        stream->waits.count = 0; /* now the step's */
    }
out:
    return status;
}

plait_status stream_join(struct stream *stream, const size_t *ends, size_t count)
{
    plait_status status = PLAIT_OK;

    if (!stream->context->out_of_order) {
        return PLAIT_OK;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(add(&stream->waits, 1, &stream->ends[ends[i]]));
    }
    if (stream->waits.count == 0) { /* no step did anything */
        TRY(add(&stream->waits, stream->before.count, stream->before.items));
    }
    for (size_t i = 0; i < stream->steps; i++) {
        if (stream->ends[i]) {
            (void)clReleaseEvent(stream->ends[i]);
        }
    }
    mem_free(stream->ends);
    stream->ends = NULL;
    stream->steps = 0;
out:
    return status;
}

plait_status stream_advance(struct stream *stream, cl_event event)
{
    drop(&stream->waits);
    stream->moved = true;
    stream->started = true;
    if (stream->context->out_of_order) {
        stream->waits.items[stream->waits.count++] = event;
    } else {
        forget_last(stream);
        stream->last = event;
    }
    return stream->profile ? profile_add(stream->profile, stream->step, event) : PLAIT_OK;
}

cl_uint stream_wait_count(const struct stream *stream)
{
    return (cl_uint)stream->waits.count;
}

const cl_event *stream_waits(const struct stream *stream)
{
    return stream->waits.count > 0 ? stream->waits.items : NULL;
}

plait_status stream_write(struct stream *stream, const struct buffer *buffer, size_t offset, const void *source,
                          size_t bytes)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    TRY(error_from_cl(clEnqueueWriteBuffer(stream->context->queue, buffer->mem, CL_FALSE, offset, bytes, source,
                                           stream_wait_count(stream), stream_waits(stream), &event),
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
                                          stream_wait_count(stream), stream_waits(stream), &event),
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
                                            &address, stream_wait_count(stream), stream_waits(stream), &event),
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
                                         stream_wait_count(stream), stream_waits(stream), NULL, &code);
    TRY(error_from_cl(code, "clEnqueueMapBuffer of %zu bytes", buffer->bytes));
    fill(filling);
    TRY(error_from_cl(clEnqueueUnmapMemObject(queue, buffer->mem, filling->memory, stream_wait_count(stream),
                                              stream_waits(stream), &event),
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

/* After a failure between stream_fork and stream_join: what follows waits for all steps that were enqueued, and for
 * what came before them. There is room since stream_fork. */
static void gather(struct stream *stream)
{
    for (size_t i = 0; i < stream->steps; i++) {
        if (stream->ends[i]) {
            stream->waits.items[stream->waits.count++] = stream->ends[i];
        }
    }
    for (size_t i = 0; stream->ends && i < stream->before.count; i++) {
        stream->waits.items[stream->waits.count++] = stream->before.items[i];
    }
    stream->before.count = stream->ends ? 0 : stream->before.count;
    mem_free(stream->ends);
    stream->ends = NULL;
    stream->steps = 0;
}

/* Makes the stream's newest commands some that later streams of the context wait for, in place of those that it waited
 * for itself. */
static void hand_over(struct stream *stream)
{
    plait_context *context = stream->context;
    struct newest *old = NULL;

    if (stream->own && stream->started) {
        stream->own->events = stream->waits;
        stream->waits = (struct events){0};
        (void)mtx_lock(&context->lock);
        struct newest **kept = &context->newest; /* newer ones come first */
        while (*kept && (*kept)->number > stream->seen) {
            kept = &(*kept)->next;
        }
        old = *kept;
        *kept = NULL;
        stream->own->number = ++context->streams;
        if (stream->own->events.count > 0) {
            stream->own->next = context->newest;
            context->newest = stream->own;
            stream->own = NULL; /* now the context's */
        }
        (void)mtx_unlock(&context->lock);
    }
    newest_free(old);
    newest_free(stream->own);
    events_free(&stream->before);
    events_free(&stream->waits);
    forget_last(stream);
}

plait_status stream_end(struct stream *stream, plait_status status, cl_event *event)
{
    gather(stream);
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

    gather(stream);
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
    drop(&stream->waits); /* nobody need wait for what has ended */
    hand_over(stream);
    return status != PLAIT_OK ? status : waited;
}
