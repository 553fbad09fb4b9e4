/* SPDX-License-Identifier: MIT */
/* The one place that puts kernels on a queue. */
#ifndef DEVICE_LAUNCH_H
#define DEVICE_LAUNCH_H

#include "device/buffer.h"
#include "device/program.h"

#include <stddef.h>
#include <stdint.h>

/* The work of one run on one queue, in order: what is launched on it starts after what was launched
 * before, whatever kind of queue it is. Opaque outside device/ (stream.h). */
struct stream;

enum arg_kind { ARG_BUFFER, ARG_INT, ARG_LONG, ARG_FLOAT, ARG_INT8, ARG_LOCAL };

/* One kernel argument. */
struct arg {
    enum arg_kind kind;
    union {
        const struct buffer *buffer; /* __global pointer */
        int32_t i;                   /* int */
        int64_t l;                   /* long */
        float f;                     /* float */
        int32_t i8[8];               /* int8 */
        size_t local_bytes;          /* __local pointer */
    } value;
};

/* Kernel arguments from host values. Sizes were checked by the planner to fit 31 bits. */
struct arg arg_buffer(const struct buffer *buffer);
struct arg arg_int(size_t value);
struct arg arg_long(size_t value);
struct arg arg_float(float value);
struct arg arg_int8(const size_t *values, size_t count); /* up to 8, the rest 0; (size_t)-1 is -1 */
struct arg arg_local(size_t bytes);                      /* local memory of each work-group */

/* Work-items along up to three axes, and how many form a work-group. A size that is no multiple of its
 * local size is rounded up: kernels check their index. 0 in an unused axis stands for 1. */
struct range {
    size_t global[3];
    size_t local[3];
};

/* Enqueues a kernel after the stream's earlier work. A range without work-items does nothing. */
plait_status launch(struct stream *stream, struct kernel *kernel, struct range range, const struct arg *args,
                    size_t count);

/* ARGS(a, b, ...): the last two arguments of launch. */
#define ARGS(...) (const struct arg[]){__VA_ARGS__}, sizeof((const struct arg[]){__VA_ARGS__}) / sizeof(struct arg)

#endif
