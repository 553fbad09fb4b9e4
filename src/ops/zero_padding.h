/* SPDX-License-Identifier: MIT */
/* What layers share that put cells of one value around a sequence or picture. */
#ifndef OPS_ZERO_PADDING_H
#define OPS_ZERO_PADDING_H

#include "graph/op.h"
#include "ops/cells.h"

struct zero_padding {
    size_t axes;
    plait_ends ends[CELLS_MAX_AXES];
    float value;
};

enum { ZERO_PADDING_VARIANTS = 2 };

extern const struct variant *const zero_padding_variants[ZERO_PADDING_VARIANTS];

void zero_padding_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

#endif
