/* SPDX-License-Identifier: MIT */
/* ReLU: Keras's layer with all its options, alone and in the store of another operator. */
#include "random.h"
#include "trial.h"

#include <math.h>

static const float two = 2;
static const float six = 6;
static const float nothing = 0;
static const float half = 0.5F;
static const float infinite = INFINITY;

static const struct {
    const char *name;
    plait_relu_opts opts;
    bool rounds; /* more than once */
} cases[] = {
    {"plain", {0}, false},
    {"max 6", {.max_value = &six}, false},
    {"max 2", {.max_value = &two}, false},
    {"max 0", {.max_value = &nothing}, false},
    {"max infinite", {.max_value = &infinite}, false},
    {"leaky", {.negative_slope = 0.1F}, false},
    {"slope above 1", {.negative_slope = 1.5F}, false},
    {"leaky, max", {.negative_slope = 0.1F, .max_value = &two}, false},
    {"threshold", {.threshold = 0.25F}, false},
    {"max below threshold", {.threshold = 1, .max_value = &half}, false},
    {"threshold, leaky", {.threshold = 1, .negative_slope = 0.2F}, true},
    {"all", {.threshold = 1, .negative_slope = 0.2F, .max_value = &half}, true},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static struct trial trial_of(size_t index, const struct twin *x, const struct twin *y)
{
    return (struct trial){.name = cases[index].name,
                          .inputs = x,
                          .input_count = 1,
                          .outputs = y,
                          .output_count = 1,
                          .gate = cases[index].rounds ? GATE_ULP : GATE_BITS,
                          .limit = 2};
}

static void options(void **state)
{
    struct random random = random_stream("options");
    struct variants seen = {0};

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        plait_graph *graph = twin_graph();
        const struct twin x = twin_input(graph, PLAIT_SHAPE(5, 37), 3, random_floats(&random, DATA_SPECIAL, 555));
        const struct twin y = twin_relu(x, &cases[i].opts);
        const struct trial trial = trial_of(i, &x, &y);
        trial_run_variants(&trial, y, &seen);
        plait_graph_free(graph);
        scratch_reset();
    }
    check_variants(&seen, "cpu");
}

static void in_a_store(void **state)
{
    struct random random = random_stream("in_a_store");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        plait_graph *graph = twin_graph();
        const struct twin x = twin_input(graph, PLAIT_SHAPE(6, 3), 3, random_floats(&random, DATA_SPECIAL, 54));
        const struct twin y = twin_relu(twin_merge(MERGE_MAXIMUM, (struct twin[]){x, x}, 2), &cases[i].opts);
        const struct trial trial = trial_of(i, &x, &y);
        trial_run(&trial);
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* Values of Keras at x, and where its formula is unlike the textbook's. */
static void values_of_keras(void **state)
{
    static const float x[8] = {NAN, -INFINITY, INFINITY, -3, -0.5F, 0.5F, 1, 3};
    static const float wanted[3][8] = {
        {0, 0, 0.5F, 0, 0, 0, 0, 0.5F},                        /* max below threshold */
        {NAN, -INFINITY, INFINITY, -0.8F, -0.3F, -0.1F, 0, 3}, /* threshold, leaky */
        {NAN, -INFINITY, 0.5F, -0.8F, -0.3F, -0.1F, 0, 0.5F},  /* all */
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        plait_graph *graph = twin_graph();
        const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(8));
        const plait_node y = plait_relu(input, &cases[CASES - 3 + i].opts);
        float out[8];
        check_ok(fixture_run(PLAIT_NODES(input), PLAIT_NODES(y), &(struct run_opts){0}, 1, (const float *const[]){x},
                             (float *const[]){out}));
        for (size_t k = 0; k < 8; k++) {
            const bool same = out[k] == wanted[i][k] || (isnan(out[k]) && isnan(wanted[i][k]));
            check_that(same || fabsf(out[k] - wanted[i][k]) < 1e-6F, "%s: relu(%g) is %g, Keras gives %g",
                       cases[CASES - 3 + i].name, (double)x[k], (double)out[k], (double)wanted[i][k]);
        }
        plait_graph_free(graph);
    }
}

static void mistakes(void **state)
{
    static const float negative = -1;
    static const float nan_value = NAN;
    static const struct {
        plait_relu_opts opts;
        const char *message;
    } wrong[] = {
        {{.max_value = &negative}, "max_value is -1; it must be 0 or more"},
        {{.max_value = &nan_value}, "max_value is nan"},
        {{.negative_slope = -0.5F}, "negative_slope is -0.5; it must be 0 or more, and finite"},
        {{.negative_slope = INFINITY}, "negative_slope is inf"},
        {{.threshold = -2}, "threshold is -2; it must be 0 or more, and finite"},
        {{.threshold = NAN}, "threshold is nan"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plait_graph *graph = twin_graph();
        const plait_node y = plait_relu(plait_input(graph, NULL, PLAIT_SHAPE(2)), &wrong[i].opts);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, wrong[i].message);
        check_has(plait_error_message(), "relu \"re_lu\": ");
        assert_int_equal(plait_node_shape(y).rank, 0);
        plait_graph_free(graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options),
        cmocka_unit_test(in_a_store),
        cmocka_unit_test(values_of_keras),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
