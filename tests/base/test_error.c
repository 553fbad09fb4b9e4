/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "check.h"

#include <string.h>
#include <threads.h>

static void statuses_have_names_and_meanings(void **state)
{
    (void)state;
#define CHECK_STATUS(name, value, meaning)                                \
    assert_int_equal(PLAIT_##name, value);                                \
    assert_string_equal(plait_status_name(PLAIT_##name), "PLAIT_" #name); \
    assert_string_equal(plait_status_text(PLAIT_##name), meaning);
    PLAIT_STATUSES(CHECK_STATUS)
#undef CHECK_STATUS
    assert_string_equal(plait_status_name((plait_status)77), "PLAIT_?");
    assert_string_equal(plait_status_text((plait_status)-1), "not a status of plait");
}

static void version_is_the_headers(void **state)
{
    (void)state;
    assert_int_equal(plait_version(), PLAIT_VERSION_HEX);
}

static void message_is_formatted(void **state)
{
    (void)state;
    assert_int_equal(error_set(PLAIT_ERR_IO, "%s: %d of %zu", "file", 3, (size_t)7), PLAIT_ERR_IO);
    assert_string_equal(plait_error_message(), "file: 3 of 7");
}

static void message_may_quote_the_old_one(void **state)
{
    (void)state;
    (void)error_set(PLAIT_ERR_IO, "inner");
    (void)error_set(PLAIT_ERR_IO, "outer (%s)", plait_error_message());
    assert_string_equal(plait_error_message(), "outer (inner)");
    assert_int_equal(error_within(PLAIT_ERR_BUILD, "%s around ", plait_error_message()), PLAIT_ERR_BUILD);
    assert_string_equal(plait_error_message(), "outer (inner) around outer (inner)");
}

/* The longest message; it is at least a few lines long. */
static size_t longest_message(void)
{
    static char text[100000];

    memset(text, 'x', sizeof text - 1);
    (void)error_set(PLAIT_ERR_IO, "%s", text);
    return strlen(plait_error_message());
}

static void long_messages_are_cut(void **state)
{
    const size_t longest = longest_message();
    char text[100000];

    (void)state;
    check_that(longest >= 1000 && longest < sizeof text - 1, "cut at %zu", longest);
    (void)error_within(PLAIT_ERR_IO, "begin ");
    assert_int_equal(strlen(plait_error_message()), longest);
    assert_memory_equal(plait_error_message(), "begin xxx", 9);
    for (size_t length = longest - 8; length < longest + 8; length++) {
        memset(text, 'y', length);
        text[length] = 0;
        (void)error_set(PLAIT_ERR_IO, "inner");
        (void)error_within(PLAIT_ERR_IO, "%s", text);
        const size_t whole = length + 5 < longest ? length + 5 : longest;
        assert_int_equal(strlen(plait_error_message()), whole);
    }
}

static int in_other_thread(void *unused)
{
    (void)unused;
    const bool was_empty = plait_error_message()[0] == 0;
    (void)error_set(PLAIT_ERR_IO, "theirs");
    return was_empty;
}

static void each_thread_has_its_message(void **state)
{
    thrd_t thread;
    int was_empty = 0;

    (void)state;
    (void)error_set(PLAIT_ERR_IO, "ours");
    assert_int_equal(thrd_create(&thread, in_other_thread, NULL), thrd_success);
    assert_int_equal(thrd_join(thread, &was_empty), thrd_success);
    assert_true(was_empty);
    assert_string_equal(plait_error_message(), "ours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_names_and_meanings),
        cmocka_unit_test(version_is_the_headers),
        cmocka_unit_test(message_is_formatted),
        cmocka_unit_test(message_may_quote_the_old_one),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(each_thread_has_its_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
