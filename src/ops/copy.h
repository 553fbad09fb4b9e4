/* SPDX-License-Identifier: MIT */
/* The operator that moves a tensor from one place to another, which the planner inserts. */
#ifndef OPS_COPY_H
#define OPS_COPY_H

#include "graph/op.h"

/* One input, of the output's shape; views of any strides. */
extern const struct op op_copy;

#endif
