/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_NEXT */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "cl_fault.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum kind { CONTEXT, QUEUE, MEM, PROGRAM, KERNEL, EVENT, KINDS };

static atomic_long live[KINDS];
static atomic_size_t calls;
static const char *wanted_name; /* NULL: any */
static atomic_size_t failed_builds;
static size_t wanted_call;
static cl_int wanted_code;
static bool wanted_sticky;
static const char *failed_name;
static void (*watcher)(const char *kernel);
static struct cl_hooks hook;

void cl_fault_at_call(const char *name, size_t n, cl_int code, bool sticky)
{
    calls = 0;
    wanted_name = name;
    wanted_call = n;
    wanted_code = code;
    wanted_sticky = sticky;
    failed_name = NULL;
}

void cl_fault_at(size_t n, cl_int code, bool sticky)
{
    cl_fault_at_call(NULL, n, code, sticky);
}

size_t cl_fault_calls(void)
{
    return calls;
}

const char *cl_fault_name(void)
{
    return failed_name;
}

size_t cl_fault_failed_builds(void)
{
    return failed_builds;
}

long cl_fault_live(void)
{
    long sum = 0;

    for (size_t kind = 0; kind < KINDS; kind++) {
        sum += live[kind];
    }
    return sum;
}

const char *cl_fault_live_text(void)
{
    static char text[200];

    (void)snprintf(text, sizeof text, "%ld contexts, %ld queues, %ld buffers, %ld programs, %ld kernels, %ld events",
                   (long)live[CONTEXT], (long)live[QUEUE], (long)live[MEM], (long)live[PROGRAM], (long)live[KERNEL],
                   (long)live[EVENT]);
    return text;
}

void cl_fault_watch(void (*launched)(const char *kernel))
{
    watcher = launched;
}

void cl_fault_hooks(struct cl_hooks hooks)
{
    hook = hooks;
}

static struct cl_command announce(const char *name, cl_uint count, const cl_event *waits, const cl_event *event)
{
    struct cl_command command = {name, count, waits, event};

    if (hook.before) {
        hook.before(&command);
    }
    return command;
}

static void tell_after(const struct cl_command *command, cl_int code)
{
    if (hook.after && code == CL_SUCCESS) {
        hook.after(command);
    }
}

static void tell_waiting(void)
{
    if (hook.waiting) {
        hook.waiting();
    }
}

/* The kernel, after the watcher heard of it. */
static cl_kernel watched(cl_kernel kernel)
{
    char name[100];

    if (watcher && clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL) == CL_SUCCESS) {
        watcher(name);
    }
    return kernel;
}

/* Whether this call is to fail, and with what. */
static bool fails(const char *name, cl_int *code)
{
    if (wanted_name && strcmp(name, wanted_name) != 0) {
        return false;
    }
    const size_t call = atomic_fetch_add(&calls, 1) + 1;
    if (wanted_call == 0 || call < wanted_call || (call > wanted_call && !wanted_sticky)) {
        return false;
    }
    failed_name = failed_name ? failed_name : name;
    *code = wanted_code;
    return true;
}

/* A function of the loader's that is not defined here, so that the linker does not leave the loader out. */
__attribute__((used)) static cl_int (*const kept)(cl_platform_id) = clUnloadPlatformCompiler;

