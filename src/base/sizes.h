/* SPDX-License-Identifier: MIT */
/* Arithmetic of sizes that cannot overflow; memory.h has that which can. */
#ifndef BASE_SIZES_H
#define BASE_SIZES_H

#include <stddef.h>

/* a / b, rounded up. */
static inline size_t divide_up(size_t a, size_t b)
{
    return a / b + (a % b > 0);
}

/* The smaller of both. */
static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
