/* SPDX-License-Identifier: MIT */
/* ZeroPadding1D, ZeroPadding2D: bit-exact. */
#include "layer.h"
#include "oracle_resizing.h"

/* {{begin, end} of rows, of cols}, or of steps alone. */
static struct twin make(struct twin x, const void *opts)
{
    const plait_ends *ends = opts;

    return x.ref.shape.rank == 4 ? twin_zero_padding2d(x, ends[0], ends[1]) : twin_zero_padding1d(x, ends[0]);
}

static void run(enum data data, const struct layer_case *cases, size_t count)
{
    struct layer_test test = {.make = make, .data = data, .gate = GATE_BITS};
    struct random random = random_stream("zero padding");

    for (size_t i = 0; i < count; i++) {
        layer_trial(&test, &cases[i], &random);
        if (i % 3 == 0) {
            layer_trial_joined(&test, &cases[i], &random);
        }
    }
}

static void sequences(void **state)
{
    static const plait_ends both = {1, 1}, begin = {3, 0}, end = {0, 2}, none = {0, 0};
    static const struct layer_case cases[] = {
        {.name = "both ends", .shape = {2, {7, 17}}, .opts = &both},
        {.name = "the beginning", .shape = {2, {5, 33}}, .batch = 3, .planned = 2, .opts = &begin},
        {.name = "the end", .shape = {2, {1, 1}}, .batch = 1, .opts = &end},
        {.name = "none", .shape = {2, {4, 3}}, .opts = &none},
    };

    (void)state;
    run(DATA_NORMAL, cases, sizeof cases / sizeof *cases);
    check_verdict(compare_enough(0.5), "sequences");
}

static void pictures(void **state)
{
    static const plait_ends one[2] = {{1, 1}, {1, 1}}, lower_right[2] = {{0, 1}, {0, 1}},
                            upper_left[2] = {{2, 0}, {3, 0}}, all[2] = {{1, 2}, {3, 4}}, rows[2] = {{2, 1}, {0, 0}},
                            cols[2] = {{0, 0}, {0, 5}}, none[2] = {{0, 0}, {0, 0}}, many[2] = {{0, 4}, {1, 30}};
    static const struct layer_case cases[] = {
        {.name = "one cell", .shape = {3, {5, 7, 19}}, .opts = one},
        {.name = "below and to the right", .shape = {3, {6, 6, 3}}, .batch = 3, .opts = lower_right},
        {.name = "above and to the left", .shape = {3, {4, 5, 16}}, .opts = upper_left},
        {.name = "all different", .shape = {3, {5, 4, 1}}, .batch = 1, .opts = all},
        {.name = "rows", .shape = {3, {5, 4, 33}}, .batch = 1, .planned = 3, .opts = rows},
        {.name = "cols", .shape = {3, {5, 4, 2}}, .batch = 5, .planned = 2, .opts = cols},
        {.name = "none", .shape = {3, {3, 4, 17}}, .opts = none},
        {.name = "many", .shape = {3, {1, 1, 17}}, .opts = many},
        {.name = "longer than a work-item's run", .shape = {3, {1, 2100, 4}}, .batch = 1, .opts = one},
    };

    (void)state;
    run(DATA_NORMAL, cases, sizeof cases / sizeof *cases);
    run(DATA_SPECIAL, cases, 1);
}

static void activation_after_it(void **state)
{
    static const plait_ends ends[2] = {{1, 2}, {0, 1}};
    struct random random = random_stream("zero padding sigmoid");
    struct variants seen = {0};
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(3, 4, 5), 2, random_floats(&random, DATA_NORMAL, 120));
    const struct twin padded = make(x, ends);
    const struct twin y = twin_activate(padded, PLAIT_SIGMOID);

    (void)state;
    assert_string_equal(fixture_steps(PLAIT_NODES(x.node), PLAIT_NODES(y.node), &(struct run_opts){0}),
                        "zero_padding2d");
    trial_run_variants(&(struct trial){.name = "sigmoid after it",
                                       .inputs = &x,
                                       .input_count = 1,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_ULP,
                                       .limit = 4},
                       padded, &seen);
    check_variants(&seen, "cpu");
    plait_graph_free(graph);
    scratch_reset();
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node picture = plait_input(graph, "picture", PLAIT_SHAPE(4, 3, 2));

    (void)state;
    (void)plait_zero_padding2d(x, PLAIT_ENDS(1, 1), PLAIT_ENDS(1, 1), NULL);
    (void)plait_zero_padding1d(picture, PLAIT_ENDS(1, 1), NULL);
    (void)plait_zero_padding1d(x, PLAIT_ENDS(SIZE_MAX - 5, 3), NULL);
    (void)plait_zero_padding2d(picture, PLAIT_ENDS(1, 1), PLAIT_ENDS(2, INT32_MAX),
                               &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "zero_padding2d \"zero_padding2d\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(),
              "zero_padding1d \"zero_padding1d\": input has shape {4,3,2} but must be a sequence, {steps, features}");
    check_has(plait_error_message(), "zero_padding1d \"zero_padding1d_1\": padding of 18446744073709551610 and 3 cells "
                                     "for axis 1 of input {4,3}; pad less");
    check_has(plait_error_message(), "zero_padding2d \"mine\": output shape {6,2147483652,2} has more than");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences),
        cmocka_unit_test(pictures),
        cmocka_unit_test(activation_after_it),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
