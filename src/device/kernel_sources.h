/* SPDX-License-Identifier: MIT */
/* The kernels of kernels/, as the build embedded them. */
#ifndef DEVICE_KERNEL_SOURCES_H
#define DEVICE_KERNEL_SOURCES_H

#include <stddef.h>

/* One file kernels/<name>.cl with its includes in place: text[length] is 0. */
struct kernel_source {
    const char *name;
    const char *text;
    size_t length;
};

/* In alphabetical order of their names. */
extern const struct kernel_source kernel_sources[];
extern const size_t kernel_source_count;

/* What stands before every source, and what makes one kernel of many (chain.h). */
extern const struct kernel_source kernel_builtins;
extern const struct kernel_source kernel_chain;

#endif
