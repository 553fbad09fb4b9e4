/* SPDX-License-Identifier: MIT */
/* Reshape: the same bits, no kernel where the memory can stay. */
#include "layer.h"
#include "oracle_reshaping.h"

#include <plait/model.h>
#include <string.h>

static const struct {
    const char *name;
    plait_shape shape, target, result;
} cases[] = {
    {"to a picture", {1, {60}}, {3, {5, 4, 3}}, {3, {5, 4, 3}}},
    {"to a vector", {3, {5, 4, 3}}, {1, {60}}, {1, {60}}},
    {"the rest last", {3, {5, 4, 3}}, {2, {6, PLAIT_REST}}, {2, {6, 10}}},
    {"the rest first", {3, {5, 4, 3}}, {3, {PLAIT_REST, 1, 15}}, {3, {4, 1, 15}}},
    {"a rest of 1", {2, {5, 4}}, {3, {5, PLAIT_REST, 4}}, {3, {5, 1, 4}}},
    {"the rest alone", {2, {5, 4}}, {1, {PLAIT_REST}}, {1, {20}}},
    {"the same", {2, {5, 4}}, {2, {5, 4}}, {2, {5, 4}}},
    {"a number", {2, {1, 1}}, {0}, {0}},
    {"of a number", {0}, {2, {1, 1}}, {2, {1, 1}}},
    {"seven axes", {2, {8, 6}}, {7, {2, 2, 2, 1, 3, 2, 1}}, {7, {2, 2, 2, 1, 3, 2, 1}}},
};

static void shapes(void **state)
{
    struct random random = random_stream("reshape");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_graph *graph = twin_graph();
        const struct twin x =
            twin_input(graph, cases[i].shape, 3, random_floats(&random, DATA_SPECIAL, 3 * sample_size(cases[i].shape)));
        const struct twin y = {plait_reshape(x.node, cases[i].target, NULL), oracle_reshape(x.ref, cases[i].result)};
        check_ok(plait_graph_check(graph));
        trial_run(&(struct trial){.name = cases[i].name,
                                  .inputs = &x,
                                  .input_count = 1,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_BITS,
                                  .run = {.planned = 2}});
        plait_graph_free(graph);
        scratch_reset();
    }
}

static plait_node two_layers(plait_graph *graph, plait_node *x)
{
    *x = plait_input(graph, "x", PLAIT_SHAPE(5, 4));
    const plait_node y = plait_activate(*x, PLAIT_TANH, NULL);

    return plait_relu(plait_reshape(y, PLAIT_SHAPE(2, PLAIT_REST), NULL), NULL);
}

static void it_costs_nothing(void **state)
{
    plait_graph *graph = twin_graph();
    plait_node x;
    const plait_node y = two_layers(graph, &x);
    plait_model *model = NULL;
    char text[2000];

    (void)state;
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 2);
    check_ok(plait_model_report(model, text, sizeof text, NULL));
    check_has(text, "no kernel runs for: reshape\n");
    plait_model_free(model);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));

    (void)state;
    (void)plait_reshape(x, PLAIT_SHAPE(5, 3), NULL);
    (void)plait_reshape(x, PLAIT_SHAPE(5, PLAIT_REST), NULL);
    (void)plait_reshape(x, PLAIT_SHAPE(PLAIT_REST, 2, PLAIT_REST), NULL);
    (void)plait_reshape(x, PLAIT_SHAPE(PLAIT_REST, 0), NULL);
    (void)plait_reshape(x, PLAIT_SHAPE(1, 1, 1, 1, 1, 1, 3, 4), NULL);
    (void)plait_reshape(x, PLAIT_SHAPE(SIZE_MAX / 2, SIZE_MAX / 2), &(plait_layer_opts){.name = "mine"});
    check_message(
        plait_graph_check(graph), PLAIT_ERR_GRAPH,
        "reshape \"reshape\": input {4,3} has 12 elements, which target_shape {5,3} does not hold; the number "
        "of elements must stay");
    check_has(plait_error_message(), "reshape \"reshape_1\": input {4,3} has 12 elements, which target_shape {5,2}");
    check_has(plait_error_message(), "reshape \"reshape_2\": target_shape has more than one PLAIT_REST");
    check_has(plait_error_message(), "reshape \"reshape_3\": input {4,3} has 12 elements, which target_shape {0,0}");
    check_has(plait_error_message(),
              "reshape \"reshape_4\": target_shape has 8 axes; besides the batch there may be 7");
    check_has(plait_error_message(), "reshape \"mine\": input {4,3} has 12 elements, which target_shape");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(it_costs_nothing),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
