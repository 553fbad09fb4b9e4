/* SPDX-License-Identifier: MIT */
/* The windows of a convolution or a pooling along one axis of a picture, as Keras places them. */
#ifndef SUPPORT_ORACLE_AXIS_H
#define SUPPORT_ORACLE_AXIS_H

#include <plait/layers.h>
#include <stdbool.h>

struct axis {
    size_t input, size, stride, dilation, output, before;
};

/* Keras's padding and output size, "valid" and "same"; strides and dilations of 0 are 1. */
struct axis axis_place(size_t input, size_t size, size_t stride, size_t dilation, plait_padding padding);

/* The input cell under tap `tap` for output `out`; false in the padding. */
bool axis_cell(const struct axis *axis, size_t out, size_t tap, size_t *cell);

#endif
