/* SPDX-License-Identifier: MIT */
/* Softmax: along every axis, and with what exp cannot take. */
#include "layer.h"
#include "oracle_reshaping.h"

#include <math.h>

static const struct {
    const char *name;
    int axis; /* 0: Keras's default */
    size_t batch;
    size_t planned; /* 0: batch */
    plait_shape shape;
} cases[] = {
    {"ten classes", 0, 3, 0, {1, {10}}},
    {"one class", 0, 3, 0, {1, {1}}},
    {"two classes", -1, 2, 5, {3, {3, 3, 2}}},
    {"16 classes", -1, 2, 0, {2, {3, 16}}},
    {"17 classes", -1, 2, 0, {2, {3, 17}}},
    {"1000 classes", 0, 1, 4, {1, {1000}}},
    {"longer than a work-item's run", 0, 1, 0, {1, {8200}}},
    {"rows", 1, 2, 0, {3, {5, 4, 3}}},
    {"cols", 2, 2, 3, {3, {5, 4, 3}}},
    {"cols from the end", -2, 1, 0, {3, {5, 4, 17}}},
    {"more than planned", 1, 5, 2, {2, {6, 3}}},
    {"long lines abreast", 1, 1, 0, {2, {300, 35}}},
    {"seven axes", 3, 2, 0, {7, {2, 1, 3, 2, 1, 2, 2}}},
};

static void table(void **state)
{
    struct random random = random_stream("table");
    struct variants seen = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_graph *graph = twin_graph();
        size_t count = cases[i].batch;
        for (size_t axis = 0; axis < cases[i].shape.rank; axis++) {
            count *= cases[i].shape.dims[axis];
        }
        const float *values = random_floats(&random, DATA_NORMAL, count);
        const struct twin x = twin_input(graph, cases[i].shape, cases[i].batch, values);
        const struct twin y = twin_softmax(x, cases[i].axis);
        trial_run_variants(&(struct trial){.name = cases[i].name,
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_ULP,
                                           .limit = 8,
                                           .run = {.planned = cases[i].planned}},
                           y, &seen);
        plait_graph_free(graph);
        scratch_reset();
    }
    check_variants(&seen, "cpu");
    check_verdict(compare_enough(0.7), "table");
}

/* Values that a mask hides count as -1e9, and their results are 0: also those of lines without any others. */
static void masked(void **state)
{
    static const plait_shape masks[] = {{2, {6, 19}}, {2, {1, 19}}, {2, {6, 1}}};
    struct random random = random_stream("masked softmax");

    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        plait_graph *graph = twin_graph();
        const plait_shape shape = PLAIT_SHAPE(6, 19);
        const struct twin x[] = {
            twin_input(graph, shape, 2, random_floats(&random, DATA_NORMAL, 2 * sample_size(shape))),
            twin_input(graph, masks[i], 2, random_floats(&random, DATA_INTEGERS, 2 * sample_size(masks[i])))};
        struct reference hidden = reference_of(x[0].ref.shape, reference_floats(&x[0].ref));
        const struct reference zero = oracle_merge(MERGE_SUBTRACT, (const struct reference[]){hidden, hidden}, 2);
        const struct reference mask = oracle_merge(MERGE_ADD, (const struct reference[]){x[1].ref, zero}, 2);
        for (size_t e = 0; e < hidden.count; e++) {
            hidden.value[e] = mask.value[e] == 0 ? -1e9 : hidden.value[e];
        }
        struct twin y = {plait_softmax(x[0].node, &(plait_softmax_opts){.mask = x[1].node}),
                         oracle_softmax(hidden, -1)};
        for (size_t e = 0; e < hidden.count; e++) {
            y.ref.value[e] = mask.value[e] == 0 ? 0 : y.ref.value[e];
        }
        trial_run(&(struct trial){.name = "masked",
                                  .inputs = x,
                                  .input_count = 2,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_ULP,
                                  .limit = 8});
        plait_graph_free(graph);
        scratch_reset();
    }
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(1, 3));
    const plait_node mask = plait_input(graph, NULL, PLAIT_SHAPE(2, 3));
    (void)plait_softmax(x, &(plait_softmax_opts){.mask = mask});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "mask has shape {2,3}, which does not broadcast to that of x, {1,3}");
    plait_graph_free(graph);
}

static struct twin over_axes(struct twin x, const void *axes)
{
    const plait_axes named = *(const plait_axes *)axes;

    return (struct twin){plait_softmax(x.node, &(plait_softmax_opts){.axes = named}),
                         oracle_softmax_axes(x.ref, named)};
}

