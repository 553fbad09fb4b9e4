/* SPDX-License-Identifier: MIT */
#include "device/gemm.h"

#include "device/cl.h"
#include "device/stream.h"

#ifdef PLAIT_HAVE_CLBLAST

#include <clblast_c.h>

/* CLBlast 1.5's kernel cache is filled without a lock, and is one for the process: so is this. */
static once_flag clblast_once = ONCE_FLAG_INIT;
static mtx_t clblast_lock;

static void make_lock(void)
{
    (void)mtx_init(&clblast_lock, mtx_plain);
}

/* CLBlast takes no wait list, and its kernels do not wait: on an out-of-order queue barriers stand around
 * them. */
static plait_status barrier(struct stream *stream)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;

    TRY(error_from_cl(
        clEnqueueBarrierWithWaitList(stream->context->queue, stream_wait_count(stream), stream_waits(stream), &event),
        "clEnqueueBarrierWithWaitList"));
    TRY(stream_advance(stream, event));
out:
    return status;
}

plait_status gemm(struct stream *stream, size_t rows, size_t cols, size_t inner, struct matrix a, struct matrix b,
                  struct matrix c)
{
    plait_status status = PLAIT_OK;
    cl_event event = NULL;
    cl_command_queue queue = stream->context->queue;

    if (stream_wait_count(stream) > 0) {
        TRY(barrier(stream));
    }
    atomic_store(&stream->context->used_gemm, true);
    call_once(&clblast_once, make_lock);
    (void)mtx_lock(&clblast_lock);
    const CLBlastStatusCode code = CLBlastSgemm(
        CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, rows, cols, inner, 1.0F, a.buffer->mem, a.offset,
        a.stride, b.buffer->mem, b.offset, b.stride, 0.0F, c.buffer->mem, c.offset, c.stride, &queue, &event);
    (void)mtx_unlock(&clblast_lock);
    TRY(error_from_cl((cl_int)code, "CLBlastSgemm of %zu x %zu x %zu", rows, cols, inner));
    TRY(stream_advance(stream, event));
out:
    return status;
}

void gemm_forget(void)
{
    call_once(&clblast_once, make_lock);
    (void)mtx_lock(&clblast_lock);
    (void)CLBlastClearCache();
    (void)mtx_unlock(&clblast_lock);
}

#else

void gemm_forget(void)
{
}

plait_status gemm(struct stream *stream, size_t rows, size_t cols, size_t inner, struct matrix a, struct matrix b,
                  struct matrix c)
{
    (void)stream, (void)a, (void)b, (void)c;
    return error_set(PLAIT_ERR_UNSUPPORTED,
                     "a matrix product of %zu x %zu x %zu by CLBlast: plait was built without it", rows, cols, inner);
}

#endif
