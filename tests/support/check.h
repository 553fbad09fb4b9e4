/* SPDX-License-Identifier: MIT */
/* What every test includes: cmocka, checks that print plait's own message, scratch memory.
 *
 * PLAIT_TEST_QUICK=1 in the environment asks for fewer random cases (slow checkers such as oclgrind). */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <plait/status.h>
#include <stdbool.h>

/* Fails unless the call returns PLAIT_OK; shows the thread's message. */
#define check_ok(call) check_status_at((call), PLAIT_OK, #call, __FILE__, __LINE__)

/* Fails unless the call returns `wanted`, and, for a failure, unless it left a message. */
#define check_status(call, wanted) check_status_at((call), (wanted), #call, __FILE__, __LINE__)

/* Fails unless the call returns `wanted` with a message that has `part` in it. */
#define check_message(call, wanted, part) check_message_at((call), (wanted), (part), #call, __FILE__, __LINE__)

/* Fails, with a printf-like text, unless the condition holds. */
#define check_that(condition, ...) check_that_at((condition), __FILE__, __LINE__, __VA_ARGS__)

/* Fails unless the text has `part` in it. */
#define check_has(text, part) check_has_at((text), (part), __FILE__, __LINE__)

/* `count` zeroed elements that live until scratch_reset or the program's end. */
void *scratch(size_t count, size_t size);

/* A string in scratch memory, cut at 1023 bytes. */
__attribute__((format(printf, 1, 2))) const char *scratch_text(const char *format, ...);

/* Frees all scratch memory: at the end of each round of a long loop, and as a test's teardown. */
void scratch_reset(void);

/* `full`, or an eighth of it (at least 1) with PLAIT_TEST_QUICK. */
size_t test_rounds(size_t full);

void check_status_at(plait_status got, plait_status wanted, const char *call, const char *file, int line);
void check_message_at(plait_status got, plait_status wanted, const char *part, const char *call, const char *file,
                      int line);
__attribute__((format(printf, 4, 5))) void check_that_at(bool holds, const char *file, int line, const char *format,
                                                         ...);
void check_has_at(const char *text, const char *part, const char *file, int line);

#endif