/* One softmax over several axes. */
static void several_axes(void **state)
{
    static const plait_axes one = {1, {1}}, two = {2, {1, 2}}, last = {2, {-1, 2}}, outer = {2, {3, 1}},
                            all = {3, {1, 2, 3}};
    static const struct layer_case layers[] = {
        {.name = "two axes", .shape = {3, {4, 5, 18}}, .opts = &two},
        {.name = "the last two", .shape = {3, {4, 5, 18}}, .opts = &last},
        {.name = "the first and the last", .shape = {3, {4, 5, 18}}, .opts = &outer},
        {.name = "all", .shape = {3, {4, 5, 18}}, .batch = 1, .planned = 3, .opts = &all},
        {.name = "one", .shape = {2, {5, 18}}, .opts = &one},
    };
    struct layer_test test = {.make = over_axes, .gate = GATE_ULP, .limit = 8};
    struct random random = random_stream("several axes");

    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        layer_trial(&test, &layers[i], &random);
        layer_trial_joined(&test, &layers[i], &random);
    }
    check_variants(&test.seen, "cpu");
    check_verdict(compare_enough(0.7), "several axes");
}

/* From a slice of one joined tensor into a slice of another. */
static void slices(void **state)
{
    struct random random = random_stream("slices");

    (void)state;
    for (int axis = 1; axis <= 3; axis++) {
        struct variants seen = {0};
        plait_graph *graph = twin_graph();
        const struct twin x = twin_input(graph, PLAIT_SHAPE(3, 4, 18), 2, random_floats(&random, DATA_NORMAL, 432));
        const struct twin part = twin_relu(x, NULL);
        const struct twin y = twin_softmax(part, -axis);
        const struct twin outputs[] = {twin_concatenate((struct twin[]){x, part}, 2, axis),
                                       twin_concatenate((struct twin[]){x, y, x}, 3, axis)};
        trial_run_variants(&(struct trial){.name = "slices",
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = outputs,
                                           .output_count = 2,
                                           .gate = GATE_ULP,
                                           .limit = 8,
                                           .run = {.planned = 3}},
                           y, &seen);
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* One row at a time: what Keras gives, and NaN throughout a row that has a NaN or +Inf. */
static const struct {
    float x[3];
    float y[3];
    float log[3];
} rows[] = {
    {{1000, 0, -1000}, {1, 0, 0}, {0, -1000, -2000}},
    {{-200, -201, -202}, {0.66524096F, 0.24472847F, 0.09003057F}, {-0.40760596F, -1.407606F, -2.407606F}},
    {{1, -INFINITY, 2}, {0.26894143F, 0, 0.73105854F}, {-1.3132616F, -INFINITY, -0.31326166F}},
    {{-1e30F, 1e30F, 0}, {0, 1, 0}, {-2e30F, 0, -1e30F}},
    {{-INFINITY, -INFINITY, -INFINITY}, {NAN, NAN, NAN}, {NAN, NAN, NAN}},
    {{INFINITY, 1, 2}, {NAN, NAN, NAN}, {NAN, NAN, NAN}},
    {{1, 2, NAN}, {NAN, NAN, NAN}, {NAN, NAN, NAN}},
    {{NAN, 2, 1}, {NAN, NAN, NAN}, {NAN, NAN, NAN}},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void check_row(const char *what, const float *x, const float *got, const float *wanted)
{
    for (size_t i = 0; i < 3; i++) {
        const bool same = got[i] == wanted[i] || (isnan(got[i]) && isnan(wanted[i]));
        check_that(same || fabsf(got[i] - wanted[i]) <= 1e-6F * fabsf(wanted[i]),
                   "%s of {%g, %g, %g} at %zu: got %.9g, wanted %.9g", what, (double)x[0], (double)x[1], (double)x[2],
                   i, (double)got[i], (double)wanted[i]);
    }
}

static void special_values(void **state)
{
    static const char *const variants[] = {"softmax=cpu", "softmax=reference"};
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(ROWS, 3));
    const plait_nodes outputs = PLAIT_NODES(plait_softmax(x, NULL), plait_activate(x, PLAIT_LOG_SOFTMAX, NULL));
    float data[ROWS][3];
    float y[ROWS][3];
    float log_y[ROWS][3];

    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < 3; i++) {
            data[row][i] = rows[row].x[i];
        }
    }
    for (size_t v = 0; v < 2; v++) {
        check_ok(fixture_run(PLAIT_NODES(x), outputs, &(struct run_opts){.variants = variants[v]}, 1,
                             (const float *const[]){data[0]}, (float *const[]){y[0], log_y[0]}));
        for (size_t row = 0; row < ROWS; row++) {
            check_row(variants[v], data[row], y[row], rows[row].y);
            check_row("log_softmax", data[row], log_y[row], rows[row].log);
        }
    }
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 5));
    const plait_node number = plait_input(graph, NULL, (plait_shape){0});

    (void)state;
    (void)plait_softmax(x, &(plait_softmax_opts){.axis = 3});
    (void)plait_softmax(x, &(plait_softmax_opts){.axis = -3});
    (void)plait_softmax(number, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "softmax \"softmax\": axis 3 is out of range for input {4,5}; it must be 1 to 2 or -2 to -1");
    check_has(plait_error_message(), "softmax \"softmax_1\": axis -3 is out of range");
    check_has(plait_error_message(), "softmax \"softmax_2\": axis -1 cannot be: input {} has no axis but the batch");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masked), cmocka_unit_test(table),          cmocka_unit_test(several_axes),
        cmocka_unit_test(slices), cmocka_unit_test(special_values), cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
