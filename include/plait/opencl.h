/* SPDX-License-Identifier: MIT */
/* plait as a guest in an OpenCL application: its context, queue, buffers and events.
 *
 * The only header of plait that includes OpenCL's. Objects lent to plait are retained while it uses them
 * and never finished, changed or released behind the application's back. */
#ifndef PLAIT_OPENCL_H
#define PLAIT_OPENCL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include <plait/model.h>

PLAIT_EXTERN_C_BEGIN

/* Makes a plait context on the application's context and queue: in-order or out-of-order, with profiling
 * or without. The queue's device is the one used.
 *   opts  NULL: defaults; `profiling` needs a queue created with CL_QUEUE_PROFILING_ENABLE */
PLAIT_API PLAIT_NODISCARD plait_status plait_context_adopt(cl_context context, cl_command_queue queue,
                                                           const plait_context_opts *opts, plait_context **out);

/* A tensor in the application's buffer, from `offset_bytes` on, which must be a multiple of 4.
 * A buffer too small for offset and shape, or one of another cl_context, is refused. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tensor_adopt(plait_context *context, cl_mem buffer, size_t offset_bytes,
                                                          plait_shape shape, plait_tensor **out);

/* plait_model_run after `wait_count` events of `wait_list`; `event`, if not NULL, becomes the end of the
 * run, to be released by the caller. Nothing is flushed or finished. On an out-of-order queue the run's
 * kernels wait by events for those whose memory they need, and for earlier runs; independent branches may
 * run at the same time, for which they share less memory unless the model was made with less_memory. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_enqueue(plait_model *model, size_t batch,
                                                           const plait_tensor *const *inputs,
                                                           plait_tensor *const *outputs, cl_uint wait_count,
                                                           const cl_event *wait_list, cl_event *event);

PLAIT_EXTERN_C_END
#endif
