/* SPDX-License-Identifier: MIT */
/* Which variant computes a step. */
#ifndef PLAN_VARIANT_H
#define PLAN_VARIANT_H

#include "plan/values.h"

/* Plans the step with the variant that the options force; or the one that was measured to be the fastest; or the
 * usual one, which is the cheapest that is applicable and can be planned. The step is complete but for that. */
plait_status choose_variant(const struct values *values, struct step *step);

/* Whether the variant is meant for the step, and can compute it as it is fused. */
bool variant_suits(const struct step *step, const struct variant *variant, const struct device_traits *device);

/* Plans the step with a variant, in place of what it is planned with. */
plait_status plan_variant(struct step *step, const struct variant *variant, const struct device_traits *device);

/* What a measurement of a step, planned with its usual variant, holds for: equal texts mean equal work. Shapes and
 * strides are there to be read; a checksum stands for the kernels, their build options and sizes, by which the
 * operator's parameters come in without their having to be named. */
void step_key(const struct step *step, struct text *key);

#endif
