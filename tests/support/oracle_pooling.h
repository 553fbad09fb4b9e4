/* SPDX-License-Identifier: MIT */
/* The oracle's pooling. */
#ifndef SUPPORT_ORACLE_POOLING_H
#define SUPPORT_ORACLE_POOLING_H

#include "oracle.h"

#include <plait/pooling.h>

enum pooling { POOLING_MAX, POOLING_AVERAGE };

struct reference oracle_pooling2d(enum pooling kind, struct reference x, const plait_pooling2d_opts *opts);
struct reference oracle_pooling1d(enum pooling kind, struct reference x, const plait_pooling1d_opts *opts);

/* Over all axes but the batch and the last. */
struct reference oracle_global_pooling(enum pooling kind, struct reference x, bool keepdims);

/* The mean of the steps of x {batch, steps, channels} that count in the mask {batch, steps}; NaN of none. */
struct reference oracle_masked_mean(struct reference x, struct reference mask, bool keepdims);

#endif
