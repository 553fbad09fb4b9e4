/* SPDX-License-Identifier: MIT */
/* What layers share that take a part of a sequence or picture. */
#ifndef OPS_CROPPING_H
#define OPS_CROPPING_H

#include "ops/cells.h"
#include "ops/move.h"

struct cropping {
    struct move move;
    size_t axes;
    plait_ends ends[CELLS_MAX_AXES];
};

void cropping_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

#endif
