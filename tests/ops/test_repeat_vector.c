/* SPDX-License-Identifier: MIT */
/* RepeatVector: bit-exact. */
#include "layer.h"
#include "oracle_reshaping.h"

static struct twin make(struct twin x, const void *n)
{
    const size_t times = *(const size_t *)n;

    return (struct twin){plait_repeat_vector(x.node, times, NULL), oracle_repeat_vector(x.ref, times)};
}

static struct layer_test test = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS};

static void numbers(void **state)
{
    static const size_t one = 1, three = 3, many = 600;
    static const struct layer_case cases[] = {
        {.name = "three times", .shape = {1, {19}}, .opts = &three},
        {.name = "once", .shape = {1, {19}}, .opts = &one},
        {.name = "one feature", .shape = {1, {1}}, .opts = &many},
        {.name = "one sample of three planned", .shape = {1, {16}}, .batch = 1, .planned = 3, .opts = &three},
        {.name = "more than a work-item's run", .shape = {1, {33}}, .opts = &many},
    };

    (void)state;
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node v = plait_input(graph, "v", PLAIT_SHAPE(4));

    (void)state;
    (void)plait_repeat_vector(x, 2, NULL);
    (void)plait_repeat_vector(v, 0, &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "repeat_vector \"repeat_vector\": input has shape {4,3}; it must be {features}, with one axis");
    check_has(plait_error_message(), "repeat_vector \"mine\": n is 0; it must be at least 1");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
