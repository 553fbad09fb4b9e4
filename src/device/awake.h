/* SPDX-License-Identifier: MIT */
/* Threads that keep a CPU's cores awake while a model runs.
 *
 * PoCL's threads sleep whenever there is nothing left of a kernel. A core whose threads all sleep is halted, and to
 * wake it for the next kernel takes 25 to 60 microseconds; a thread that yields keeps it running, and costs the others
 * next to nothing. The thread that waits for a model keeps one core awake; these see to the others. */
#ifndef DEVICE_AWAKE_H
#define DEVICE_AWAKE_H

#include <plait/status.h>
#include <stddef.h>

struct awake;

/* Makes threads for all but one of `cores`. They sleep. To be freed with awake_free. */
plait_status awake_create(size_t cores, struct awake **out);

/* Between these they yield, in vain if nobody sleeps. Calls from several threads add up. NULL is allowed. */
void awake_begin(struct awake *awake);
void awake_end(struct awake *awake);

/* Ends the threads; NULL is allowed. */
void awake_free(struct awake *awake);

#endif
