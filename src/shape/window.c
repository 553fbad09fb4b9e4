/* SPDX-License-Identifier: MIT */
#include "shape/window.h"

#include "base/memory.h"

size_t window_extent(struct window window)
{
    size_t extent;

    if (!size_mul(window.size - 1, window.dilation, &extent) || !size_add(extent, 1, &extent)) {
        return 0;
    }
    return extent;
}

bool window_place(struct window window, size_t input, bool same, size_t *output, size_t *before)
{
    const size_t extent = window_extent(window);

    if (extent == 0 || input == 0) {
        return false;
    }
    if (!same) {
        *before = 0;
        *output = input >= extent ? (input - extent) / window.stride + 1 : 0;
        return *output > 0;
    }
    *output = (input - 1) / window.stride + 1;
    const size_t reach = (*output - 1) * window.stride + extent; /* input cells that all windows span */
    *before = reach > input ? (reach - input) / 2 : 0;
    return reach >= extent; /* false if the sum wrapped */
}
