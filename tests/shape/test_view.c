/* SPDX-License-Identifier: MIT */
/* A view is right if it visits the right addresses in the right order, so the tests write them down. */
#include "shape/view.h"

#include "check.h"
#include "random.h"
#include "shape/shape.h"

#include <string.h>

enum { MOST = 4096 }; /* elements of a test's view */

struct addresses {
    size_t count;
    size_t at[MOST];
};

static size_t count_of(const struct view *view)
{
    size_t count = 1;

    for (size_t i = 0; i < view->rank; i++) {
        count *= view->dims[i];
    }
    return count;
}

/* Where the view's elements lie, in C order. */
static const struct addresses *visit(const struct view *view)
{
    struct addresses *addresses = scratch(1, sizeof *addresses);

    addresses->count = count_of(view);
    assert_in_range(addresses->count, 0, MOST);
    for (size_t e = 0; e < addresses->count; e++) {
        size_t rest = e;
        for (size_t i = view->rank; i-- > 0;) {
            addresses->at[e] += rest % view->dims[i] * view->strides[i];
            rest /= view->dims[i];
        }
    }
    return addresses;
}

static bool same_addresses(const struct addresses *a, const struct addresses *b)
{
    return a->count == b->count && memcmp(a->at, b->at, a->count * sizeof a->at[0]) == 0;
}

static const char *view_text(const struct view *view)
{
    plait_shape dims = {.rank = view->rank};
    plait_shape strides = {.rank = view->rank};

    memcpy(dims.dims, view->dims, sizeof dims.dims);
    memcpy(strides.dims, view->strides, sizeof strides.dims);
    return scratch_text("%s by %s", shape_name(dims).text, shape_name(strides).text);
}

/* A view as the planner makes them: a slice of a slice of a whole tensor, here and there broadcast. */
static struct view random_view(struct random *random, size_t rank)
{
    plait_shape shape = {.rank = rank};
    size_t offset;

    for (size_t i = 0; i < rank; i++) {
        shape.dims[i] = random_between(random, 1, 4);
    }
    struct view view = view_of(shape);
    for (int i = 0; i < 2; i++) {
        const size_t axis = random_between(random, 0, rank - 1);
        const size_t size = random_between(random, 1, view.dims[axis]);
        view = view_slice(&view, axis, view.dims[axis] - size, size, &offset);
    }
    for (size_t i = 0; i < rank; i++) {
        if (random_between(random, 0, 5) == 0) {
            view.strides[i] = 0;
        }
    }
    return view;
}

static void a_whole_tensor_is_dense(void **state)
{
    (void)state;
    for (size_t code = 0; code < 256; code++) {
        const struct view view = view_of(PLAIT_SHAPE(code % 4 + 1, code / 4 % 4 + 1, code / 16 % 4 + 1, code / 64 + 1));
        const struct addresses *addresses = visit(&view);
        assert_true(view_is_dense(&view));
        assert_true(view_sample_is_dense(&view));
        for (size_t e = 0; e < addresses->count; e++) {
            assert_int_equal(addresses->at[e], e);
        }
        scratch_reset();
    }
}

/* Addresses 0, 1, 2, ... for every sample, counted from its first. */
static bool samples_are_dense(const struct view *view)
{
    const struct addresses *addresses = visit(view);
    const size_t sample = addresses->count / view->dims[0];

    for (size_t e = 0; e < addresses->count; e++) {
        if (addresses->at[e] - addresses->at[e / sample * sample] != e % sample) {
            return false;
        }
    }
    return true;
}

