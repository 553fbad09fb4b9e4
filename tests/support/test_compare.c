/* SPDX-License-Identifier: MIT */
/* The comparator itself: what it must catch, it catches; what is right, it lets pass. */
#include "compare.h"
#include "oracle.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { COUNT = 60 };

/* A sum-like reference: zero-mean values with terms of 20. */
static struct reference sums(struct random *random)
{
    struct reference want = reference_of(PLAIT_SHAPE(3, 4, 5), random_floats(random, DATA_NORMAL, COUNT));

    want.exact = false;
    want.sums = 500;
    for (size_t i = 0; i < COUNT; i++) {
        want.terms[i] = 20;
    }
    return want;
}

static const enum gate all_gates[] = {GATE_BITS,     GATE_BITS_ZERO, GATE_INTEGERS, GATE_HARD, GATE_ZERO_MEAN,
                                      GATE_POSITIVE, GATE_FAST,      GATE_ULP,      GATE_L2,   GATE_ANY};
enum { GATES = sizeof all_gates / sizeof all_gates[0] };

static double limit_of(enum gate gate)
{
    return gate == GATE_ULP ? 2 : gate == GATE_L2 ? 1e-5 : 0;
}

static struct verdict compare_at(const float *got, struct reference want, enum gate gate)
{
    want.exact = gate == GATE_BITS || gate == GATE_BITS_ZERO;
    return compare(got, &want, gate, limit_of(gate));
}

static void right_values_pass(void **state)
{
    struct random random = random_stream("right_values_pass");
    const struct reference want = sums(&random);

    (void)state;
    for (size_t g = 0; g < GATES; g++) {
        check_verdict(compare_at(reference_floats(&want), want, all_gates[g]), "gate %zu", g);
    }
}

static void one_wrong_element_is_caught(void **state)
{
    struct random random = random_stream("one_wrong_element");
    const struct reference want = sums(&random);

    (void)state;
    for (size_t g = 0; g < GATES; g++) {
        for (size_t i = 0; i < COUNT; i++) {
            float *got = reference_floats(&want);
            got[i] += 0.25f;
            check_that(!compare_at(got, want, all_gates[g]).ok, "gate %zu let element %zu pass", g, i);
            got[i] = NAN;
            check_that(!compare_at(got, want, all_gates[g]).ok, "gate %zu let a NaN at %zu pass", g, i);
        }
    }
}

static void swapped_axes_are_caught(void **state)
{
    struct random random = random_stream("swapped_axes");
    const struct reference want = sums(&random);
    float *got = scratch(COUNT, sizeof *got);

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const size_t row = i / 5 % 4;
        const size_t col = i % 5;
        got[i / 20 * 20 + col * 4 + row] = (float)want.value[i];
    }
    for (size_t g = 0; g < GATES; g++) {
        check_that(!compare_at(got, want, all_gates[g]).ok, "gate %zu", g);
    }
}

static void one_ulp_is_caught(void **state)
{
    struct random random = random_stream("one_ulp");
    const struct reference want = sums(&random);

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        float *got = reference_floats(&want);
        got[i] = nextafterf(got[i], 100);
        check_that(!compare_at(got, want, GATE_BITS).ok, "element %zu", i);
        check_that(!compare_at(got, want, GATE_BITS_ZERO).ok, "element %zu", i);
        check_that(!compare_at(got, want, GATE_INTEGERS).ok, "element %zu", i);
        check_that(!compare_floats(got, reference_floats(&want), COUNT).ok, "element %zu", i);
    }
}

/* C of each gate on sums, written out: n = 500 and n = 20000. */
static const struct {
    enum gate gate;
    size_t sums;
    double c;
} factors[] = {
    {GATE_HARD, 500, 8 + 22.360679774997898},
    {GATE_HARD, 1, 3},
    {GATE_ZERO_MEAN, 500, 4},
    {GATE_POSITIVE, 500, 8},
    {GATE_POSITIVE, 20000, 12},
};

