/* SPDX-License-Identifier: MIT */
#include "shape/window.h"

#include "check.h"

/* Places where a window of `extent` cells fits into `cells` cells, `stride` apart: counted, not computed. */
static size_t places(size_t cells, size_t extent, size_t stride)
{
    size_t count = 0;

    for (size_t first = 0; first + extent <= cells; first += stride) {
        count++;
    }
    return count;
}

static void valid_windows_lie_inside(void **state)
{
    (void)state;
    for (size_t code = 0; code < 20 * 7 * 5 * 4; code++) {
        const size_t input = code % 20;
        const struct window window = {code / 20 % 7 + 1, code / 140 % 5 + 1, code / 700 + 1};
        const size_t extent = (window.size - 1) * window.dilation + 1;
        size_t output = 99;
        size_t before = 99;
        const bool placed = window_place(window, input, false, &output, &before);
        assert_int_equal(window_extent(window), extent);
        assert_int_equal(placed, places(input, extent, window.stride) > 0);
        if (placed) {
            assert_int_equal(output, places(input, extent, window.stride));
            assert_int_equal(before, 0);
        }
    }
}

static void same_windows_cover_all_with_the_least_padding(void **state)
{
    (void)state;
    for (size_t code = 0; code < 20 * 7 * 5 * 4; code++) {
        const size_t input = code % 20;
        const struct window window = {code / 20 % 7 + 1, code / 140 % 5 + 1, code / 700 + 1};
        const size_t extent = window_extent(window);
        size_t output = 99;
        size_t before = 99;
        const bool placed = window_place(window, input, true, &output, &before);
        assert_int_equal(placed, input > 0);
        if (!placed) {
            continue;
        }
        size_t padding = 0;
        while (places(input + padding, extent, window.stride) < (input + window.stride - 1) / window.stride) {
            padding++;
        }
        assert_int_equal(output, places(input, 1, window.stride));
        assert_int_equal(before, padding / 2); /* the odd cell is after */
    }
}

/* Keras's own figures. */
static const struct {
    struct window window;
    size_t input;
    bool same;
    size_t output, before;
} known[] = {
    {{3, 2, 1}, 224, true, 112, 0}, {{7, 2, 1}, 224, true, 112, 2}, {{24, 1, 1}, 32, true, 32, 11},
    {{2, 1, 1}, 5, true, 5, 0},     {{3, 1, 2}, 5, true, 5, 2},     {{3, 2, 1}, 299, false, 149, 0},
};

static void known_layers_are_placed_as_keras_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t output = 0;
        size_t before = 0;
        assert_true(window_place(known[i].window, known[i].input, known[i].same, &output, &before));
        assert_int_equal(output, known[i].output);
        assert_int_equal(before, known[i].before);
    }
}

static void sizes_that_overflow_have_no_output(void **state)
{
    const size_t huge = SIZE_MAX;
    size_t output;
    size_t before;

    (void)state;
    assert_int_equal(window_extent((struct window){huge, 1, 2}), 0);
    assert_int_equal(window_extent((struct window){2, 1, huge}), 0);
    assert_int_equal(window_extent((struct window){huge, 1, 1}), huge);
    for (int same = 0; same < 2; same++) {
        assert_false(window_place((struct window){huge, 1, 2}, 10, same, &output, &before));
        assert_false(window_place((struct window){huge, 1, 1}, 10, same, &output, &before));
        assert_false(window_place((struct window){3, 1, 1}, 0, same, &output, &before));
    }
    assert_true(window_place((struct window){1, huge, 1}, huge, true, &output, &before));
    assert_int_equal(output, 1);
    assert_true(window_place((struct window){1, 1, 1}, huge, true, &output, &before));
    assert_true(output == huge && before == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_windows_lie_inside),
        cmocka_unit_test(same_windows_cover_all_with_the_least_padding),
        cmocka_unit_test(known_layers_are_placed_as_keras_does),
        cmocka_unit_test(sizes_that_overflow_have_no_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
