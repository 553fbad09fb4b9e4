/* SPDX-License-Identifier: MIT */
/* Dense layers whose kernel has more than two axes, within other layers: a matrix product over the last axes of
 * x, which gives several axes. In memory such a kernel is that of a plain Dense layer. */
#ifndef OPS_PROJECTION_H
#define OPS_PROJECTION_H

#include "ops/dense.h"

#include <plait/attention.h>

/* Parameters of an operator of projection_infer and dense_variants. */
struct projection {
    struct dense dense; /* kernel and bias as Dense has them */
    const char *what;   /* put before the names of its weights: "query_"; a literal */
    plait_shape kernel; /* {summed sizes, new sizes} */
    size_t summed;      /* how many of the kernel's axes are those that are summed over */
    size_t axes;        /* that the kernel must have; 0: any new ones */
};

/* `summed` and `axes` as above. */
struct projection projection_of(plait_projection weights, const char *what, size_t summed, size_t axes);

/* x {..., product of the summed sizes} to {..., product of the new sizes}. */
void projection_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

/* Continues the layer of x, a projection's node, to {..., new sizes}. */
plait_node projection_unfold(plait_node x, const struct projection *projection);

#endif
