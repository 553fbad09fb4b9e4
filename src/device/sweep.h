/* SPDX-License-Identifier: MIT */
/* Cold caches, to measure what finds them so. */
#ifndef DEVICE_SWEEP_H
#define DEVICE_SWEEP_H

#include <plait/context.h>

/* Memory that all compute units of a device read and write, and so put into their caches in place of other memory. */
struct sweep;

/* Takes about `bytes` bytes of the device's memory. Freed with sweep_free. */
plait_status sweep_create(plait_context *context, uint64_t bytes, struct sweep **out);

/* Sweeps, and waits for the end. NULL: does nothing. */
plait_status sweep_run(const struct sweep *sweep);

/* NULL is allowed. */
void sweep_free(struct sweep *sweep);

#endif
