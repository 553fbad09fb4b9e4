/* SPDX-License-Identifier: MIT */
#include "oracle_axis.h"

struct axis axis_place(size_t input, size_t size, size_t stride, size_t dilation, plait_padding padding)
{
    struct axis axis = {
        .input = input, .size = size, .stride = stride ? stride : 1, .dilation = dilation ? dilation : 1};
    const size_t extent = (size - 1) * axis.dilation + 1;

    if (padding == PLAIT_VALID) {
        axis.output = (input - extent) / axis.stride + 1;
        return axis;
    }
    axis.output = (input + axis.stride - 1) / axis.stride;
    const size_t covered = (axis.output - 1) * axis.stride + extent;
    axis.before = covered > input ? (covered - input) / 2 : 0;
    return axis;
}

bool axis_cell(const struct axis *axis, size_t out, size_t tap, size_t *cell)
{
    const size_t padded = out * axis->stride + tap * axis->dilation;

    *cell = padded - axis->before;
    return padded >= axis->before && *cell < axis->input;
}
