/* SPDX-License-Identifier: MIT */
#include "device/stream.h"

#include "base/memory.h"

void events_free(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        (void)clReleaseEvent(events->items[i]);
    }
    mem_free(events->items);
    *events = (struct events){0};
}

/* Releases them, and keeps the room. */
static void drop(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        (void)clReleaseEvent(events->items[i]);
    }
    events->count = 0;
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

/* An event that completes when all that the next command waits for has. */
static plait_status mark(const struct stream *stream, cl_event *event)
{
    return error_from_cl(
        clEnqueueMarkerWithWaitList(stream->context->queue, stream_wait_count(stream), stream_waits(stream), event),
        "clEnqueueMarkerWithWaitList");
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

bool stream_wants_event(const struct stream *stream)
{
    return stream->context->out_of_order || stream->profile;
}

plait_status stream_advance(struct stream *stream, cl_event event)
{
    plait_status status = PLAIT_OK;

    drop(&stream->waits);
    stream->moved = true;
    stream->started = true;
    if (stream->context->out_of_order && event) {
        stream->waits.items[stream->waits.count++] = event;
    }
    if (stream->profile && event) {
        status = profile_add(stream->profile, stream->step, event);
    }
    if (!stream->context->out_of_order && event) {
        (void)clReleaseEvent(event);
    }
    return status;
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
                                           stream_wait_count(stream), stream_waits(stream),
                                           stream_wants_event(stream) ? &event : NULL),
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
                                          stream_wait_count(stream), stream_waits(stream),
                                          stream_wants_event(stream) ? &event : NULL),
                      "clEnqueueReadBuffer of %zu bytes", bytes));
    TRY(stream_advance(stream, event));
out:
    return status;
}

plait_status stream_map(struct stream *stream, const struct buffer *buffer, void **memory)
{
    cl_int code = CL_SUCCESS;

    *memory = clEnqueueMapBuffer(stream->context->queue, buffer->mem, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0,
                                 buffer->bytes, stream_wait_count(stream), stream_waits(stream), NULL, &code);
    return error_from_cl(code, "clEnqueueMapBuffer of %zu bytes", buffer->bytes);
}

plait_status stream_unmap(struct stream *stream, const struct buffer *buffer, void *memory)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    TRY(error_from_cl(clEnqueueUnmapMemObject(stream->context->queue, buffer->mem, memory, stream_wait_count(stream),
                                              stream_waits(stream), stream_wants_event(stream) ? &event : NULL),
                      "clEnqueueUnmapMemObject of %zu bytes", buffer->bytes));
    TRY(stream_advance(stream, event));
out:
    return status;
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

/* Until the event is over, yields rather than sleeps. On a CPU, a core whose threads all sleep is halted, and to wake
 * it for the next kernel takes 25 microseconds; a thread that yields keeps it running, and costs the others nothing. */
static plait_status stay_awake(cl_event event)
{
    plait_status status = PLAIT_OK;
    atomic_bool ended = false;

    TRY(error_from_cl(clSetEventCallback(event, CL_COMPLETE, note_end, &ended), "clSetEventCallback"));
    while (!atomic_load(&ended)) {
        thrd_yield();
    }
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
        waited = stay_awake(end);
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
