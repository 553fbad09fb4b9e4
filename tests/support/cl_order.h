/* SPDX-License-Identifier: MIT */
/* What was enqueued, and what must come before what by the wait lists alone; and a queue that runs commands as late or
 * as early as the wait lists allow.
 *
 * On top of cl_fault.h, whose hooks it takes. For one out-of-order queue and one thread. */
#ifndef SUPPORT_CL_ORDER_H
#define SUPPORT_CL_ORDER_H

#include <stdbool.h>
#include <stddef.h>

enum cl_order {
    ORDER_OF_QUEUE,   /* as the driver likes */
    ORDER_LAST_FIRST, /* one command at a time, always the newest one that may run */
    ORDER_RANDOM,     /* one at a time, any that may run */
};

/* From here on commands are noted, and with the latter two held back until the host waits or flushes. */
void cl_order_begin(enum cl_order order);

/* Ends that; what was noted is forgotten. */
void cl_order_end(void);

/* The commands from now on belong to `label`; SIZE_MAX at first. */
void cl_order_label(size_t label);

/* Commands so far, and the label of each. */
size_t cl_order_count(void);
size_t cl_order_label_of(size_t command);

/* Whether command `later` cannot begin before `earlier` has ended. */
bool cl_order_follows(size_t later, size_t earlier);

#endif
