/* SPDX-License-Identifier: MIT */
/* What layers share that move values: each axis of y runs through an axis of x, or repeats x. */
#ifndef OPS_MOVE_H
#define OPS_MOVE_H

#include "graph/op.h"

enum { MOVE_VARIANTS = 2 };

/* An axis of y, as it runs through x. */
struct move_axis {
    bool repeats; /* through no axis: all elements along it are the same */
    size_t axis;  /* of x, the batch counted */
    int64_t step;
};

/* The first member of such a layer's parameters; filled in by its `infer`. */
struct move {
    struct move_axis axes[PLAIT_MAX_RANK]; /* of y, the batch first */
    int64_t begin[PLAIT_MAX_RANK];         /* by axis of x: the element that y begins with */
};

extern const struct variant *const move_variants[MOVE_VARIANTS];

#endif
