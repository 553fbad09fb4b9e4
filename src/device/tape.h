/* SPDX-License-Identifier: MIT */
/* What chains and tapes are inside device/. */
#ifndef DEVICE_TAPE_H
#define DEVICE_TAPE_H

#include "device/chain.h"
#include "device/cl.h"

struct chain {
    plait_context *context;
    struct chain_part *parts; /* their options are owned */
    size_t count;
    size_t capacity;
    size_t buffers;        /* that a play can use */
    struct kernel *kernel; /* NULL until it is built */
};

#endif
