/* SPDX-License-Identifier: MIT */
#include "device/tensor.h"

#include "base/memory.h"
#include "device/cl.h"
#include "shape/shape.h"

#include <plait/opencl.h>

/* Checks what both ways to make a tensor share; *count is its size. */
static plait_status check(const char *who, const plait_context *context, plait_shape shape, plait_tensor *const *out,
                          size_t *count)
{
    if (!context || !out) {
        return error_set(PLAIT_ERR_INVALID, "%s: %s is NULL", who, !context ? "context" : "out");
    }
    if (!shape_size(shape, count) || *count > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_TOO_LARGE, "%s: shape %s has more than %zu elements or %d axes", who,
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS, PLAIT_MAX_RANK);
    }
    if (*count == 0) {
        return error_set(PLAIT_ERR_INVALID, "%s: shape %s has an axis of size 0; every size must be at least 1", who,
                         shape_name(shape).text);
    }
    return PLAIT_OK;
}

plait_status plait_tensor_create(plait_context *context, plait_shape shape, plait_tensor **out)
{
    plait_status status = PLAIT_OK;
    plait_tensor *tensor = NULL;
    size_t count = 0;

    TRY(check("plait_tensor_create", context, shape, out, &count));
    *out = NULL;
    TRY(mem_alloc(&tensor, 1, sizeof *tensor));
    *tensor = (plait_tensor){.context = context, .shape = shape, .count = count, .readable = true, .writable = true};
    TRY(buffer_create(context, count * sizeof(float), &tensor->buffer));
    *out = tensor;
    tensor = NULL; /* now the caller's */
out:
    plait_tensor_free(tensor);
    return status;
}

/* What the tensor needs to know of the application's buffer, which is retained. */
static plait_status borrow(plait_tensor *tensor, cl_mem mem)
{
    plait_status status = PLAIT_OK;
    cl_context context = NULL;
    cl_mem_flags flags = 0;
    size_t bytes = 0;

    TRY(error_from_cl(clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof context, &context, NULL),
                      "plait_tensor_adopt: clGetMemObjectInfo of the buffer"));
    if (context != tensor->context->context) {
        status = error_set(PLAIT_ERR_INVALID,
                           "plait_tensor_adopt: the buffer belongs to cl_context %p, the plait context to %p",
                           (void *)context, (void *)tensor->context->context);
        goto out;
    }
    TRY(error_from_cl(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL),
                      "plait_tensor_adopt: clGetMemObjectInfo of the buffer"));
    TRY(error_from_cl(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof bytes, &bytes, NULL),
                      "plait_tensor_adopt: clGetMemObjectInfo of the buffer"));
    TRY(mem_alloc(&tensor->buffer, 1, sizeof *tensor->buffer));
    *tensor->buffer = (struct buffer){.context = tensor->context, .bytes = bytes, .uncounted = true};
    TRY(error_from_cl(clRetainMemObject(mem), "plait_tensor_adopt: clRetainMemObject"));
    tensor->buffer->mem = mem;
    tensor->readable = !(flags & CL_MEM_WRITE_ONLY);
    tensor->writable = !(flags & CL_MEM_READ_ONLY);
out:
    return status;
}

plait_status plait_tensor_adopt(plait_context *context, cl_mem buffer, size_t offset_bytes, plait_shape shape,
                                plait_tensor **out)
{
    plait_status status = PLAIT_OK;
    plait_tensor *tensor = NULL;
    size_t count = 0;

    TRY(check("plait_tensor_adopt", context, shape, out, &count));
    *out = NULL;
    if (!buffer || offset_bytes % sizeof(float) != 0) {
        return buffer ? error_set(PLAIT_ERR_INVALID, "plait_tensor_adopt: offset %zu is no multiple of 4 bytes",
                                  offset_bytes)
                      : error_set(PLAIT_ERR_INVALID, "plait_tensor_adopt: buffer is NULL");
    }
    TRY(mem_alloc(&tensor, 1, sizeof *tensor));
    *tensor =
        (plait_tensor){.context = context, .offset = offset_bytes / sizeof(float), .shape = shape, .count = count};
    TRY(borrow(tensor, buffer));
    const size_t bytes = tensor->buffer->bytes;
    if (offset_bytes > bytes || count * sizeof(float) > bytes - offset_bytes) {
        status = error_set(PLAIT_ERR_INVALID,
                           "plait_tensor_adopt: shape %s from byte %zu on needs %zu bytes, the buffer has %zu",
                           shape_name(shape).text, offset_bytes, count * sizeof(float), bytes);
        goto out;
    }
    *out = tensor;
    tensor = NULL; /* now the caller's */
out:
    plait_tensor_free(tensor);
    return status;
}

static plait_status check_copy(const char *who, const plait_tensor *tensor, const float *values, size_t count)
{
    if (!tensor || !values) {
        return error_set(PLAIT_ERR_INVALID, "%s: %s is NULL", who, !tensor ? "tensor" : "values");
    }
    if (count != tensor->count) {
        return error_set(PLAIT_ERR_INVALID, "%s: %zu values for a tensor of %zu (shape %s)", who, count, tensor->count,
                         shape_name(tensor->shape).text);
    }
    return PLAIT_OK;
}

plait_status plait_tensor_write(plait_tensor *tensor, const float *values, size_t count)
{
    plait_status status = PLAIT_OK;

    TRY(check_copy("plait_tensor_write", tensor, values, count));
    TRY(buffer_write(tensor->buffer, tensor->offset * sizeof(float), values, count * sizeof(float)));
out:
    return status;
}

plait_status plait_tensor_read(const plait_tensor *tensor, float *values, size_t count)
{
    plait_status status = PLAIT_OK;

    TRY(check_copy("plait_tensor_read", tensor, values, count));
    TRY(buffer_read(tensor->buffer, tensor->offset * sizeof(float), values, count * sizeof(float)));
out:
    return status;
}

bool tensors_overlap(const plait_tensor *a, const plait_tensor *b)
{
    return a->buffer->mem == b->buffer->mem && a->offset < b->offset + b->count && b->offset < a->offset + a->count;
}

plait_shape plait_tensor_shape(const plait_tensor *tensor)
{
    return tensor ? tensor->shape : (plait_shape){0};
}

void plait_tensor_free(plait_tensor *tensor)
{
    if (tensor) {
        buffer_free(tensor->buffer);
        mem_free(tensor);
    }
}