static void dense_views_are_told_from_others(void **state)
{
    struct random random = random_stream("dense");
    size_t dense = 0;

    (void)state;
    for (size_t round = 0; round < test_rounds(4000); round++) {
        const struct view view = random_view(&random, random_between(&random, 1, 5));
        const bool sample_dense = samples_are_dense(&view);
        const size_t sample = count_of(&view) / view.dims[0];
        const bool all_dense = sample_dense && (view.dims[0] == 1 || view.strides[0] == sample);
        check_that(view_sample_is_dense(&view) == sample_dense, "%s", view_text(&view));
        check_that(view_is_dense(&view) == all_dense, "%s", view_text(&view));
        dense += sample_dense;
        scratch_reset();
    }
    assert_in_range(dense, 1, test_rounds(4000) - 1);
}

/* Whether some strides give `wanted` under `shape`, the last one 1 or 0, and if so, which: each is the step
 * to the next address along its axis. */
static bool expressible(const struct addresses *wanted, plait_shape shape, struct view *view)
{
    size_t step = 1;

    *view = (struct view){.rank = shape.rank};
    for (size_t i = shape.rank; i-- > 0;) {
        view->dims[i] = shape.dims[i];
        view->strides[i] = shape.dims[i] > 1 ? wanted->at[step] - wanted->at[0] : 0;
        step *= shape.dims[i];
    }
    return same_addresses(visit(view), wanted) && view->strides[shape.rank - 1] <= 1;
}

static void check_reshape(const struct view *view, plait_shape shape)
{
    struct view out;
    struct view other;
    const struct addresses *wanted = visit(view);
    const bool done = view_reshape(view, shape, &out);

    check_that(done == expressible(wanted, shape, &other), "%s to %s", view_text(view), shape_name(shape).text);
    if (done) {
        check_that(same_addresses(visit(&out), wanted), "%s to %s became %s", view_text(view), shape_name(shape).text,
                   view_text(&out));
    }
}

/* Every way to write `count` as a product of at most 4 sizes, ones among them. */
static void check_all_reshapes(const struct view *view)
{
    const size_t count = count_of(view);

    for (size_t a = 1; a <= count; a++) {
        for (size_t b = 1; count % a == 0 && b <= count / a; b++) {
            for (size_t c = 1; count / a % b == 0 && c <= count / a / b; c++) {
                if (count / a / b % c == 0) {
                    check_reshape(view, PLAIT_SHAPE(a, b, c, count / a / b / c));
                }
            }
        }
        if (count % a == 0) {
            check_reshape(view, PLAIT_SHAPE(a, count / a));
        }
    }
    check_reshape(view, PLAIT_SHAPE(count));
}

static void reshaping_keeps_the_addresses(void **state)
{
    struct random random = random_stream("reshape");

    (void)state;
    for (size_t round = 0; round < test_rounds(1500); round++) {
        const struct view view = random_view(&random, random_between(&random, 1, 4));
        check_all_reshapes(&view);
        scratch_reset();
    }
}

static void reshaping_to_another_count_is_refused(void **state)
{
    const struct view view = view_of(PLAIT_SHAPE(2, 3, 4));
    struct view out;

    (void)state;
    assert_false(view_reshape(&view, PLAIT_SHAPE(2, 13), &out));
    assert_false(view_reshape(&view, PLAIT_SHAPE(2, 3), &out));
    assert_false(view_reshape(&view, PLAIT_SHAPE(2, 3, 4, 2), &out));
    assert_true(view_reshape(&view, PLAIT_SHAPE(2, 12), &out));
    assert_true(view_reshape(&view, PLAIT_SHAPE(2, 3, 4, 1), &out));
    assert_int_equal(out.strides[2], 1);
}

