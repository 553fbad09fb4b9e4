/* SPDX-License-Identifier: MIT */
/* The context: a device and a queue, plait's own or the application's. */
#include "base/memory.h"
#include "base/text.h"
#include "device/cl.h"
#include "device/tunings.h"

#include <plait/opencl.h>
#include <string.h>
#include <strings.h>

/* Whether `part` occurs in `text`, in any case. */
static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);

    for (; *text; text++) {
        if (strncasecmp(text, part, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The number that `text` is, or SIZE_MAX. */
static size_t number_of(const char *text)
{
    size_t value = 0;

    for (const char *digit = text; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || value > 100000) {
            return SIZE_MAX;
        }
        value = value * 10 + (size_t)(*digit - '0');
    }
    return *text ? value : SIZE_MAX;
}

static plait_status no_device(const char *wanted, const struct device_entry *list, size_t count)
{
    plait_status status = PLAIT_OK;
    struct text names = {0};

    if (count == 0) {
        return error_set(PLAIT_ERR_NO_DEVICE, "no OpenCL device on this machine; install a driver for the GPU, or PoCL "
                                              "(Debian: pocl-opencl-icd) for the CPU");
    }
    for (size_t i = 0; i < count; i++) {
        text_add(&names, "%s%zu \"%s\" (%s)", i ? ", " : "", i, list[i].info.name, list[i].info.platform);
    }
    TRY(names.status);
    status = error_set(PLAIT_ERR_NO_DEVICE, "no OpenCL device is called \"%s\"; there are: %s", wanted, names.data);
out:
    text_free(&names);
    return status;
}

static plait_status choose(const char *wanted, const struct device_entry *list, size_t count,
                           const struct device_entry **out)
{
    const bool any = !wanted || !wanted[0];
    const size_t number = any ? 0 : number_of(wanted);

    for (size_t i = 0; i < count; i++) {
        const bool named = !any && (contains(list[i].info.name, wanted) || contains(list[i].info.platform, wanted));
        if (i == number || (number == SIZE_MAX && named)) {
            *out = &list[i];
            return PLAIT_OK;
        }
    }
    return no_device(any ? "" : wanted, list, count);
}

/* Fills in what an own and an adopted context have in common; context, queue and device are set. */
static plait_status complete(plait_context *context, const plait_context_opts *opts)
{
    plait_status status = PLAIT_OK;
    cl_command_queue_properties properties = 0;

    TRY(error_from_cl(clGetCommandQueueInfo(context->queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL),
                      "clGetCommandQueueInfo"));
    context->out_of_order = (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0;
    context->profiling = opts && opts->profiling;
    if (context->profiling && !(properties & CL_QUEUE_PROFILING_ENABLE)) {
        status = error_set(PLAIT_ERR_INVALID, "profiling is asked for, but the queue keeps no times; create it with "
                                              "CL_QUEUE_PROFILING_ENABLE");
        goto out;
    }
    TRY(device_describe(context->device, &context->info));
    TRY(device_probe(context->device, &context->info, &context->traits));
    TRY(error_from_cl(clGetDeviceInfo(context->device, CL_DEVICE_MAX_PARAMETER_SIZE, sizeof context->parameter_bytes,
                                      &context->parameter_bytes, NULL),
                      "clGetDeviceInfo"));
    TRY(device_runs_host(context->device, &context->runs_host));
    TRY(tunings_path(opts ? opts->cache : NULL, &context->cache));
    context->chains = device_is_pocl(&context->info) && !context->out_of_order && !context->profiling &&
                      !(opts && opts->separate_kernels);
    context->reads_programs = context->cache && !driver_is_pocl(&context->info);
    context->keeps_programs = context->reads_programs && opts && opts->keep_programs;
    if (opts && opts->awake && device_is_pocl(&context->info)) {
        TRY(awake_create(context->info.compute_units, &context->awake));
    }
    context->budget_bytes = opts && opts->memory_budget_bytes ? opts->memory_budget_bytes : context->info.global_bytes;
out:
    return status;
}

static plait_status create_empty(plait_context **out)
{
    plait_status status = PLAIT_OK;
    plait_context *context = NULL;

    TRY(mem_alloc(&context, 1, sizeof *context));
    if (mtx_init(&context->lock, mtx_plain) != thrd_success) {
        mem_free(context);
        return error_set(PLAIT_ERR_HOST_MEMORY, "plait_context: a mutex could not be made");
    }
    *out = context;
out:
    return status;
}

/* In order unless asked: drivers that gain nothing from the other kind, or lose by it, are the more common. */
static plait_status create_queue(plait_context *context, const plait_context_opts *opts)
{
    plait_status status = PLAIT_OK;
    cl_command_queue_properties known = 0;
    cl_command_queue_properties wanted = opts && opts->profiling ? CL_QUEUE_PROFILING_ENABLE : 0;
    cl_int code = CL_SUCCESS;

    if (opts && opts->out_of_order) {
        TRY(error_from_cl(clGetDeviceInfo(context->device, CL_DEVICE_QUEUE_PROPERTIES, sizeof known, &known, NULL),
                          "clGetDeviceInfo"));
        wanted |= known & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;
    }
    context->queue = clCreateCommandQueue(context->context, context->device, wanted, &code);
    TRY(error_from_cl(code, "clCreateCommandQueue"));
out:
    return status;
}

plait_status plait_context_create(const char *device, const plait_context_opts *opts, plait_context **out)
{
    plait_status status = PLAIT_OK;
    struct device_entry *list = NULL;
    const struct device_entry *chosen = NULL;
    plait_context *context = NULL;
    size_t count = 0;
    cl_int code = CL_SUCCESS;

    if (!out) {
        return error_set(PLAIT_ERR_INVALID, "plait_context_create: out is NULL; pass where to put the context");
    }
    *out = NULL;
    TRY(device_list(&list, &count));
    TRY(choose(device, list, count, &chosen));
    TRY(create_empty(&context));
    context->device = chosen->device;
    const cl_context_properties platform[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)chosen->platform, 0};
    context->context = clCreateContext(platform, 1, &chosen->device, NULL, NULL, &code);
    TRY(error_from_cl(code, "clCreateContext for \"%s\"", chosen->info.name));
    status = create_queue(context, opts);
    if (status != PLAIT_OK) {
        status = error_within(status, "device \"%s\": ", chosen->info.name);
        goto out;
    }
    TRY(complete(context, opts));
    *out = context;
    context = NULL; /* now the caller's */
out:
    plait_context_free(context);
    mem_free(list);
    return status;
}

/* Retains the application's objects and sets the device. */
static plait_status borrow(plait_context *adopted, cl_context context, cl_command_queue queue)
{
    plait_status status = PLAIT_OK;
    cl_context of_queue = NULL;

    TRY(error_from_cl(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof of_queue, &of_queue, NULL),
                      "plait_context_adopt: clGetCommandQueueInfo of the queue"));
    if (of_queue != context) {
        status = error_set(PLAIT_ERR_INVALID, "plait_context_adopt: the queue belongs to context %p, not to %p",
                           (void *)of_queue, (void *)context);
        goto out;
    }
    TRY(error_from_cl(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof adopted->device, &adopted->device, NULL),
                      "plait_context_adopt: clGetCommandQueueInfo of the queue"));
    TRY(error_from_cl(clRetainContext(context), "plait_context_adopt: clRetainContext"));
    adopted->context = context;
    TRY(error_from_cl(clRetainCommandQueue(queue), "plait_context_adopt: clRetainCommandQueue"));
    adopted->queue = queue;
out:
    return status;
}

