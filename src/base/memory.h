/* SPDX-License-Identifier: MIT */
/* Host memory: the only calls of malloc and free in plait, with checked sizes and planned failures. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <plait/status.h>
#include <stdbool.h>
#include <stddef.h>

/* Sets *(void **)out to `count` * `size` zeroed bytes, to be freed with mem_free. A count of 0 gives a
 * pointer that is not NULL. On failure *out is NULL. */
plait_status mem_alloc(void *out, size_t count, size_t size);

/* Makes room for `needed` elements of `size` bytes in *(void **)array, which holds room for *capacity.
 * Grows by doubling; new elements are zero. On failure nothing has changed. */
plait_status mem_grow(void *array, size_t *capacity, size_t needed, size_t size);

/* A copy of `bytes` bytes. */
plait_status mem_copy(void *out, const void *source, size_t bytes);

/* A copy of a string. */
plait_status mem_text(char **out, const char *source);

/* Frees what the functions above made; NULL is allowed. */
void mem_free(void *pointer);

/* *product = a * b, *sum = a + b; false, with the result untouched, if it does not fit. */
bool size_mul(size_t a, size_t b, size_t *product);
bool size_add(size_t a, size_t b, size_t *sum);

/* For tests: the n-th allocation of this thread from now on fails (n from 1), and if `sticky` all after
 * it. 0 ends it. Returns how many allocations were asked for since the last call. */
size_t mem_fail_at(size_t n, bool sticky);

#endif
