/* SPDX-License-Identifier: MIT */
/* A depthwise convolution of what a 1x1 convolution in front of it has just made, some channels and rows at a time,
 * which stay in a ring of lines in a core's first cache: kernels/ring.clh. This is the geometry, the packing and the
 * options of the kernels that do so. */
#ifndef OPS_RING_H
#define OPS_RING_H

#include "ops/cpu.h"
#include "ops/product.h"

/* What is remembered in step->tile. */
enum { RING_ROWS, RING_VECTORS, RING_PIXELS, RING_UNITS, RING_TILE };

/* The lines. */
struct ring {
    size_t lines;
    size_t pixels; /* of a line, those around the picture and behind the last tile included */
};

/* `product` is the depthwise convolution's in what follows, without operands where only its sizes matter. */

/* Whether the kernels are for windows of this size, and one filter a channel. */
bool ring_takes(const struct product *product);

/* Sets step->tile but for the rows, given the vectors of 16 channels that a block has. */
void ring_tile(const struct product *product, size_t vectors, const struct device_traits *device, size_t *tile);

/* Channels of a block. */
static inline size_t ring_columns(const size_t *tile)
{
    return VECTOR * tile[RING_VECTORS];
}

/* Rows or columns that the windows of so many outputs span. */
size_t ring_reach(const struct product *product, size_t axis, size_t outputs);

/* Output rows of a band, a part of a strip whose lines the ring holds: of the largest with which it stays in the first
 * cache; at least 1. */
size_t ring_band(const struct product *product, size_t strip, const size_t *tile);
struct ring ring_of(const struct product *product, size_t band, const size_t *tile);
size_t ring_floats(const struct ring *ring, const size_t *tile);

/* Whether strips of so many rows compute no more than a quarter of what lies between twice. */
bool ring_is_thrifty(const struct product *product, size_t strip);

/* What a strip takes, per channel, in products of the 1x1 convolution, which reads `channels`. */
double ring_cost(const struct product *product, size_t channels, size_t strip);

/* Sets the rows of the register tiles, which have `pixels` pixels of a band to compute, and asks for the kernel. */
struct text *ring_kernel(struct step *step, const struct product *product, size_t pixels,
                         const struct device_traits *device, const char *name);

/* Floats of a block's weights: kernel and bias of the 1x1 convolution, bias and taps of the depthwise one. */
size_t ring_block_floats(const struct step *depthwise, const size_t *tile);

/* Writes them for the block that begins with channel `first`. */
void ring_pack_block(const struct step *depthwise, size_t first, const size_t *tile, float *packed);

#endif