/* The loader's function of that name. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, sizeof found);
}

/* A function that returns a code. */
#define CALL(name, params, args)     \
    cl_int name params               \
    {                                \
        cl_int(*real) params = NULL; \
        cl_int code;                 \
        find(#name, &real);          \
        if (!fails(#name, &code)) {  \
            code = real args;        \
        }                            \
        return code;                 \
    }

/* One that enqueues a command, with the parameters `count`, `waits` and `event`. */
#define ENQUEUE(name, params, args)                                                 \
    cl_int name params                                                              \
    {                                                                               \
        cl_int(*real) params = NULL;                                                \
        cl_int code;                                                                \
        find(#name, &real);                                                         \
        if (!fails(#name, &code)) {                                                 \
            const struct cl_command command = announce(#name, count, waits, event); \
            count = command.count;                                                  \
            waits = command.waits;                                                  \
            code = real args;                                                       \
            live[EVENT] += code == CL_SUCCESS && event;                             \
            tell_after(&command, code);                                             \
        }                                                                           \
        return code;                                                                \
    }

/* One that returns an object, and its code in its parameter `error`. */
#define CREATE(type, kind, name, params, args) \
    type name params                           \
    {                                          \
        type(*real) params = NULL;             \
        cl_int code;                           \
        find(#name, &real);                    \
        if (fails(#name, &code)) {             \
            if (error) {                       \
                *error = code;                 \
            }                                  \
            return NULL;                       \
        }                                      \
        type object = real args;               \
        live[kind] += object != NULL;          \
        return object;                         \
    }

/* Retaining can fail, releasing is only counted. */
#define COUNTED(type, kind, noun)              \
    cl_int clRetain##noun(type object)         \
    {                                          \
        cl_int (*real)(type) = NULL;           \
        cl_int code;                           \
        find("clRetain" #noun, &real);         \
        if (!fails("clRetain" #noun, &code)) { \
            code = real(object);               \
            live[kind] += code == CL_SUCCESS;  \
        }                                      \
        return code;                           \
    }                                          \
    cl_int clRelease##noun(type object)        \
    {                                          \
        cl_int (*real)(type) = NULL;           \
        find("clRelease" #noun, &real);        \
        const cl_int code = real(object);      \
        live[kind] -= code == CL_SUCCESS;      \
        return code;                           \
    }

COUNTED(cl_context, CONTEXT, Context)
COUNTED(cl_command_queue, QUEUE, CommandQueue)
COUNTED(cl_mem, MEM, MemObject)
COUNTED(cl_program, PROGRAM, Program)
COUNTED(cl_kernel, KERNEL, Kernel)
COUNTED(cl_event, EVENT, Event)

CALL(clGetPlatformIDs, (cl_uint room, cl_platform_id *ids, cl_uint *count), (room, ids, count))
CALL(clGetPlatformInfo, (cl_platform_id id, cl_platform_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetDeviceIDs, (cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *ids, cl_uint *count),
     (platform, type, room, ids, count))
CALL(clGetDeviceInfo, (cl_device_id id, cl_device_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetContextInfo, (cl_context id, cl_context_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetCommandQueueInfo, (cl_command_queue id, cl_command_queue_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetMemObjectInfo, (cl_mem id, cl_mem_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetProgramInfo, (cl_program id, cl_program_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetProgramBuildInfo,
     (cl_program id, cl_device_id device, cl_program_build_info what, size_t bytes, void *value, size_t *used),
     (id, device, what, bytes, value, used))
CALL(clGetKernelWorkGroupInfo,
     (cl_kernel id, cl_device_id device, cl_kernel_work_group_info what, size_t bytes, void *value, size_t *used),
     (id, device, what, bytes, value, used))
CALL(clGetEventInfo, (cl_event id, cl_event_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))
CALL(clGetEventProfilingInfo, (cl_event id, cl_profiling_info what, size_t bytes, void *value, size_t *used),
     (id, what, bytes, value, used))

CREATE(cl_context, CONTEXT, clCreateContext,
       (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
        void (*notify)(const char *, const void *, size_t, void *), void *data, cl_int *error),
       (properties, count, devices, notify, data, error))
CREATE(cl_command_queue, QUEUE, clCreateCommandQueue,
       (cl_context context, cl_device_id device, cl_command_queue_properties properties, cl_int *error),
       (context, device, properties, error))
CREATE(cl_mem, MEM, clCreateBuffer, (cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *error),
       (context, flags, bytes, host, error))
CREATE(cl_mem, MEM, clCreateSubBuffer,
       (cl_mem buffer, cl_mem_flags flags, cl_buffer_create_type type, const void *info, cl_int *error),
       (buffer, flags, type, info, error))
CREATE(cl_program, PROGRAM, clCreateProgramWithSource,
       (cl_context context, cl_uint count, const char **texts, const size_t *lengths, cl_int *error),
       (context, count, texts, lengths, error))
CREATE(cl_program, PROGRAM, clCreateProgramWithBinary,
       (cl_context context, cl_uint count, const cl_device_id *devices, const size_t *lengths,
        const unsigned char **binaries, cl_int *statuses, cl_int *error),
       (context, count, devices, lengths, binaries, statuses, error))
CREATE(cl_kernel, KERNEL, clCreateKernel, (cl_program program, const char *name, cl_int *error), (program, name, error))
CREATE(cl_event, EVENT, clCreateUserEvent, (cl_context context, cl_int *error), (context, error))

CALL(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t bytes, const void *value), (kernel, index, bytes, value))
CALL(clSetUserEventStatus, (cl_event id, cl_int status), (id, status))
CALL(clSetEventCallback, (cl_event event, cl_int state, void (*notify)(cl_event, cl_int, void *), void *data),
     (event, state, notify, data))

cl_int clWaitForEvents(cl_uint count, const cl_event *events)
{
    cl_int (*real)(cl_uint, const cl_event *) = NULL;
    cl_int code;

    find("clWaitForEvents", &real);
    tell_waiting();
    return fails("clWaitForEvents", &code) ? code : real(count, events);
}

cl_int clFlush(cl_command_queue queue)
{
    cl_int (*real)(cl_command_queue) = NULL;
    cl_int code;

    find("clFlush", &real);
    tell_waiting();
    return fails("clFlush", &code) ? code : real(queue);
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
                      void (*notify)(cl_program, void *), void *data)
{
    cl_int (*real)(cl_program, cl_uint, const cl_device_id *, const char *, void (*)(cl_program, void *), void *) =
        NULL;
    cl_int code;

    find("clBuildProgram", &real);
    if (!fails("clBuildProgram", &code)) {
        code = real(program, count, devices, options, notify, data);
        failed_builds += code != CL_SUCCESS;
    }
    return code;
}

void *clEnqueueMapBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking, cl_map_flags flags, size_t offset,
                         size_t bytes, cl_uint count, const cl_event *waits, cl_event *event, cl_int *error)
{
    void *(*real)(cl_command_queue, cl_mem, cl_bool, cl_map_flags, size_t, size_t, cl_uint, const cl_event *,
                  cl_event *, cl_int *) = NULL;

    find("clEnqueueMapBuffer", &real);
    tell_waiting();
    if (fails("clEnqueueMapBuffer", error)) {
        return NULL;
    }
    return real(queue, mem, blocking, flags, offset, bytes, count, waits, event, error);
}

/* Gives the memory back even if it is made to fail: the driver keeps what is mapped, and nobody could try again. */
cl_int clEnqueueUnmapMemObject(cl_command_queue queue, cl_mem mem, void *memory, cl_uint count, const cl_event *waits,
                               cl_event *event)
{
    cl_int (*real)(cl_command_queue, cl_mem, void *, cl_uint, const cl_event *, cl_event *) = NULL;
    cl_int failure;

    find("clEnqueueUnmapMemObject", &real);
    const bool failing = fails("clEnqueueUnmapMemObject", &failure);
    const struct cl_command command = announce("clEnqueueUnmapMemObject", count, waits, failing ? NULL : event);
    const cl_int code = real(queue, mem, memory, command.count, command.waits, failing ? NULL : event);
    live[EVENT] += code == CL_SUCCESS && !failing && event;
    tell_after(&command, code);
    return failing ? failure : code;
}

/* Waits even if it is made to fail: a driver that gave up has nothing left to do either. */
cl_int clFinish(cl_command_queue queue)
{
    cl_int (*real)(cl_command_queue) = NULL;
    cl_int failure;

    find("clFinish", &real);
    tell_waiting();
    const cl_int code = real(queue);
    return fails("clFinish", &failure) ? failure : code;
}

ENQUEUE(clEnqueueNDRangeKernel,
        (cl_command_queue queue, cl_kernel kernel, cl_uint rank, const size_t *offset, const size_t *global,
         const size_t *local, cl_uint count, const cl_event *waits, cl_event *event),
        (queue, watched(kernel), rank, offset, global, local, count, waits, event))
ENQUEUE(clEnqueueNativeKernel,
        (cl_command_queue queue, void (*function)(void *), void *args, size_t bytes, cl_uint mem_count,
         const cl_mem *mems, const void **places, cl_uint count, const cl_event *waits, cl_event *event),
        (queue, function, args, bytes, mem_count, mems, places, count, waits, event))
ENQUEUE(clEnqueueReadBuffer,
        (cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t bytes, void *target, cl_uint count,
         const cl_event *waits, cl_event *event),
        (queue, mem, blocking, offset, bytes, target, count, waits, event))
ENQUEUE(clEnqueueWriteBuffer,
        (cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t bytes, const void *source,
         cl_uint count, const cl_event *waits, cl_event *event),
        (queue, mem, blocking, offset, bytes, source, count, waits, event))
ENQUEUE(clEnqueueCopyBuffer,
        (cl_command_queue queue, cl_mem source, cl_mem target, size_t source_offset, size_t target_offset, size_t bytes,
         cl_uint count, const cl_event *waits, cl_event *event),
        (queue, source, target, source_offset, target_offset, bytes, count, waits, event))
ENQUEUE(clEnqueueFillBuffer,
        (cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_bytes, size_t offset, size_t bytes,
         cl_uint count, const cl_event *waits, cl_event *event),
        (queue, mem, pattern, pattern_bytes, offset, bytes, count, waits, event))
ENQUEUE(clEnqueueMigrateMemObjects,
        (cl_command_queue queue, cl_uint mem_count, const cl_mem *mems, cl_mem_migration_flags flags, cl_uint count,
         const cl_event *waits, cl_event *event),
        (queue, mem_count, mems, flags, count, waits, event))
ENQUEUE(clEnqueueMarkerWithWaitList, (cl_command_queue queue, cl_uint count, const cl_event *waits, cl_event *event),
        (queue, count, waits, event))
ENQUEUE(clEnqueueBarrierWithWaitList, (cl_command_queue queue, cl_uint count, const cl_event *waits, cl_event *event),
        (queue, count, waits, event))
