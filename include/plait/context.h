/* SPDX-License-Identifier: MIT */
/* Devices, and the context that everything else lives in. */
#ifndef PLAIT_CONTEXT_H
#define PLAIT_CONTEXT_H

#include <plait/status.h>
#include <stddef.h>
#include <stdint.h>

PLAIT_EXTERN_C_BEGIN

/* One device with a queue of its own (or the application's: opencl.h), and the kernels built for it.
 * Owner: whoever creates it frees it, after the models and tensors made in it.
 * Threads: a context may be shared by threads that each use models and tensors of their own. */
typedef struct plait_context plait_context;

typedef enum plait_device_kind {
    PLAIT_DEVICE_CPU = 1,
    PLAIT_DEVICE_GPU = 2,
    PLAIT_DEVICE_OTHER = 3,
} plait_device_kind;

typedef struct plait_device_info {
    char name[128];           /* as the driver gives it, cut to fit */
    char platform[64];        /* "Portable Computing Language", ... */
    char vendor[64];
    char driver[64];          /* driver version */
    char opencl[64];          /* OpenCL version of the device, "OpenCL 1.2 ..." */
    plait_device_kind kind;
    uint32_t compute_units;
    uint64_t global_bytes;    /* memory of the device */
    uint64_t max_alloc_bytes; /* largest single buffer */
    uint64_t local_bytes;     /* local memory of a work-group */
    uint64_t reserved[8];
} plait_device_info;

typedef struct plait_context_opts {
    uint64_t memory_budget_bytes; /* most device memory that this context may hold; 0: what the device has */
    int profiling;                /* 1: time every kernel (plait_model_profile); costs some speed */
    int awake;                    /* 1: on CPUs by way of PoCL, up to 15 threads of plait's keep cores awake while */
                                  /* somebody waits for a model: for programs that have the machine to themselves and */
                                  /* have prepared PoCL's threads (docs/performance.md) */
    const char *cache;            /* file of measurements (tune.h) and compiled programs, absolute or from the */
                                  /* working directory; NULL: the default one; "": none */
    int keep_programs;            /* 1: writes programs that were compiled into the cache, where every context finds */
                                  /* them that uses it; without effect on PoCL, which keeps them itself */
    int out_of_order;             /* 1: let independent branches run at the same time, if the device's queues can: */
                                  /* kernels wait for each other by events, and branches share less memory. 0: in */
                                  /* order, which AMD's and some of Intel's drivers run at least as fast */
    int separate_kernels;         /* 1: every step of a run is a kernel of its own on the queue. 0: on CPUs by way of */
                                  /* PoCL, in order and without profiling, a run is one kernel, which spares some 10 */
                                  /* microseconds a step; its cores spin while they wait for each other */
    uint64_t reserved[6];         /* 0 */
} plait_context_opts;

/* Counts the OpenCL devices of this machine. No device at all is a count of 0, not an error. */
PLAIT_API PLAIT_NODISCARD plait_status plait_device_count(size_t *count);

/* Describes device `index` (0 to count - 1), in the order of preference: the first GPU first, then other
 * GPUs, CPUs, the rest; device 0 is the one that plait_context_create picks when no name is given. */
PLAIT_API PLAIT_NODISCARD plait_status plait_device_get(size_t index, plait_device_info *info);

/* Opens a device.
 *   device  part of a device's or platform's name, in any case ("nvidia", "pocl"), or a number as
 *           plait_device_get counts; NULL or "": device 0
 *   opts    NULL: defaults
 *   out     the context, to be freed with plait_context_free
 * PLAIT_ERR_NO_DEVICE names every device there is. */
PLAIT_API PLAIT_NODISCARD plait_status plait_context_create(const char *device, const plait_context_opts *opts,
                                                            plait_context **out);

/* Describes the context's device. */
PLAIT_API PLAIT_NODISCARD plait_status plait_context_device(const plait_context *context, plait_device_info *info);

/* Device bytes that the context holds now: tensors, weights and arenas of its models; 0 for NULL.
 * Buffers that the application lent are not counted. */
PLAIT_API uint64_t plait_context_bytes(const plait_context *context);

/* Measures how many fused multiply-adds of float32 the device does in registers, in 10^9 operations a second, a
 * multiply-add counting 2: what no kernel can exceed. Takes about a tenth of a second, and waits for it. */
PLAIT_API PLAIT_NODISCARD plait_status plait_context_peak(plait_context *context, double *gflops);

/* Frees the context; NULL is allowed. Models and tensors must be freed before. */
PLAIT_API void plait_context_free(plait_context *context);

PLAIT_EXTERN_C_END
#endif
