/* SPDX-License-Identifier: MIT */
/* Where a sliding window stands: padding and output size of convolution and pooling, in one place. */
#ifndef SHAPE_WINDOW_H
#define SHAPE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

/* A window of `size` cells, `dilation` apart, that moves by `stride` along one axis. All at least 1. */
struct window {
    size_t size;
    size_t stride;
    size_t dilation;
};

/* Input cells that the window spans: (size - 1) * dilation + 1; 0 on overflow. */
size_t window_extent(struct window window);

/* Output size and cells of padding before the first input for an axis of `input` cells, as Keras:
 *   valid  floor((input - extent) / stride) + 1, nothing before
 *   same   ceil(input / stride); of the padding needed, the smaller half is before
 * False if there is no output. */
bool window_place(struct window window, size_t input, bool same, size_t *output, size_t *before);

#endif
