/* SPDX-License-Identifier: MIT */
/* The work of one run on one queue. */
#ifndef DEVICE_STREAM_H
#define DEVICE_STREAM_H

#include "device/buffer.h"
#include "device/cl.h"
#include "device/launch.h"
#include "device/profile.h"

/* On an in-order queue order comes by itself, and only the first command gets the wait list.
 *
 * On an out-of-order queue every command waits for the one before, but between stream_fork and stream_join there are
 * steps, and the first command of each waits for the steps that it names instead: what they do not wait for, they may
 * overlap. The first command, or the steps that name none, also wait for the newest runs of the context, so that runs
 * which share memory follow each other. Whatever touches memory from outside then has waited for the caller's events as
 * well: such steps name none, or some that name none in the end. */
struct stream {
    plait_context *context;
    struct tape *tape;       /* launches are recorded on it, and nothing is enqueued; NULL: they are not */
    struct events waits;     /* what the next command waits for */
    cl_event last;           /* in order: the newest command's; NULL: none yet */
    bool moved;              /* a command was enqueued in this step, or before the first */
    struct profile *profile; /* keeps the events of launches; NULL: nobody asks for times */
    size_t step;             /* that launches are booked on, in the profile */

    /* out of order only */
    bool started;         /* a command was enqueued */
    struct newest *own;   /* what the context gets to know at the end */
    uint64_t seen;        /* streams that had ended at the beginning: this one waits for them */
    struct events before; /* what steps that name none wait for */
    cl_event *ends;       /* of the steps so far; NULL outside stream_fork and stream_join */
    size_t steps;
};

/* Begins; the first command waits for the `count` events of `list` too, which are retained. Whatever it
 * returns, the stream must be ended with stream_end or stream_finish. */
plait_status stream_begin(struct stream *stream, plait_context *context, cl_uint count, const cl_event *list);

/* From here on there are `steps` steps, until stream_join. */
plait_status stream_fork(struct stream *stream, size_t steps);

/* Begins a step, which starts when the `count` earlier ones of `waits` have ended; with none, when all has ended that
 * came before stream_fork. */
plait_status stream_step(struct stream *stream, size_t step, const size_t *waits, size_t count);

/* Ends the step. */
plait_status stream_step_end(struct stream *stream);

/* What follows waits for the `count` steps of `ends`, which together wait for all others. */
plait_status stream_join(struct stream *stream, const size_t *ends, size_t count);

/* Enqueues a copy of `bytes` bytes between host memory and `buffer` from byte `offset` on. The host memory
 * must stand until stream_finish. */
plait_status stream_write(struct stream *stream, const struct buffer *buffer, size_t offset, const void *source,
                          size_t bytes);
plait_status stream_read(struct stream *stream, const struct buffer *buffer, size_t offset, void *target, size_t bytes);

/* Has the host fill the buffer, as buffer_fill. */
plait_status stream_fill(struct stream *stream, const struct buffer *buffer, buffer_writer *write, const void *user);

/* The wait list of the next command, as OpenCL wants it. */
cl_uint stream_wait_count(const struct stream *stream);
const cl_event *stream_waits(const struct stream *stream);

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
