/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include "check.h"

#include <string.h>

static void memory_is_zeroed(void **state)
{
    unsigned char *bytes = NULL;

    (void)state;
    check_ok(mem_alloc(&bytes, 100, 3));
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(bytes[i], 0);
    }
    mem_free(bytes);
    mem_free(NULL);
}

static void nothing_is_still_a_pointer(void **state)
{
    void *memory = NULL;

    (void)state;
    check_ok(mem_alloc(&memory, 0, 8));
    assert_non_null(memory);
    mem_free(memory);
    check_ok(mem_copy(&memory, NULL, 0));
    assert_non_null(memory);
    mem_free(memory);
}

static void sizes_that_overflow_are_refused(void **state)
{
    void *memory = &memory;
    int *array = NULL;
    size_t capacity = 0;

    (void)state;
    check_message(mem_alloc(&memory, SIZE_MAX / 2, 3), PLAIT_ERR_HOST_MEMORY, "no room for");
    assert_null(memory);
    check_status(mem_grow(&array, &capacity, SIZE_MAX, sizeof *array), PLAIT_ERR_HOST_MEMORY);
    assert_null(array);
    assert_int_equal(capacity, 0);
}

static void arrays_grow_and_keep(void **state)
{
    int *array = NULL;
    size_t capacity = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        check_ok(mem_grow(&array, &capacity, (size_t)i + 1, sizeof *array));
        assert_true(capacity > (size_t)i);
        assert_int_equal(array[i], 0);
        array[i] = i;
    }
    assert_true(capacity <= 2048);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(array[i], i);
    }
    mem_fail_at(1, true);
    const size_t before = capacity;
    const int *same = array;
    check_ok(mem_grow(&array, &capacity, capacity, sizeof *array));
    check_status(mem_grow(&array, &capacity, capacity + 1, sizeof *array), PLAIT_ERR_HOST_MEMORY);
    mem_fail_at(0, false);
    assert_ptr_equal(array, same);
    assert_int_equal(capacity, before);
    mem_free(array);
}

static void copies_are_copies(void **state)
{
    const char source[] = "a text";
    char *copy = NULL;

    (void)state;
    check_ok(mem_text(&copy, source));
    assert_string_equal(copy, source);
    assert_ptr_not_equal(copy, source);
    mem_free(copy);
    check_ok(mem_copy(&copy, source, 3));
    assert_memory_equal(copy, source, 3);
    mem_free(copy);
}

/* "1" for each of five allocations that works. */
static const char *pattern(size_t fail_at, bool sticky)
{
    static char text[6];

    mem_fail_at(fail_at, sticky);
    for (int i = 0; i < 5; i++) {
        void *memory;
        const plait_status status = mem_alloc(&memory, 1, 1);
        assert_true((memory != NULL) == (status == PLAIT_OK));
        text[i] = memory ? '1' : '0';
        mem_free(memory);
    }
    assert_int_equal(mem_fail_at(0, false), 5);
    return text;
}

static void planned_failures_come_when_planned(void **state)
{
    (void)state;
    assert_string_equal(pattern(0, false), "11111");
    assert_string_equal(pattern(0, true), "11111");
    assert_string_equal(pattern(1, false), "01111");
    assert_string_equal(pattern(3, false), "11011");
    assert_string_equal(pattern(3, true), "11000");
    assert_string_equal(pattern(6, true), "11111");
}

static void products_and_sums_are_checked(void **state)
{
    size_t result = 5;

    (void)state;
    assert_true(size_mul(6, 7, &result));
    assert_int_equal(result, 42);
    assert_true(size_mul(SIZE_MAX, 1, &result) && result == SIZE_MAX);
    assert_true(size_mul(SIZE_MAX, 0, &result) && result == 0);
    assert_true(size_add(SIZE_MAX, 0, &result) && result == SIZE_MAX);
    result = 5;
    assert_false(size_mul(SIZE_MAX / 2 + 1, 2, &result));
    assert_false(size_add(SIZE_MAX, 1, &result));
    assert_int_equal(result, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed),
        cmocka_unit_test(nothing_is_still_a_pointer),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(arrays_grow_and_keep),
        cmocka_unit_test(copies_are_copies),
        cmocka_unit_test(planned_failures_come_when_planned),
        cmocka_unit_test(products_and_sums_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
