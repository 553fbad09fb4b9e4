/* SPDX-License-Identifier: MIT */
/* Transposed convolution of pictures, and of sequences as pictures of one row (plait/convolution.h). */
#ifndef OPS_TRANSPOSE_H
#define OPS_TRANSPOSE_H

#include "ops/convolution.h"

struct transpose {
    struct convolution conv;
    bool has_output_padding;
    size_t output_padding[2]; /* rows, cols */
};

/* Rows or columns of a layer. */
struct transpose_axis {
    size_t input;
    size_t output;
    size_t size; /* of the kernel */
    size_t stride;
    size_t dilation;
    size_t before;
};

/* Rows (0) or columns (1) for so many of the input; false if there would be too many of the output. */
bool transpose_axis(const struct transpose *params, size_t index, size_t input, struct transpose_axis *axis);

enum { TRANSPOSE_VARIANTS = 3 };
extern const struct variant *const transpose_variants[TRANSPOSE_VARIANTS];

#endif