static void slices_are_parts_of_the_whole(void **state)
{
    struct random random = random_stream("slice");

    (void)state;
    for (size_t round = 0; round < test_rounds(2000); round++) {
        const struct view view = random_view(&random, random_between(&random, 1, 5));
        const size_t axis = random_between(&random, 0, view.rank - 1);
        const size_t begin = random_between(&random, 0, view.dims[axis] - 1);
        const size_t size = random_between(&random, 1, view.dims[axis] - begin);
        size_t offset = 0;
        const struct view part = view_slice(&view, axis, begin, size, &offset);
        const struct addresses *whole = visit(&view);
        const struct addresses *some = visit(&part);
        size_t inner = 1;
        size_t next = 0;
        for (size_t i = axis + 1; i < view.rank; i++) {
            inner *= view.dims[i];
        }
        for (size_t e = 0; e < whole->count; e++) {
            const size_t index = e / inner % view.dims[axis];
            if (index >= begin && index < begin + size) {
                assert_int_equal(some->at[next++] + offset, whole->at[e]);
            }
        }
        assert_int_equal(next, some->count);
        scratch_reset();
    }
}

/* The element of `view` that Keras's broadcasting puts at element `e` of `shape`: sizes are aligned at the
 * last axis, but the batch at the batch. */
static size_t broadcast_address(const struct view *view, plait_shape shape, size_t e)
{
    const size_t missing = shape.rank - view->rank;
    size_t address = 0;

    for (size_t i = shape.rank; i-- > 0;) {
        const size_t index = e % shape.dims[i];
        e /= shape.dims[i];
        if (i > 0 && i <= missing) {
            continue;
        }
        const size_t own = i == 0 ? 0 : i - missing;
        address += view->dims[own] == 1 ? 0 : index * view->strides[own];
    }
    return address;
}

static void broadcast_views_repeat_their_elements(void **state)
{
    struct random random = random_stream("broadcast");

    (void)state;
    for (size_t round = 0; round < test_rounds(2000); round++) {
        const struct view view = random_view(&random, random_between(&random, 1, 4));
        plait_shape shape = {.rank = random_between(&random, view.rank, 5)};
        const size_t missing = shape.rank - view.rank;
        for (size_t i = 0; i < shape.rank; i++) {
            const size_t own = i == 0 ? view.dims[0] : i <= missing ? 1 : view.dims[i - missing];
            shape.dims[i] = own == 1 ? random_between(&random, 1, 3) : own;
        }
        const struct view wide = view_broadcast(&view, shape);
        const struct addresses *addresses = visit(&wide);
        assert_int_equal(addresses->count, shape_count(shape));
        for (size_t e = 0; e < addresses->count; e++) {
            assert_int_equal(addresses->at[e], broadcast_address(&view, shape, e));
        }
        scratch_reset();
    }
}

/* The fewest axes that visit the same elements: an axis begins wherever a view's step is not even. */
static bool could_join(struct view *const *views, size_t count, size_t i)
{
    for (size_t v = 0; v < count; v++) {
        if (views[v]->strides[i] != views[v]->strides[i + 1] * views[v]->dims[i + 1]) {
            return false;
        }
    }
    return true;
}

static void check_collapsed(struct view *const *views, size_t count, const struct addresses *const *wanted,
                            const char *before)
{
    for (size_t v = 0; v < count; v++) {
        const struct view *view = views[v];
        check_that(same_addresses(visit(view), wanted[v]), "%s became %s", before, view_text(view));
        assert_int_equal(view->rank, views[0]->rank);
        assert_memory_equal(view->dims, views[0]->dims, view->rank * sizeof view->dims[0]);
        check_that(view->strides[view->rank - 1] <= 1, "%s became %s", before, view_text(view));
    }
    for (size_t i = 0; i + 1 < views[0]->rank; i++) {
        check_that(!could_join(views, count, i), "%s became %s", before, view_text(views[0]));
        check_that(views[0]->dims[i] > 1, "%s became %s", before, view_text(views[0]));
    }
}

