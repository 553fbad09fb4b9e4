/* SPDX-License-Identifier: MIT */
/* What every example does when a call fails: say why and stop. */
#ifndef EXAMPLES_COMMON_H
#define EXAMPLES_COMMON_H

#include <plait.h>
#include <stdio.h>
#include <stdlib.h>

static inline void check(plait_status status)
{
    if (status != PLAIT_OK) {
        fprintf(stderr, "%s\n", plait_error_message());
        exit(EXIT_FAILURE);
    }
}

#endif
