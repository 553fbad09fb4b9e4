/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "base/memory.h"
#include "check.h"

#include <string.h>

static void parts_are_joined(void **state)
{
    struct text text = {0};

    (void)state;
    assert_string_equal(text_string(&text), "");
    text_add(&text, "%s", "");
    assert_string_equal(text_string(&text), "");
    text_add(&text, "%d and ", 1);
    text_add(&text, "%s", "two");
    assert_string_equal(text_string(&text), "1 and two");
    assert_int_equal(text.length, 9);
    text_free(&text);
    assert_null(text.data);
    text_free(&text);
}

static void text_grows_to_any_length(void **state)
{
    struct text text = {0};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        text_add(&text, "%c", 'a' + i % 26);
    }
    assert_int_equal(text.status, PLAIT_OK);
    assert_int_equal(strlen(text_string(&text)), 5000);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(text.data[i], 'a' + i % 26);
    }
    text_free(&text);
}

static void a_failure_stays(void **state)
{
    struct text text = {0};
    char out[8];

    (void)state;
    text_add(&text, "kept");
    mem_fail_at(1, false);
    text_add(&text, "%0100d", 0);
    mem_fail_at(0, false);
    assert_int_equal(text.status, PLAIT_ERR_HOST_MEMORY);
    text_add(&text, "more");
    assert_string_equal(text_string(&text), "kept");
    check_status(text_deliver(&text, out, sizeof out, NULL), PLAIT_ERR_HOST_MEMORY);
    text_free(&text);
}

static void delivery_keeps_its_promises(void **state)
{
    struct text text = {0};
    char out[8] = "#######";
    size_t length = 0;

    (void)state;
    text_add(&text, "hello");
    check_ok(text_deliver(&text, NULL, 0, &length));
    assert_int_equal(length, 5);
    check_ok(text_deliver(&text, NULL, 0, NULL));
    check_ok(text_deliver(&text, out, 6, NULL));
    assert_memory_equal(out, "hello\0#", 8);
    memset(out, '#', sizeof out);
    length = 0;
    check_message(text_deliver(&text, out, 5, &length), PLAIT_ERR_INVALID, "6 bytes are needed, there is room for 5");
    assert_int_equal(length, 5);
    assert_memory_equal(out, "hell\0###", 8);
    check_message(text_deliver(&text, out, 1, NULL), PLAIT_ERR_INVALID, "6 bytes");
    assert_memory_equal(out, "\0ell\0###", 8);
    check_status(text_deliver(&text, out, 0, NULL), PLAIT_ERR_INVALID);
    check_status(text_deliver(&text, NULL, 8, NULL), PLAIT_ERR_INVALID);
    text_free(&text);
}

static void nothing_is_delivered_as_an_empty_string(void **state)
{
    const struct text text = {0};
    char out[2] = "#";
    size_t length = 9;

    (void)state;
    check_ok(text_deliver(&text, out, sizeof out, &length));
    assert_string_equal(out, "");
    assert_int_equal(length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(text_grows_to_any_length),
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(delivery_keeps_its_promises),
        cmocka_unit_test(nothing_is_delivered_as_an_empty_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
