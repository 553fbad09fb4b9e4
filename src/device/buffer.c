/* SPDX-License-Identifier: MIT */
#include "device/buffer.h"

#include "base/memory.h"
#include "device/cl.h"
#include "device/stream.h"

/* Takes `bytes` from the context's budget. */
static plait_status reserve(plait_context *context, size_t bytes)
{
    if (bytes > context->info.max_alloc_bytes) {
        return error_set(
            PLAIT_ERR_DEVICE_MEMORY,
            "device \"%s\": a buffer of %zu bytes is needed, the largest it allows has %llu; use a smaller batch",
            context->info.name, bytes, (unsigned long long)context->info.max_alloc_bytes);
    }
    uint64_t held = atomic_load(&context->held_bytes);
    do {
        if (bytes > context->budget_bytes - held) {
            return error_set(PLAIT_ERR_DEVICE_MEMORY,
                             "device \"%s\": %zu bytes are needed, %llu of %llu are held already; use a smaller batch",
                             context->info.name, bytes, (unsigned long long)held,
                             (unsigned long long)context->budget_bytes);
        }
    } while (!atomic_compare_exchange_weak(&context->held_bytes, &held, held + bytes));
    return PLAIT_OK;
}

plait_status buffer_create(plait_context *context, size_t bytes, struct buffer **out)
{
    plait_status status = PLAIT_OK;
    struct buffer *buffer = NULL;
    cl_int code = CL_SUCCESS;

    TRY(mem_alloc(&buffer, 1, sizeof *buffer));
    buffer->context = context;
    TRY(reserve(context, bytes));
    buffer->bytes = bytes;
    buffer->mem = clCreateBuffer(context->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    TRY(error_from_cl(code, "clCreateBuffer of %zu bytes", bytes));
    /* drivers that allocate late are made to do it now; out of order, that could happen after the first write */
    if (!context->out_of_order) {
        TRY(error_from_cl(clEnqueueMigrateMemObjects(context->queue, 1, &buffer->mem,
                                                     CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL),
                          "clEnqueueMigrateMemObjects of %zu bytes", bytes));
    }
    *out = buffer;
    buffer = NULL; /* now the caller's */
out:
    buffer_free(buffer);
    return status;
}

bool buffer_can_wrap(const plait_context *context, size_t bytes)
{
    /* PoCL's kernels work in such memory itself, whatever its alignment. Elsewhere results would have to be mapped. */
    return device_is_pocl(&context->info) && bytes <= context->info.max_alloc_bytes;
}

/* Makes a buffer of host memory that is not counted: `how` it is used is a flag of OpenCL's. */
static plait_status create_from(plait_context *context, cl_mem_flags how, const void *memory, size_t bytes,
                                struct buffer **out)
{
    plait_status status = PLAIT_OK;
    struct buffer *buffer = NULL;
    cl_int code = CL_SUCCESS;

    TRY(mem_alloc(&buffer, 1, sizeof *buffer));
    *buffer = (struct buffer){.context = context, .bytes = bytes, .uncounted = true};
    buffer->mem = clCreateBuffer(context->context, CL_MEM_READ_WRITE | how, bytes, (void *)(uintptr_t)memory, &code);
    TRY(error_from_cl(code, "clCreateBuffer of %zu bytes of the host's", bytes));
    *out = buffer;
    buffer = NULL; /* now the caller's */
out:
    buffer_free(buffer);
    return status;
}

plait_status buffer_wrap(plait_context *context, const void *memory, size_t bytes, struct buffer **out)
{
    return create_from(context, CL_MEM_USE_HOST_PTR, memory, bytes, out);
}

plait_status buffer_copy(plait_context *context, const void *memory, size_t bytes, struct buffer **out)
{
    return create_from(context, CL_MEM_COPY_HOST_PTR, memory, bytes, out);
}

void buffer_free(struct buffer *buffer)
{
    if (!buffer) {
        return;
    }
    if (buffer->mem) {
        (void)clReleaseMemObject(buffer->mem);
    }
    if (!buffer->uncounted) {
        atomic_fetch_sub(&buffer->context->held_bytes, buffer->bytes);
    }
    mem_free(buffer);
}

plait_status buffer_write(const struct buffer *buffer, size_t offset, const void *source, size_t bytes)
{
    plait_status status = PLAIT_OK;
    struct stream stream;

    TRY(stream_begin(&stream, buffer->context, 0, NULL));
    TRY(stream_write(&stream, buffer, offset, source, bytes));
out:
    return stream_finish(&stream, status);
}

plait_status buffer_read(const struct buffer *buffer, size_t offset, void *target, size_t bytes)
{
    plait_status status = PLAIT_OK;
    struct stream stream;

    TRY(stream_begin(&stream, buffer->context, 0, NULL));
    TRY(stream_read(&stream, buffer, offset, target, bytes));
out:
    return stream_finish(&stream, status);
}

plait_status buffer_fill(const struct buffer *buffer, buffer_writer *write, const void *user)
{
    plait_status status = PLAIT_OK;
    struct stream stream;

    TRY(stream_begin(&stream, buffer->context, 0, NULL));
    TRY(stream_fill(&stream, buffer, write, user));
out:
    return stream_end(&stream, status, NULL);
}

plait_status buffers_settle(plait_context *context, plait_status status)
{
    struct stream stream;
    const plait_status begun = stream_begin(&stream, context, 0, NULL);

    return stream_finish(&stream, status == PLAIT_OK ? begun : status);
}
