/* SPDX-License-Identifier: MIT */
/* The masks that go along with tensors, as Keras's `_keras_mask` does: which steps of a sequence count. */
#ifndef LOAD_MASKS_H
#define LOAD_MASKS_H

#include "base/error.h"

#include <plait/graph.h>
#include <stdbool.h>

/* By the id of a node. */
struct masks {
    struct carried {
        plait_node mask; /* its graph is NULL: none */
        bool shared;     /* another node is the same tensor in Keras: */
        uint32_t with;   /* that node has the mask */
    } * items;
    size_t count;
    size_t capacity;
};

/* The mask of a node; one without a graph if it has none. */
plait_node masks_get(const struct masks *masks, plait_node node);

/* Gives a node a mask, or with one that has no graph takes it away. */
plait_status masks_set(struct masks *masks, plait_node node, plait_node mask);

/* Makes a node the same tensor as an earlier one: what becomes of the mask of one becomes of both. */
plait_status masks_share(struct masks *masks, plait_node node, plait_node with);

void masks_free(struct masks *masks);

#endif
