/* SPDX-License-Identifier: MIT */
#include "ops/ring.h"

#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "ops/depthwise.h"

enum {
    RING_FLOATS = 8 << 10, /* of the ring, that stay in a core's first cache beside weights: 32 KiB */
    MOST_COLS = 8,         /* of a depthwise kernel, whose rows are unrolled, */
    MOST_TAPS = 64,        /* and its taps: their sum in one go is exact enough */
    TAP = 3,               /* what a tap takes, in products of the 1x1 kernel: loads and stores included */
};

static size_t taps_of(const struct product *product)
{
    return product->kernel[0] * product->kernel[1];
}

bool ring_takes(const struct product *product)
{
    return product->channels == 1 && product->filters == 1 && product->kernel[1] <= MOST_COLS &&
           taps_of(product) <= MOST_TAPS;
}

void ring_tile(const struct product *product, size_t vectors, const struct device_traits *device, size_t *tile)
{
    tile[RING_VECTORS] = vectors;
    tile[RING_PIXELS] = depthwise_cpu_pixels(product->output[1], device);
    tile[RING_UNITS] = device->compute_units;
}

size_t ring_reach(const struct product *product, size_t axis, size_t outputs)
{
    return (outputs - 1) * product->strides[axis] + (product->kernel[axis] - 1) * product->dilation[axis] + 1;
}

struct ring ring_of(const struct product *product, size_t band, const size_t *tile)
{
    const size_t cols = divide_up(product->output[1], tile[RING_PIXELS]) * tile[RING_PIXELS];
    const size_t read = ring_reach(product, 1, cols);
    const size_t written = product->before[1] + product->input[1];
    const size_t window = ring_reach(product, 0, 1);
    const size_t lines = window > product->strides[0] ? window : product->strides[0];

    return (struct ring){.lines = (band - 1) * product->strides[0] + lines, .pixels = read > written ? read : written};
}

size_t ring_band(const struct product *product, size_t strip, const size_t *tile)
{
    const struct ring ring = ring_of(product, 1, tile);
    const size_t lines = RING_FLOATS / ring_columns(tile) / ring.pixels;

    return lines < ring.lines ? 1 : least((lines - ring.lines) / product->strides[0] + 1, strip);
}

size_t ring_floats(const struct ring *ring, const size_t *tile)
{
    return ring->lines * ring->pixels * ring_columns(tile);
}

bool ring_is_thrifty(const struct product *product, size_t strip)
{
    return strip == product->output[0] || 4 * ring_reach(product, 0, strip) <= 5 * strip * product->strides[0];
}

double ring_cost(const struct product *product, size_t channels, size_t strip)
{
    const bool few = 2 * strip >= product->output[0]; /* strips: each ends where the picture does */
    const size_t rows = ring_reach(product, 0, strip) - (few ? least(product->before[0], strip) : 0);
    const double pixels = (double)(least(rows, product->input[0]) * product->input[1]);
    const double taps = (double)(taps_of(product) * strip * product->output[1]);

    return pixels * (double)channels + TAP * taps;
}

struct text *ring_kernel(struct step *step, const struct product *product, size_t pixels,
                         const struct device_traits *device, const char *name)
{
    struct text *options = step_kernel(step, name);

    step->tile[RING_ROWS] = device->vector_floats < VECTOR ? 6 : product_cpu_full_rows(pixels, 7, 14);
    text_add(options, "-D ROWS=%zu -D VECTORS=%zu -D PIXELS=%zu -D COLS=%zu -D STRIDE=%zu -D DILATION=%zu",
             step->tile[RING_ROWS], step->tile[RING_VECTORS], step->tile[RING_PIXELS], product->kernel[1],
             product->strides[1], product->dilation[1]);
    return options;
}

size_t ring_block_floats(const struct step *depthwise, const size_t *tile)
{
    const struct bank head = convolution_bank(depthwise->head->params);
    const struct bank bank = convolution_bank(depthwise->params);

    return (head.channels + 2 + bank.size[0] * bank.size[1]) * ring_columns(tile);
}

void ring_pack_block(const struct step *depthwise, size_t first, const size_t *tile, float *packed)
{
    const struct product head = convolution_planned(depthwise->head);
    const struct product product = convolution_planned(depthwise);
    const size_t columns = ring_columns(tile);
    const size_t count = least(columns, product.groups - first);

    for (size_t term = 0; term < product_terms(&head); term++, packed += columns) {
        product_weights(depthwise->head, &head, term, first, count, packed);
    }
    product_bias(depthwise->head, first, count, packed);
    packed += columns;
    product_bias(depthwise, first, count, packed);
    packed += columns;
    for (size_t tap = 0; tap < taps_of(&product); tap++, packed += columns) {
        product_weights(depthwise, &product, tap, first, count, packed);
    }
}
