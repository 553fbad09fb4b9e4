/* SPDX-License-Identifier: MIT */
/* What a tensor handle holds. */
#ifndef DEVICE_TENSOR_H
#define DEVICE_TENSOR_H

#include "device/buffer.h"

#include <plait/tensor.h>
#include <stdbool.h>

struct plait_tensor {
    plait_context *context;
    struct buffer *buffer;
    size_t offset; /* of the first element, in elements */
    plait_shape shape;
    size_t count;  /* of elements */
    bool readable; /* kernels may read it; */
    bool writable; /* and write it */
};

/* Whether two tensors have elements of one buffer in common. */
bool tensors_overlap(const plait_tensor *a, const plait_tensor *b);

#endif
