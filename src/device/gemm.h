/* SPDX-License-Identifier: MIT */
/* CLBlast's matrix product, where plait is built with it. */
#ifndef DEVICE_GEMM_H
#define DEVICE_GEMM_H

#include "device/launch.h"

/* A row-major matrix: its first element in a buffer, and elements from one row to the next. */
struct matrix {
    const struct buffer *buffer;
    size_t offset;
    size_t stride;
};

/* c {rows, cols} = a {rows, inner} * b {inner, cols}, BLAS's sgemm with alpha 1 and beta 0, after the
 * stream's earlier work. PLAIT_ERR_UNSUPPORTED if plait was built without CLBlast. */
plait_status gemm(struct stream *stream, size_t rows, size_t cols, size_t inner, struct matrix a, struct matrix b,
                  struct matrix c);

#endif
