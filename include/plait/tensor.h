/* SPDX-License-Identifier: MIT */
/* Tensors in device memory. */
#ifndef PLAIT_TENSOR_H
#define PLAIT_TENSOR_H

#include <plait/context.h>
#include <plait/shape.h>

PLAIT_EXTERN_C_BEGIN

/* A float32 tensor in C order in device memory, batch axis first: own memory (plait_tensor_create) or a
 * part of the application's cl_mem (plait_tensor_adopt in opencl.h).
 * Owner: whoever creates it frees it, before its context. Threads: one at a time. */
typedef struct plait_tensor plait_tensor;

/* Makes a tensor of `shape`, batch included; its values are undefined until written. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tensor_create(plait_context *context, plait_shape shape,
                                                           plait_tensor **out);

/* Copies `count` floats from host memory into the tensor; `count` must be its size. Returns when the
 * values have been taken over, so `values` may be reused at once. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tensor_write(plait_tensor *tensor, const float *values, size_t count);

/* Waits for the work queued before and copies the tensor's `count` floats to host memory. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tensor_read(const plait_tensor *tensor, float *values, size_t count);

/* The tensor's shape, batch included; rank 0 for NULL. */
PLAIT_API plait_shape plait_tensor_shape(const plait_tensor *tensor);

/* Frees the tensor, not memory that was adopted; NULL is allowed. */
PLAIT_API void plait_tensor_free(plait_tensor *tensor);

PLAIT_EXTERN_C_END
#endif
