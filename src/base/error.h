/* SPDX-License-Identifier: MIT */
/* How functions fail: a status, a message for the thread, one label to clean up at. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <plait/status.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* Leaves the function by its label `out` unless expr is PLAIT_OK; the caller has a variable `status`. */
#define TRY(expr)                            \
    do {                                     \
        if ((status = (expr)) != PLAIT_OK) { \
            goto out;                        \
        }                                    \
    } while (0)

/* Sets the thread's message and returns `status`, so that a failure is one line. Long messages are cut. */
plait_status error_set(plait_status status, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts text before the thread's message: who failed, around what failed. Returns `status`. */
plait_status error_within(plait_status status, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
