/* SPDX-License-Identifier: MIT */
/* The work of one run on one queue, in order. */
#ifndef DEVICE_STREAM_H
#define DEVICE_STREAM_H

#include "device/buffer.h"
#include "device/cl.h"
#include "device/launch.h"
#include "device/profile.h"

/* On an in-order queue order comes by itself, and only the first command gets the wait list. On an
 * out-of-order queue every command waits for the one before, and the first one also for the newest run
 * of the context, so that runs which share memory follow each other. */
struct stream {
    plait_context *context;
    cl_event *waits; /* what the next command waits for; retained */
    cl_uint wait_count;
    cl_event last;           /* the newest command's; NULL: none yet */
    struct profile *profile; /* keeps the events of launches; NULL: nobody asks for times */
    size_t step;             /* that launches are booked on, in the profile */
};

/* Begins; the first command waits for the `count` events of `list` too, which are retained. Whatever it
 * returns, the stream must be ended with stream_end or stream_finish. */
plait_status stream_begin(struct stream *stream, plait_context *context, cl_uint count, const cl_event *list);

/* Enqueues a copy of `bytes` bytes between host memory and `buffer` from byte `offset` on. The host memory
 * must stand until stream_finish. */
plait_status stream_write(struct stream *stream, const struct buffer *buffer, size_t offset, const void *source,
                          size_t bytes);
plait_status stream_read(struct stream *stream, const struct buffer *buffer, size_t offset, void *target, size_t bytes);

/* Has the host fill the buffer, as buffer_fill. */
plait_status stream_fill(struct stream *stream, const struct buffer *buffer, buffer_writer *write, const void *user);

/* After a command was enqueued with the stream's waits and gave `event`, which now belongs to the stream. */
plait_status stream_advance(struct stream *stream, cl_event event);

/* Books a launch's event, which is retained, on a step. */
plait_status profile_add(struct profile *profile, size_t step, cl_event event);

/* Ends: what follows in this context comes after it. `status` is what happened so far and is returned if
 * it is a failure. Else `event`, if not NULL, becomes the end of all commands. */
plait_status stream_end(struct stream *stream, plait_status status, cl_event *event);

/* Waits until all commands have ended, also after a failure, and ends. Returns `status` or, if that is
 * PLAIT_OK, how waiting went. */
plait_status stream_finish(struct stream *stream, plait_status status);

#endif
