/* SPDX-License-Identifier: MIT */
/* Kernels, built on first need from the sources in kernels/, which are embedded in the library. */
#ifndef DEVICE_PROGRAM_H
#define DEVICE_PROGRAM_H

#include <plait/context.h>

struct kernel_source;

/* A cl_kernel; opaque outside device/. Each model has its own, as arguments are set on it. */
struct kernel;

/* Makes kernel `name`, the function of that name in kernels/<name>.cl, built with `options`
 * ("-D VECTORS=2 ..."). Programs are kept in the context, so equal requests build once. */
plait_status kernel_create(plait_context *context, const char *name, const char *options, struct kernel **out);

/* The text of kernels/<name>.cl; NULL if there is none. */
const struct kernel_source *kernel_source_of(const char *name);

/* The same, where a lack of it is an error. */
plait_status kernel_source_get(const char *name, const struct kernel_source **out);

/* Makes the kernel of a source that was made for these options, and has them in it; its name is a literal. It is built
 * once as well: the options must tell it from other sources of the name. */
plait_status kernel_build(plait_context *context, const struct kernel_source *source, const char *options,
                          struct kernel **out);

/* NULL is allowed. */
void kernel_free(struct kernel *kernel);

#endif