static void an_error_above_the_bound_is_caught(void **state)
{
    struct random random = random_stream("above_the_bound");
    struct reference want = sums(&random);

    (void)state;
    for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
        want.sums = factors[f].sums;
        for (size_t i = 0; i < COUNT; i++) {
            const double bound = 0x1p-24 * (factors[f].c * want.terms[i] + fabs(want.value[i]));
            float *got = reference_floats(&want);
            got[i] = (float)(want.value[i] + 1.1 * bound);
            check_that(!compare_at(got, want, factors[f].gate).ok, "factor %zu let 1.1 times pass", f);
            got[i] = (float)(want.value[i] - 0.9 * bound);
            check_verdict(compare_at(got, want, factors[f].gate), "factor %zu refused 0.9 times", f);
        }
    }
}

static void ulps_are_counted(void **state)
{
    const float values[] = {1.0f, 1.5f, 3e-30f, 2e30f};
    const struct reference want = reference_of(PLAIT_SHAPE(4), values);
    float got[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        memcpy(got, values, sizeof got);
        for (int step = 0; step < 3; step++) {
            got[i] = nextafterf(got[i], INFINITY);
        }
        check_verdict(compare(got, &want, GATE_ULP, 3), "3 ULPs at %zu", i);
        check_that(!compare(got, &want, GATE_ULP, 2.7).ok, "3 ULPs pass as 2.7 at %zu", i);
    }
}

static void special_values_keep_their_kind(void **state)
{
    const float values[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, FLT_MAX};
    const struct reference want = reference_of(PLAIT_SHAPE(6), values);
    float got[6];

    (void)state;
    check_verdict(compare(values, &want, GATE_BITS, 0), "same");
    for (size_t i = 0; i < 6; i++) {
        memcpy(got, values, sizeof got);
        got[i] = i == 0 ? 1.0f : -values[i];
        const bool zero = values[i] == 0;
        check_that(!compare(got, &want, GATE_BITS, 0).ok, "value %zu", i);
        check_that(compare(got, &want, GATE_BITS_ZERO, 0).ok == zero, "value %zu", i);
        check_that(compare(got, &want, GATE_HARD, 0).ok == zero, "value %zu", i);
    }
}

static void messages_say_where(void **state)
{
    struct random random = random_stream("messages");
    const struct reference want = sums(&random);
    float *got = reference_floats(&want);

    (void)state;
    got[33] = 7;
    const struct verdict verdict = compare(got, &want, GATE_HARD, 0);
    assert_false(verdict.ok);
    check_has(verdict.text, "element 33 at {1,2,3}: got 7 ");
}

static void empty_comparisons_fail(void **state)
{
    const float zeros[10] = {0};
    const struct reference none = reference_new(PLAIT_SHAPE(0, 3));
    const struct reference zero = reference_of(PLAIT_SHAPE(10), zeros);

    (void)state;
    assert_false(compare(zeros, &none, GATE_BITS, 0).ok);
    assert_false(compare_floats(zeros, zeros, 0).ok);
    (void)compare_enough(0);
    assert_false(compare_enough(0).ok);
    check_verdict(compare(zeros, &zero, GATE_BITS, 0), "zeros");
    assert_false(compare_enough(0.7).ok);
    check_verdict(compare(zeros, &zero, GATE_BITS, 0), "zeros");
    assert_true(compare_enough(0).ok);
}

static void exact_gates_refuse_inexact_references(void **state)
{
    struct random random = random_stream("inexact");
    struct reference want = sums(&random);

    (void)state;
    const float *got = reference_floats(&want);
    assert_false(compare(got, &want, GATE_BITS, 0).ok);
    want.value[3] += 1e-12;
    assert_false(compare(got, &want, GATE_INTEGERS, 0).ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_values_pass),
        cmocka_unit_test(one_wrong_element_is_caught),
        cmocka_unit_test(swapped_axes_are_caught),
        cmocka_unit_test(one_ulp_is_caught),
        cmocka_unit_test(an_error_above_the_bound_is_caught),
        cmocka_unit_test(ulps_are_counted),
        cmocka_unit_test(special_values_keep_their_kind),
        cmocka_unit_test(messages_say_where),
        cmocka_unit_test(empty_comparisons_fail),
        cmocka_unit_test(exact_gates_refuse_inexact_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
