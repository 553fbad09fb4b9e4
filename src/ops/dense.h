/* SPDX-License-Identifier: MIT */
/* What layers that are dense layers inside share with Dense. */
#ifndef OPS_DENSE_H
#define OPS_DENSE_H

#include "graph/op.h"

enum { DENSE_VARIANTS = 4 };

/* The arrays of the options. An operator with dense_variants has parameters that begin with this, and weights
 * kernel and bias in its node, as Dense has. */
struct dense {
    plait_array kernel; /* {channels, units} */
    plait_array bias;
};

double dense_flops(const struct node *node, const plait_shape *inputs);

extern const struct variant *const dense_variants[DENSE_VARIANTS];

#endif