static void collapsing_keeps_the_addresses(void **state)
{
    struct random random = random_stream("collapse");

    (void)state;
    for (size_t round = 0; round < test_rounds(4000); round++) {
        struct view views[3];
        struct view *const pointers[3] = {&views[0], &views[1], &views[2]};
        const struct addresses *wanted[3];
        const size_t count = random_between(&random, 1, 3);
        views[0] = random_view(&random, random_between(&random, 1, 5));
        for (size_t v = 0; v < count; v++) {
            views[v] = v == 0 ? views[0] : random_view(&random, views[0].rank);
            memcpy(views[v].dims, views[0].dims, sizeof views[v].dims);
            const size_t last = views[v].rank - 1;
            views[v].strides[last] = views[v].strides[last] > 0;
            wanted[v] = visit(&views[v]);
        }
        const char *before = view_text(&views[0]);
        view_collapse(pointers, count);
        check_collapsed(pointers, count, wanted, before);
        scratch_reset();
    }
}

static void dense_views_collapse_to_one_axis(void **state)
{
    struct view view = view_of(PLAIT_SHAPE(2, 1, 3, 4, 1));
    struct view *const pointers[] = {&view};

    (void)state;
    view_collapse(pointers, 1);
    assert_int_equal(view.rank, 1);
    assert_int_equal(view.dims[0], 24);
    assert_int_equal(view.strides[0], 1);
}

static bool have_common(const struct view *a, size_t a_offset, const struct view *b, size_t b_offset)
{
    const struct addresses *left = visit(a);
    const struct addresses *right = visit(b);

    for (size_t i = 0; i < left->count; i++) {
        for (size_t k = 0; k < right->count; k++) {
            if (left->at[i] + a_offset == right->at[k] + b_offset) {
                return true;
            }
        }
    }
    return false;
}

static void slices_of_a_joined_tensor_do_not_meet(void **state)
{
    const struct view left = {.rank = 4, .dims = {3, 4, 3, 3}, .strides = {144, 9, 3, 1}};
    const struct view flat = {.rank = 2, .dims = {3, 36}, .strides = {144, 1}};
    const struct view channels = {.rank = 3, .dims = {2, 5, 3}, .strides = {40, 8, 1}};

    (void)state;
    assert_false(views_meet(&left, 0, &left, 36));
    assert_false(views_meet(&left, 36, &flat, 72)); /* of another shape */
    assert_false(views_meet(&channels, 0, &channels, 3));
    assert_false(views_meet(&channels, 5, &channels, 2));
    assert_true(views_meet(&left, 36, &flat, 36));
    assert_true(views_meet(&channels, 0, &channels, 2));
}

/* What has an element in common is never said to be apart. */
static void random_views_that_meet_are_found(void **state)
{
    struct random random = random_stream("views_meet");

    (void)state;
    for (size_t round = 0; round < test_rounds(2000); round++) {
        struct view views[2];
        size_t offsets[2];
        for (size_t v = 0; v < 2; v++) {
            views[v] = (struct view){.rank = random_between(&random, 1, 3)};
            for (size_t i = 0; i < views[v].rank; i++) {
                views[v].dims[i] = random_between(&random, 1, 4);
                views[v].strides[i] = i + 1 == views[v].rank ? 1 : random_between(&random, 0, 24);
            }
            offsets[v] = random_between(&random, 0, 30);
        }
        check_that(views_meet(&views[0], offsets[0], &views[1], offsets[1]) ||
                       !have_common(&views[0], offsets[0], &views[1], offsets[1]),
                   "round %zu: views meet, and were said not to", round);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_tensor_is_dense),
        cmocka_unit_test(dense_views_are_told_from_others),
        cmocka_unit_test(reshaping_keeps_the_addresses),
        cmocka_unit_test(reshaping_to_another_count_is_refused),
        cmocka_unit_test(slices_are_parts_of_the_whole),
        cmocka_unit_test(broadcast_views_repeat_their_elements),
        cmocka_unit_test(collapsing_keeps_the_addresses),
        cmocka_unit_test(dense_views_collapse_to_one_axis),
        cmocka_unit_test(slices_of_a_joined_tensor_do_not_meet),
        cmocka_unit_test(random_views_that_meet_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
