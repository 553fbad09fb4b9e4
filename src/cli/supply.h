/* SPDX-License-Identifier: MIT */
/* Made-up weights. */
#ifndef CLI_SUPPLY_H
#define CLI_SUPPLY_H

#include <plait.h>

/* Memory to make arrays in: `left` floats from `next` on. */
struct supply {
    float *next;
    size_t left;
    uint32_t state; /* of the random numbers; any to begin with */
};

/* An array of random but fixed numbers within `scale` of `offset`; without data once the memory is used up. */
plait_array take(struct supply *supply, plait_shape shape, float scale, float offset);

#endif
