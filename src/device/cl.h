/* SPDX-License-Identifier: MIT */
/* OpenCL inside device/: the structs behind the opaque handles, and codes turned into messages. */
#ifndef DEVICE_CL_H
#define DEVICE_CL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS /* clCreateCommandQueue: its successor needs OpenCL 2.0 */
#include <CL/cl.h>

#include "base/error.h"
#include "device/awake.h"
#include "device/device.h"

#include <stdatomic.h>
#include <threads.h>

struct chain_part;
struct program;

/* Events, each retained. */
struct events {
    cl_event *items;
    size_t count;
    size_t capacity;
};

/* The commands of one stream that no other of it waits for, on an out-of-order queue. */
struct newest {
    struct newest *next;
    uint64_t number; /* of the stream, in order of their ends */
    struct events events;
};

struct plait_context {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    bool out_of_order; /* the queue runs commands in any order */
    bool profiling;    /* the queue keeps times, and they are wanted */
    bool chains;       /* models run as one kernel */
    bool runs_host;    /* the driver runs functions of the host ("native kernels") in threads of its own */
    size_t parameter_bytes; /* that a kernel's arguments may have: at least 256 */
    struct device_traits traits;
    plait_device_info info;
    char *cache;         /* path of the file of measurements and programs; NULL: none */
    bool reads_programs; /* in the cache, */
    bool keeps_programs; /* and puts them there */
    uint64_t budget_bytes;
    _Atomic uint64_t held_bytes;
    _Atomic bool used_gemm;   /* CLBlast holds kernels of this context */
    struct awake *awake;      /* NULL: none */
    mtx_t lock;               /* of the members below */
    struct program *programs; /* built so far */
    struct newest *newest;    /* out of order: of the streams that no later one waits for */
    uint64_t streams;         /* out of order: that have ended */
};

struct buffer {
    plait_context *context;
    cl_mem mem;
    size_t bytes;
    bool uncounted; /* in held_bytes: the application lent it, or it is small */
};

struct kernel {
    cl_kernel kernel;
    const char *name;
    size_t number; /* in its chain, if it is of one: then there is no cl_kernel */
};

/* The kernels of a model as one: chain.h. */
struct chain {
    plait_context *context;
    struct chain_part *parts; /* their options are owned */
    size_t count;
    size_t capacity;
    size_t buffers;        /* that a play can use */
    struct kernel *kernel; /* NULL until it is built */
};

/* Name of an OpenCL code, "CL_OUT_OF_RESOURCES"; "unknown code" for others. */
const char *cl_code_name(cl_int code);

/* PLAIT_OK for CL_SUCCESS; else the status that the code stands for, with the message
 * "<format ...>: CL_OUT_OF_RESOURCES (-5)". */
plait_status error_from_cl(cl_int code, const char *format, ...) PRINTF_LIKE(2, 3);

/* Every device of the machine, in the order of preference. Freed with mem_free. */
struct device_entry {
    cl_platform_id platform;
    cl_device_id device;
    plait_device_info info;
};
plait_status device_list(struct device_entry **out, size_t *count);

/* Describes a device. */
plait_status device_describe(cl_device_id device, plait_device_info *info);

/* Fills in what operators may know. */
plait_status device_probe(cl_device_id device, const plait_device_info *info, struct device_traits *traits);

/* Whether its driver runs functions of the host. */
plait_status device_runs_host(cl_device_id device, bool *runs);

/* Whether the device is driven by PoCL; and is a CPU. */
bool driver_is_pocl(const plait_device_info *info);
bool device_is_pocl(const plait_device_info *info);

/* Makes CLBlast let go of its kernels, of all contexts: they hold the context's objects. */
void gemm_forget(void);

/* Releases the events and frees the list. */
void events_free(struct events *events);

/* Frees a list of them. */
void newest_free(struct newest *newest);

/* Frees the programs of a context. */
void programs_free(struct program *programs);

#endif
