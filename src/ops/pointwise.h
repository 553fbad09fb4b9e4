/* SPDX-License-Identifier: MIT */
/* Steps that apply their activation to every element, and do nothing else. */
#ifndef OPS_POINTWISE_H
#define OPS_POINTWISE_H

#include "ops/walk.h"

enum { POINTWISE_VARIANTS = 2 };

/* y = activation(x[0]), for operators with one input of the output's shape. */
extern const struct variant *const pointwise_variants[POINTWISE_VARIANTS];

/* The variants' functions, for an operator that is such a step at times. */
plait_status pointwise_plan(struct step *step, enum walk_form form, const struct device_traits *device);
plait_status pointwise_enqueue(const struct step *step, const struct run *run);

/* The trait `activation` of an operator whose parameters are a struct activation. */
bool pointwise_activation(const struct node *node, struct activation *activation);

#endif
