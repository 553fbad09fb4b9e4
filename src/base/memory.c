/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local size_t asked;
static _Thread_local size_t fail_at;
static _Thread_local bool fail_sticky;

static bool planned_failure(void)
{
    asked++;
    return fail_at != 0 && (asked == fail_at || (fail_sticky && asked > fail_at));
}

size_t mem_fail_at(size_t n, bool sticky)
{
    const size_t before = asked;

    asked = 0;
    fail_at = n;
    fail_sticky = sticky;
    return before;
}

bool size_mul(size_t a, size_t b, size_t *product)
{
    size_t result;

    if (__builtin_mul_overflow(a, b, &result)) {
        return false;
    }
    *product = result;
    return true;
}

bool size_add(size_t a, size_t b, size_t *sum)
{
    size_t result;

    if (__builtin_add_overflow(a, b, &result)) {
        return false;
    }
    *sum = result;
    return true;
}

plait_status mem_alloc(void *out, size_t count, size_t size)
{
    void *memory = NULL;
    size_t bytes;

    if (size_mul(count, size, &bytes) && !planned_failure()) {
        memory = calloc(bytes > 0 ? bytes : 1, 1);
    }
    memcpy(out, &memory, sizeof memory);
    if (!memory) {
        return error_set(PLAIT_ERR_HOST_MEMORY, "host memory: no room for %zu elements of %zu bytes", count, size);
    }
    return PLAIT_OK;
}

plait_status mem_grow(void *array, size_t *capacity, size_t needed, size_t size)
{
    plait_status status = PLAIT_OK;
    void *old = NULL;
    void *grown = NULL;

    if (needed <= *capacity) {
        return PLAIT_OK;
    }
    const size_t doubled = *capacity > 4 ? *capacity * 2 : 8;
    const size_t room = needed > doubled ? needed : doubled;
    TRY(mem_alloc(&grown, room, size));
    memcpy(&old, array, sizeof old);
    if (old) {
        memcpy(grown, old, *capacity * size);
    }
    mem_free(old);
    memcpy(array, &grown, sizeof grown);
    *capacity = room;
out:
    return status;
}

plait_status mem_copy(void *out, const void *source, size_t bytes)
{
    plait_status status = PLAIT_OK;
    void *copy = NULL;

    TRY(mem_alloc(&copy, 1, bytes));
    if (bytes > 0) {
        memcpy(copy, source, bytes);
    }
out:
    memcpy(out, &copy, sizeof copy);
    return status;
}

plait_status mem_text(char **out, const char *source)
{
    return mem_copy(out, source, strlen(source) + 1);
}

void mem_free(void *pointer)
{
    free(pointer);
}
