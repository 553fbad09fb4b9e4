/* SPDX-License-Identifier: MIT */
/* What `plait check` checks. */
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

extern const struct check_case check_cases[];
extern const size_t check_case_count;

#endif
