/* SPDX-License-Identifier: MIT */
/* The oracle's moves. */
#ifndef SUPPORT_ORACLE_RESHAPING_H
#define SUPPORT_ORACLE_RESHAPING_H

#include "oracle.h"

#include <plait/reshaping.h>

/* x in C order under another shape of a sample. */
struct reference oracle_reshape(struct reference x, plait_shape sample);

struct reference oracle_permute(struct reference x, plait_axes dims);
struct reference oracle_repeat_vector(struct reference x, size_t n);
struct reference oracle_get_item(struct reference x, const plait_range *ranges, size_t count);

/* One softmax over several axes. */
struct reference oracle_softmax_axes(struct reference x, plait_axes axes);

#endif