plait_status plait_context_adopt(cl_context context, cl_command_queue queue, const plait_context_opts *opts,
                                 plait_context **out)
{
    plait_status status = PLAIT_OK;
    plait_context *adopted = NULL;

    if (!context || !queue || !out) {
        return error_set(PLAIT_ERR_INVALID, "plait_context_adopt: %s is NULL",
                         !context ? "context"
                         : !queue ? "queue"
                                  : "out");
    }
    *out = NULL;
    TRY(create_empty(&adopted));
    TRY(borrow(adopted, context, queue));
    TRY(complete(adopted, opts));
    *out = adopted;
    adopted = NULL; /* now the caller's */
out:
    plait_context_free(adopted);
    return status;
}

plait_status plait_context_device(const plait_context *context, plait_device_info *info)
{
    if (!context || !info) {
        return error_set(PLAIT_ERR_INVALID, "plait_context_device: %s is NULL", !context ? "context" : "info");
    }
    *info = context->info;
    return PLAIT_OK;
}

uint64_t plait_context_bytes(const plait_context *context)
{
    return context ? atomic_load(&context->held_bytes) : 0;
}

uint64_t context_free_bytes(const plait_context *context)
{
    return context->budget_bytes - atomic_load(&context->held_bytes);
}

const struct device_traits *context_traits(const plait_context *context)
{
    return &context->traits;
}

bool context_overlaps(const plait_context *context)
{
    return context->out_of_order;
}

void plait_context_free(plait_context *context)
{
    if (!context) {
        return;
    }
    if (atomic_load(&context->used_gemm)) {
        gemm_forget();
    }
    programs_free(context->programs);
    newest_free(context->newest);
    if (context->queue) {
        (void)clReleaseCommandQueue(context->queue);
    }
    if (context->context) {
        (void)clReleaseContext(context->context);
    }
    awake_free(context->awake);
    mtx_destroy(&context->lock);
    mem_free(context->cache);
    mem_free(context);
}
