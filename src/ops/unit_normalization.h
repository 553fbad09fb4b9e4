/* SPDX-License-Identifier: MIT */
/* The operator of the UnitNormalization layer, for layers that begin with it. */
#ifndef OPS_UNIT_NORMALIZATION_H
#define OPS_UNIT_NORMALIZATION_H

#include "graph/op.h"

enum { UNIT_NORMALIZATION_VARIANTS = 2 };

struct unit_normalization {
    plait_axes axes;
    float most; /* largest factor */
};

void unit_normalization_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

extern const struct variant *const unit_normalization_variants[UNIT_NORMALIZATION_VARIANTS];

#endif
