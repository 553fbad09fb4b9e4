/* SPDX-License-Identifier: MIT */
#include "cli/supply.h"

#include "cli/cli.h"

plait_array take(struct supply *supply, plait_shape shape, float scale, float offset)
{
    const size_t count = value_count(shape);
    plait_array array = {.shape = shape};

    if (count > supply->left) {
        return array;
    }
    array.data = supply->next;
    for (size_t i = 0; i < count; i++) {
        supply->state = supply->state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
        supply->next[i] = offset + scale * ((float)(supply->state >> 8) / (float)(1 << 23) - 1.0F);
    }
    supply->next += count;
    supply->left -= count;
    return array;
}
