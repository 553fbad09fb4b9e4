/* SPDX-License-Identifier: MIT */
#include "shape/shape.h"

#include "base/memory.h"

#include <stdio.h>

struct shape_name shape_name(plait_shape shape)
{
    struct shape_name name = {"{"};
    size_t used = 1;
    const size_t shown = shape.rank < PLAIT_MAX_RANK ? shape.rank : PLAIT_MAX_RANK;

    for (size_t i = 0; i < shown; i++) {
        used += (size_t)snprintf(name.text + used, sizeof name.text - used, i ? ",%zu" : "%zu", shape.dims[i]);
    }
    (void)snprintf(name.text + used, sizeof name.text - used, "}");
    return name;
}

bool shape_size(plait_shape shape, size_t *size)
{
    size_t count = 1;

    if (shape.rank > PLAIT_MAX_RANK) {
        return false;
    }
    for (size_t i = 0; i < shape.rank; i++) {
        if (!size_mul(count, shape.dims[i], &count)) {
            return false;
        }
    }
    *size = count;
    return true;
}

size_t shape_count(plait_shape shape)
{
    size_t count = 0;

    (void)shape_size(shape, &count);
    return count;
}

bool shape_equal(plait_shape a, plait_shape b)
{
    if (a.rank != b.rank) {
        return false;
    }
    for (size_t i = 0; i < a.rank; i++) {
        if (a.dims[i] != b.dims[i]) {
            return false;
        }
    }
    return true;
}

plait_shape shape_with_batch(plait_shape sample, size_t batch)
{
    plait_shape full = {.rank = sample.rank + 1, .dims = {batch}};

    for (size_t i = 0; i < sample.rank; i++) {
        full.dims[i + 1] = sample.dims[i];
    }
    return full;
}

bool axis_in_sample(int axis, size_t rank, size_t *index)
{
    const long long full = axis < 0 ? (long long)axis + (long long)rank + 1 : axis;

    if (full < 1 || full > (long long)rank) {
        return false;
    }
    *index = (size_t)full - 1;
    return true;
}

bool shape_broadcast(plait_shape a, plait_shape b, plait_shape *out)
{
    const plait_shape *longer = a.rank >= b.rank ? &a : &b;
    const plait_shape *shorter = a.rank >= b.rank ? &b : &a;
    const size_t ahead = longer->rank - shorter->rank;
    plait_shape result = *longer;

    for (size_t i = 0; i < shorter->rank; i++) {
        const size_t l = longer->dims[ahead + i];
        const size_t s = shorter->dims[i];
        if (l != s && l != 1 && s != 1) {
            return false;
        }
        result.dims[ahead + i] = l == 1 ? s : l;
    }
    *out = result;
    return true;
}
