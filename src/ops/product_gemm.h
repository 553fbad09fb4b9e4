/* SPDX-License-Identifier: MIT */
/* Products that need one piece of memory each: a matrix product (kernels/gemm_cpu.cl). */
#ifndef OPS_PRODUCT_GEMM_H
#define OPS_PRODUCT_GEMM_H

#include "ops/product.h"

/* Whether each output pixel comes from one input pixel, or from neighbours without gaps between them: as many channels
 * of one. */
bool product_is_gemm(const struct product *product);

/* Launches gemm_cpu, which was built for tiles of `rows` pixels and `columns` filters, and shares the work among
 * `units` compute units. */
plait_status product_gemm_launch(const struct run *run, const struct product *product, size_t rows, size_t columns,
                                 size_t units);

#endif
