/* SPDX-License-Identifier: MIT */
/* Nodes in the order in which they were made. */
#ifndef LOAD_OUTPUTS_H
#define LOAD_OUTPUTS_H

#include <plait/graph.h>
#include <plait/status.h>

/* Nodes that a call gave. Freed with mem_free(items). */
struct outputs {
    plait_node *items;
    size_t count;
    size_t capacity;
};

plait_status outputs_add(struct outputs *outputs, plait_node node);

#endif
