/* SPDX-License-Identifier: MIT */
/* Programs as the driver compiled them, in the cache.
 *
 * Read wherever there is a cache, and written where the application wants it (plait_context_opts.keep_programs); not
 * for PoCL, which has a cache of its own and compiles all kernels anew when it is asked for a binary. Nothing here
 * fails but for lack of host memory: without a binary, or with one that the driver does not take, programs are built
 * from their sources. */
#ifndef DEVICE_BINARY_H
#define DEVICE_BINARY_H

#include "device/cl.h"
#include "device/kernel_sources.h"

/* Sets *out to the built program of a source and options, NULL if there is none. */
plait_status binary_load(plait_context *context, const struct kernel_source *source, const char *options,
                         cl_program *out);

/* Keeps a program that was built of a source and options. */
plait_status binary_keep(plait_context *context, const struct kernel_source *source, const char *options,
                         cl_program program);

#endif
