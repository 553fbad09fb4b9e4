/* SPDX-License-Identifier: MIT */
/* What operators and the planner may know of a device. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <plait/context.h>
#include <stdbool.h>

struct device_traits {
    plait_device_kind kind;
    size_t compute_units;
    size_t max_work_group;   /* most work-items of a work-group, and along its first axis */
    size_t local_bytes;      /* local memory that tiles may use; 0 where it is as slow as global memory's copy */
    size_t max_buffer_bytes; /* largest single buffer */
    size_t vector_floats;    /* floats of a vector register; 1 where work-items are scalar */
    bool has_clblast;        /* built with CLBlast */
};

const struct device_traits *context_traits(const plait_context *context);

/* Whether the context's queue may run commands at the same time that do not wait for each other. */
bool context_overlaps(const plait_context *context);

/* Device bytes of the context's budget that are not held. */
uint64_t context_free_bytes(const plait_context *context);

#endif
