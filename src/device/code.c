/* SPDX-License-Identifier: MIT */
/* OpenCL's codes as names, statuses and messages. */
#include "device/cl.h"

#include <stdarg.h>
#include <stdio.h>

const char *cl_code_name(cl_int code)
{
    static const struct {
        cl_int code;
        const char *name;
    } names[] = {
#define CODE(name) {name, #name}
        CODE(CL_DEVICE_NOT_FOUND),
        CODE(CL_DEVICE_NOT_AVAILABLE),
        CODE(CL_COMPILER_NOT_AVAILABLE),
        CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE),
        CODE(CL_OUT_OF_RESOURCES),
        CODE(CL_OUT_OF_HOST_MEMORY),
        CODE(CL_BUILD_PROGRAM_FAILURE),
        CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
        CODE(CL_INVALID_VALUE),
        CODE(CL_INVALID_PLATFORM),
        CODE(CL_INVALID_DEVICE),
        CODE(CL_INVALID_CONTEXT),
        CODE(CL_INVALID_COMMAND_QUEUE),
        CODE(CL_INVALID_MEM_OBJECT),
        CODE(CL_INVALID_BUILD_OPTIONS),
        CODE(CL_INVALID_KERNEL_NAME),
        CODE(CL_INVALID_ARG_INDEX),
        CODE(CL_INVALID_ARG_VALUE),
        CODE(CL_INVALID_ARG_SIZE),
        CODE(CL_INVALID_KERNEL_ARGS),
        CODE(CL_INVALID_WORK_GROUP_SIZE),
        CODE(CL_INVALID_WORK_ITEM_SIZE),
        CODE(CL_INVALID_EVENT_WAIT_LIST),
        CODE(CL_INVALID_EVENT),
        CODE(CL_INVALID_OPERATION),
        CODE(CL_INVALID_BUFFER_SIZE),
        CODE(CL_INVALID_GLOBAL_WORK_SIZE),
#undef CODE
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return "unknown code";
}

static plait_status status_of(cl_int code)
{
    switch (code) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES: /* what NVIDIA's driver says when memory runs out */
        return PLAIT_ERR_DEVICE_MEMORY;
    case CL_OUT_OF_HOST_MEMORY:
        return PLAIT_ERR_HOST_MEMORY;
    case CL_BUILD_PROGRAM_FAILURE:
        return PLAIT_ERR_BUILD;
    case CL_DEVICE_NOT_FOUND:
    case CL_DEVICE_NOT_AVAILABLE:
        return PLAIT_ERR_NO_DEVICE;
    case CL_INVALID_COMMAND_QUEUE: /* both were valid before: the driver gave them up */
    case CL_INVALID_CONTEXT:
        return PLAIT_ERR_DEVICE_LOST;
    default:
        return PLAIT_ERR_OPENCL;
    }
}

plait_status error_from_cl(cl_int code, const char *format, ...)
{
    char where[512];
    va_list args;

    if (code == CL_SUCCESS) {
        return PLAIT_OK;
    }
    va_start(args, format);
    (void)vsnprintf(where, sizeof where, format, args);
    va_end(args);
    return error_set(status_of(code), "%s: %s (%d)", where, cl_code_name(code), (int)code);
}
