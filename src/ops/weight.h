/* SPDX-License-Identifier: MIT */
/* The weights of layers. */
#ifndef OPS_WEIGHT_H
#define OPS_WEIGHT_H

#include "graph/ir.h"

/* As node_weight, but an array that was not passed, all zero, is no mistake. */
void weight_optional(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted);

/* As node_weight, for values that are not trained. */
void weight_frozen(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted);

/* The values of the weight of that name; NULL if there is none. */
const float *weight_values(const struct weight *weights, size_t count, const char *name);

#endif
