/* SPDX-License-Identifier: MIT */
/* Buffers in device memory. */
#ifndef DEVICE_BUFFER_H
#define DEVICE_BUFFER_H

#include <plait/context.h>
#include <stdbool.h>

/* A cl_mem, made here or lent by the application; opaque outside device/. */
struct buffer;

/* Makes a buffer of `bytes` (more than 0) within the context's budget; the memory is committed now, so
 * that a lack of it shows here. PLAIT_ERR_DEVICE_MEMORY says what is needed and what there is.
 * Freed with buffer_free. */
plait_status buffer_create(plait_context *context, size_t bytes, struct buffer **out);

/* Copies from and to host memory, from byte `offset` on, and waits for the copy. */
plait_status buffer_write(const struct buffer *buffer, size_t offset, const void *source, size_t bytes);
plait_status buffer_read(const struct buffer *buffer, size_t offset, void *target, size_t bytes);

/* Fills the buffer: `write` gets all of its memory, zeroed, and no copy of it is made on a device that shares the
 * host's memory. Where the driver runs functions of the host, as those of CPUs do, it calls `write` in a thread of its
 * own while the caller goes on; so `user` must stand until buffers_settle has returned. */
typedef void buffer_writer(const void *user, void *memory);
plait_status buffer_fill(const struct buffer *buffer, buffer_writer *write, const void *user);

/* Waits until all buffers of the context are filled, also after a failure. Returns `status` or, if that is PLAIT_OK,
 * how waiting went. */
plait_status buffers_settle(plait_context *context, plait_status status);

/* Makes a buffer of the host's own memory, which must stand until the buffer is freed and then holds what kernels
 * wrote: neither copied nor counted. Only where buffer_can_wrap says so; what kernels only read is not written. */
bool buffer_can_wrap(const plait_context *context, size_t bytes);
plait_status buffer_wrap(plait_context *context, const void *memory, size_t bytes, struct buffer **out);

/* Makes a buffer with a copy of the host's memory, at once and without a command. It is not counted: for what is about
 * as small as a kernel's arguments. */
plait_status buffer_copy(plait_context *context, const void *memory, size_t bytes, struct buffer **out);

/* Releases it; lent memory stays the application's. NULL is allowed. */
void buffer_free(struct buffer *buffer);

#endif
