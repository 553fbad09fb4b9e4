/* SPDX-License-Identifier: MIT */
/* What `plait check` checks: every operator that the public headers offer. */
#ifndef CLI_CHECK_CASES_H
#define CLI_CHECK_CASES_H

#include "cli/supply.h"

/* One layer, made on inputs of one shape. */
struct check_case {
    const char *name;
    plait_shape shape;
    size_t input_count;
    plait_node (*make)(plait_nodes x, struct supply *supply);
};

enum { CHECK_MOST_INPUTS = 3 };

struct check_cases {
    const struct check_case *items;
    size_t count;
};

/* Layers with weights, and those without. */
extern const struct check_cases check_weighted;
extern const struct check_cases check_plain;

#endif
