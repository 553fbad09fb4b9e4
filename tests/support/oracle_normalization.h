/* SPDX-License-Identifier: MIT */
/* The oracle's normalizations. */
#ifndef SUPPORT_ORACLE_NORMALIZATION_H
#define SUPPORT_ORACLE_NORMALIZATION_H

#include "oracle.h"

#include <plait/normalization.h>

struct reference oracle_rms_normalization(struct reference x, const plait_rms_normalization_opts *opts);
struct reference oracle_layer_normalization(struct reference x, const plait_layer_normalization_opts *opts);
struct reference oracle_group_normalization(struct reference x, const plait_group_normalization_opts *opts);

/* x * min(1 / sqrt(sum of x^2), most); no axes: the last. */
struct reference oracle_unit_normalization(struct reference x, plait_axes axes, double most);

/* x * p + q, or (x - p) / q, with constants as oracle_constant makes them. */
struct reference oracle_affine(struct reference x, struct reference p, struct reference q, bool divides);

struct reference oracle_normalization(struct reference x, const plait_normalization_opts *opts);

#endif
