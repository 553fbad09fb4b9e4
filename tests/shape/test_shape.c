/* SPDX-License-Identifier: MIT */
#include "shape/shape.h"

#include "check.h"
#include "random.h"

static void names_are_sizes_in_braces(void **state)
{
    plait_shape longest = {.rank = PLAIT_MAX_RANK};

    (void)state;
    for (size_t i = 0; i < PLAIT_MAX_RANK; i++) {
        longest.dims[i] = SIZE_MAX;
    }
    assert_string_equal(shape_name((plait_shape){.rank = 0}).text, "{}");
    assert_string_equal(shape_name(PLAIT_SHAPE(7)).text, "{7}");
    assert_string_equal(shape_name(PLAIT_SHAPE(3, 3, 4, 64)).text, "{3,3,4,64}");
    const struct shape_name name = shape_name(longest);
    check_has(name.text, "18446744073709551615}");
    longest.rank = PLAIT_MAX_RANK + 1;
    assert_string_equal(shape_name(longest).text, name.text);
}

static void sizes_are_products(void **state)
{
    size_t size = 5;

    (void)state;
    assert_true(shape_size((plait_shape){.rank = 0}, &size));
    assert_int_equal(size, 1);
    assert_true(shape_size(PLAIT_SHAPE(2, 3, 4), &size));
    assert_int_equal(size, 24);
    assert_int_equal(shape_count(PLAIT_SHAPE(2, 3, 4)), 24);
    assert_true(shape_size(PLAIT_SHAPE(2, 0, 4), &size));
    assert_int_equal(size, 0);
    assert_true(shape_size(PLAIT_SHAPE((size_t)1 << 32, ((size_t)1 << 32) - 1), &size));
    assert_true(size == SIZE_MAX - ((size_t)1 << 32) + 1);
    size = 5;
    assert_false(shape_size(PLAIT_SHAPE((size_t)1 << 32, (size_t)1 << 32), &size));
    assert_false(shape_size((plait_shape){.rank = PLAIT_MAX_RANK + 1}, &size));
    assert_int_equal(size, 5);
}

static void equal_shapes_have_equal_sizes(void **state)
{
    plait_shape a = PLAIT_SHAPE(2, 3);

    (void)state;
    a.dims[2] = 9; /* beyond the rank nothing counts */
    assert_true(shape_equal(a, PLAIT_SHAPE(2, 3)));
    assert_false(shape_equal(a, PLAIT_SHAPE(2, 4)));
    assert_false(shape_equal(a, PLAIT_SHAPE(2, 3, 9)));
    assert_true(shape_equal((plait_shape){.rank = 0}, (plait_shape){.rank = 0}));
}

static void the_batch_goes_in_front(void **state)
{
    (void)state;
    assert_true(shape_equal(shape_with_batch(PLAIT_SHAPE(4, 5), 7), PLAIT_SHAPE(7, 4, 5)));
    assert_true(shape_equal(shape_with_batch((plait_shape){.rank = 0}, 7), PLAIT_SHAPE(7)));
}

static void axes_count_the_batch_and_from_the_end(void **state)
{
    (void)state;
    for (size_t rank = 0; rank < PLAIT_MAX_RANK; rank++) {
        for (int axis = -12; axis <= 12; axis++) {
            const int full = axis < 0 ? axis + (int)rank + 1 : axis;
            size_t index = 99;
            const bool found = axis_in_sample(axis, rank, &index);
            check_that(found == (full >= 1 && full <= (int)rank), "axis %d of rank %zu", axis, rank);
            assert_int_equal(index, found ? full - 1 : 99);
        }
    }
    size_t index;
    assert_false(axis_in_sample(INT32_MIN, 3, &index));
    assert_false(axis_in_sample(INT32_MAX, 3, &index));
}

/* Pairs of sample shapes and what Keras makes of them; rank 9: it refuses. */
static const struct {
    plait_shape a, b, result;
} broadcasts[] = {
    {{1, {3}}, {2, {4, 3}}, {2, {4, 3}}},
    {{3, {8, 8, 16}}, {1, {16}}, {3, {8, 8, 16}}},
    {{3, {1, 1, 16}}, {3, {8, 8, 1}}, {3, {8, 8, 16}}},
    {{2, {4, 5}}, {3, {1, 1, 5}}, {3, {1, 4, 5}}},
    {{2, {2, 1}}, {1, {3}}, {2, {2, 3}}},
    {{0, {0}}, {1, {3}}, {1, {3}}},
    {{0, {0}}, {0, {0}}, {0, {0}}},
    {{1, {0}}, {1, {1}}, {1, {0}}},
    {{1, {4}}, {1, {5}}, {9, {0}}},
    {{2, {4, 1}}, {2, {5, 1}}, {9, {0}}},
    {{1, {0}}, {1, {2}}, {9, {0}}},
};

static void broadcasting_is_keras(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broadcasts / sizeof broadcasts[0]; i++) {
        for (int swapped = 0; swapped < 2; swapped++) {
            const plait_shape a = swapped ? broadcasts[i].b : broadcasts[i].a;
            const plait_shape b = swapped ? broadcasts[i].a : broadcasts[i].b;
            plait_shape out = PLAIT_SHAPE(77);
            const bool fits = broadcasts[i].result.rank <= PLAIT_MAX_RANK;
            check_that(shape_broadcast(a, b, &out) == fits, "pair %zu", i);
            const plait_shape wanted = fits ? broadcasts[i].result : PLAIT_SHAPE(77);
            check_that(shape_equal(out, wanted), "pair %zu: %s", i, shape_name(out).text);
        }
    }
}

static void broadcasting_a_shape_with_parts_of_it_gives_it(void **state)
{
    struct random random = random_stream("broadcasting");

    (void)state;
    for (size_t round = 0; round < test_rounds(4000); round++) {
        plait_shape whole = {.rank = random_between(&random, 0, PLAIT_MAX_RANK)};
        plait_shape part = {.rank = random_between(&random, 0, whole.rank)};
        plait_shape out;
        for (size_t i = 0; i < whole.rank; i++) {
            whole.dims[i] = random_between(&random, 0, 9);
        }
        for (size_t i = 0; i < part.rank; i++) {
            const size_t size = whole.dims[whole.rank - part.rank + i];
            part.dims[i] = random_between(&random, 0, 1) ? 1 : size;
        }
        assert_true(shape_broadcast(whole, part, &out) && shape_equal(out, whole));
        assert_true(shape_broadcast(part, whole, &out) && shape_equal(out, whole));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_sizes_in_braces),
        cmocka_unit_test(sizes_are_products),
        cmocka_unit_test(equal_shapes_have_equal_sizes),
        cmocka_unit_test(the_batch_goes_in_front),
        cmocka_unit_test(axes_count_the_batch_and_from_the_end),
        cmocka_unit_test(broadcasting_is_keras),
        cmocka_unit_test(broadcasting_a_shape_with_parts_of_it_gives_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
