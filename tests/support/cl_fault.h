/* SPDX-License-Identifier: MIT */
/* OpenCL calls that fail on purpose, and a count of the objects that live.
 *
 * The test program itself defines the OpenCL functions that plait calls, and hands each call on to the
 * loader's. Unlike an ICD layer this needs nothing in the environment, and lets a test choose the failure
 * between two calls. (Runtimes that are preloaded in the loader's place call their own functions through
 * these; load them as an ICD.)
 */
#ifndef SUPPORT_CL_FAULT_H
#define SUPPORT_CL_FAULT_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include <stdbool.h>
#include <stddef.h>

/* The n-th call from now on (n from 1) fails with `code` and does nothing, and if `sticky` all after it.
 * 0 ends it. Calls that release are neither counted nor made to fail. */
void cl_fault_at(size_t n, cl_int code, bool sticky);

/* The same, counting only calls of the function `name`. */
void cl_fault_at_call(const char *name, size_t n, cl_int code, bool sticky);

/* Calls counted since the last cl_fault_at. */
size_t cl_fault_calls(void);

/* The function that was the first to fail since then; NULL: none. */
const char *cl_fault_name(void);

/* Programs that the driver itself did not build, since the beginning. */
size_t cl_fault_failed_builds(void);

/* Objects created or retained, less those released. */
long cl_fault_live(void);

/* The same by kind, "1 context 0 queue ...", for messages; static storage. */
const char *cl_fault_live_text(void);

/* A command on its way to the queue. */
struct cl_command {
    const char *name; /* of the function */
    cl_uint count;    /* the wait list */
    const cl_event *waits;
    const cl_event *event; /* set when it was enqueued; NULL: nobody wants to know */
};

/* Hooks, of which any may be NULL: `before` a command, whose wait list it may replace; `after` it was enqueued, but not
 * if that failed; before the host may be `waiting` for commands. They may call OpenCL, and are called then too. */
struct cl_hooks {
    void (*before)(struct cl_command *command);
    void (*after)(const struct cl_command *command);
    void (*waiting)(void);
};
void cl_fault_hooks(struct cl_hooks hooks);

/* Is told the name of every kernel that is launched from now on; NULL ends it. */
void cl_fault_watch(void (*launched)(const char *kernel));

#endif
