/* SPDX-License-Identifier: MIT */
/* Products over pictures whose pixels have few channels: what the kernel sees of a row is one piece of memory
 * (kernels/conv2d_strips_cpu.cl). */
#ifndef OPS_PRODUCT_STRIPS_H
#define OPS_PRODUCT_STRIPS_H

#include "ops/product.h"

/* Whether pixels lie side by side, with so few channels that copying rows costs little. */
bool product_is_strips(const struct product *product);

/* Whether a strip of the rows of the tail's windows is small enough as well. */
bool product_strips_takes_tail(const struct product *product, const struct tail *tail);

/* Launches conv2d_strips_cpu, which was built for tiles of `rows` pixels and `columns` filters, and shares the work
 * among `units` compute units. */
plait_status product_strips_launch(const struct run *run, const struct product *product, size_t rows, size_t columns,
                                   size_t units);

#endif
