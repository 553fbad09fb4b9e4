/* SPDX-License-Identifier: MIT */
#include "load/outputs.h"

#include "base/error.h"
#include "base/memory.h"

plait_status outputs_add(struct outputs *outputs, plait_node node)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&outputs->items, &outputs->capacity, outputs->count + 1, sizeof node));
    outputs->items[outputs->count++] = node;
out:
    return status;
}
