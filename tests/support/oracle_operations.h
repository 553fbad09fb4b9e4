/* SPDX-License-Identifier: MIT */
/* The oracle's operations, and layers that are one with a constant. */
#ifndef SUPPORT_ORACLE_OPERATIONS_H
#define SUPPORT_ORACLE_OPERATIONS_H

#include "oracle.h"

#include <plait/activations.h>
#include <plait/operations.h>

/* A constant as an operand: the same for all samples. */
struct reference oracle_constant(plait_array array);
struct reference oracle_number(float number);

/* a / b, and for the other operations oracle_merge, which stretches likewise. */
/* y = function(a, b), which has exact results. */
struct reference oracle_elements(double (*function)(double a, double b), struct reference a, struct reference b);

struct reference oracle_divide(struct reference a, struct reference b);

struct reference oracle_prelu(struct reference x, plait_array alpha);
struct reference oracle_elu(struct reference x, float alpha);

enum reduction_kind { REDUCE_MEAN, REDUCE_SUM, REDUCE_MAX, REDUCE_MIN };

struct reference oracle_reduce(enum reduction_kind kind, struct reference x, plait_axes axes, bool keepdims);

/* One axis for each input. */
struct reference oracle_dot(struct reference a, struct reference b, plait_axes axes, bool normalize);

#endif
