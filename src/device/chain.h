/* SPDX-License-Identifier: MIT */
/* A run as one kernel.
 *
 * Between two kernels of a queue the threads of a CPU's driver stop, and are woken: that takes as long as a layer of a
 * small model does. A chain is one kernel made of all kernels of a model; a tape are the launches of a run, which are
 * recorded once and then played by the chain as one command. Its work-items, one a compute unit, take the work-groups
 * of one launch after the other (kernels/chain.clh). None needs another one to have been started, but what has been
 * started must go on while others wait for it, as threads do: a chain is for CPUs. */
#ifndef DEVICE_CHAIN_H
#define DEVICE_CHAIN_H

#include "base/text.h"
#include "device/kernel_sources.h"
#include "device/launch.h"

/* Opaque outside device/. */
struct chain;
struct tape;

/* Whether models are to use chains on this context's device. */
bool context_chains(const plait_context *context);

/* Whether kernel `name` can be part of one: its work-items need no others. */
bool chain_takes(const char *name);

/* Makes an empty chain. Freed with chain_free, after its kernels and tapes. */
plait_status chain_create(plait_context *context, struct chain **out);

/* Makes a kernel of the chain, as kernel_create, that can be recorded. */
plait_status chain_kernel(struct chain *chain, const char *name, const char *options, struct kernel **out);

/* Builds it, for launches that together use up to `buffers` buffers; more are played as several commands. */
plait_status chain_build(struct chain *chain, size_t buffers);

void chain_free(struct chain *chain);

/* One kernel as part of a chain. */
struct chain_part {
    const struct kernel_source *source;
    const char *options;
};

/* Adds the chain's source: kernel i of the parts, then the function `call` that runs it, then kernels/chain.clh. */
plait_status chain_source(const struct chain_part *parts, size_t count, size_t buffers, struct text *text);

/* Makes an empty tape. Freed with tape_free; it may be playing then. */
plait_status tape_create(struct chain *chain, struct tape **out);

/* What is launched on the stream goes on the tape, until tape_close. */
void tape_open(struct tape *tape, struct stream *stream);

/* Begins step `step`, which starts when the `count` earlier ones of `waits` have ended. Steps are counted from 0 on. */
plait_status tape_step(struct tape *tape, size_t step, const size_t *waits, size_t count);

/* Records a launch. */
plait_status tape_record(struct tape *tape, const struct kernel *kernel, const struct range *range,
                         const struct arg *args, size_t count);

/* Ends recording. The `count` buffers of `ends`, which are NULL if they are used nowhere, are replaced by others at
 * each play. */
plait_status tape_close(struct tape *tape, const struct buffer *const *ends, size_t count);

/* Enqueues the launches, with the buffers of `ends` in place of those that tape_close was given. */
plait_status tape_play(const struct tape *tape, struct stream *stream, const struct buffer *const *ends);

void tape_free(struct tape *tape);

#endif
