/* SPDX-License-Identifier: MIT */
/* Kernels, built on first need from the sources in kernels/, which are embedded in the library. */
#ifndef DEVICE_PROGRAM_H
#define DEVICE_PROGRAM_H

#include <plait/context.h>

/* A cl_kernel; opaque outside device/. Each model has its own, as arguments are set on it. */
struct kernel;

/* Makes kernel `name`, the function of that name in kernels/<name>.cl, built with `options`
 * ("-D VECTORS=2 ..."). Programs are kept in the context, so equal requests build once. */
plait_status kernel_create(plait_context *context, const char *name, const char *options, struct kernel **out);

/* NULL is allowed. */
void kernel_free(struct kernel *kernel);

#endif
