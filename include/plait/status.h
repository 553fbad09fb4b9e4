/* SPDX-License-Identifier: MIT */
/* What a call returns, and the sentence that says what went wrong.
 *
 * Every function that can fail returns a plait_status. On failure it leaves a message for the calling
 * thread that names what, where, both values and what to do; the library never prints, exits or aborts.
 * After any failure the objects that were passed in are as they were before and can be used or freed. */
#ifndef PLAIT_STATUS_H
#define PLAIT_STATUS_H

#include <plait/version.h>

PLAIT_EXTERN_C_BEGIN

/* X(name, value, meaning): one list makes the enum, the names and the texts. Values are pinned. */
#define PLAIT_STATUSES(X)                                                                                  \
    X(OK, 0, "success")                                                                                    \
    X(ERR_INVALID, 1, "an argument is NULL, out of range, or an object does not fit the call")             \
    X(ERR_GRAPH, 2, "the graph has mistakes; the message has a line for each")                             \
    X(ERR_UNSUPPORTED, 3, "the request is sound, but this build or device cannot do it")                   \
    X(ERR_TOO_LARGE, 4, "a size overflows, or a tensor has more than 2^31-1 elements")                     \
    X(ERR_HOST_MEMORY, 10, "the host is out of memory")                                                    \
    X(ERR_DEVICE_MEMORY, 11, "the device, or the budget given for it, has too little memory")              \
    X(ERR_NO_DEVICE, 20, "there is no OpenCL device, or none of the name asked for")                       \
    X(ERR_DEVICE_LOST, 21, "the device failed earlier; free the context and make a new one")               \
    X(ERR_BUILD, 22, "the driver could not build a kernel; the message has the start of its log")          \
    X(ERR_OPENCL, 23, "an OpenCL call failed; the message names the call and its code")                    \
    X(ERR_IO, 30, "a file cannot be opened, read or written")                                              \
    X(ERR_FORMAT, 31, "a file is not what its format demands, or uses a part that plait does not read")

typedef enum plait_status {
#define PLAIT_STATUS_ENTRY(name, value, meaning) PLAIT_##name = value,
    PLAIT_STATUSES(PLAIT_STATUS_ENTRY)
#undef PLAIT_STATUS_ENTRY
} plait_status;

/* The name of a status, "PLAIT_ERR_GRAPH"; "PLAIT_?" for a number that is none. Static storage. */
PLAIT_API const char *plait_status_name(plait_status status);

/* The meaning of a status in one sentence. Static storage. */
PLAIT_API const char *plait_status_text(plait_status status);

/* The message of the last call of this thread that failed, "" before any has.
 * It belongs to the library and stands until the thread's next failing call. */
PLAIT_API const char *plait_error_message(void);

PLAIT_EXTERN_C_END
#endif
