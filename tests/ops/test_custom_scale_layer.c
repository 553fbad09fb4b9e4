/* SPDX-License-Identifier: MIT */
/* CustomScaleLayer: bit-exact alone; a part of the convolution before it otherwise. */
#include "layer.h"
#include "oracle_operations.h"

#include <plait/model.h>

static struct variants seen;

static struct twin make(struct twin a, struct twin b, float scale)
{
    const struct reference product =
        oracle_merge(MERGE_MULTIPLY, (const struct reference[]){b.ref, oracle_number(scale)}, 2);

    return (struct twin){plait_custom_scale_layer(PLAIT_NODES(a.node, b.node), scale, NULL),
                         oracle_merge(MERGE_ADD, (const struct reference[]){a.ref, product}, 2)};
}

static void values(void **state)
{
    static const struct {
        const char *name;
        enum data data;
        plait_shape a, b;
    } cases[] = {
        {"plain", DATA_NORMAL, {3, {5, 7, 19}}, {3, {5, 7, 19}}},
        {"special values", DATA_SPECIAL, {2, {9, 37}}, {2, {9, 37}}},
        {"stretched", DATA_NORMAL, {3, {4, 3, 16}}, {3, {1, 1, 16}}},
    };
    struct random random = random_stream("custom scale");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_graph *graph = twin_graph();
        const struct twin x[] = {
            twin_input(graph, cases[i].a, 2, random_floats(&random, cases[i].data, 2 * sample_size(cases[i].a))),
            twin_input(graph, cases[i].b, 2, random_floats(&random, cases[i].data, 2 * sample_size(cases[i].b)))};
        const struct twin y = make(x[0], x[1], 0.17F);
        check_ok(plait_graph_check(graph));
        trial_run_variants(&(struct trial){.name = cases[i].name,
                                           .inputs = x,
                                           .input_count = 2,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_BITS,
                                           .run = {.planned = 3}},
                           y, &seen);
        plait_graph_free(graph);
        scratch_reset();
    }
    check_variants(&seen, "cpu");
}

/* As in Inception-ResNet: a convolution, the scaled sum, ReLU. */
static void in_a_residual_block(void **state)
{
    struct random random = random_stream("custom scale block");
    plait_graph *graph = twin_graph();
    const plait_conv2d_opts opts = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(1, 1, 5, 18)),
                                    .bias = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(18))};
    const struct twin x[] = {twin_input(graph, PLAIT_SHAPE(4, 3, 18), 2, random_floats(&random, DATA_NORMAL, 432)),
                             twin_input(graph, PLAIT_SHAPE(4, 3, 5), 2, random_floats(&random, DATA_NORMAL, 120))};
    const struct twin y = twin_relu(make(x[0], twin_conv2d(x[1], &opts), 0.2F), NULL);
    plait_model *model = NULL;
    char text[4000];

    (void)state;
    trial_run(&(struct trial){.name = "a residual block",
                              .inputs = x,
                              .input_count = 2,
                              .outputs = &y,
                              .output_count = 1,
                              .gate = GATE_HARD});
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x[0].node, x[1].node), PLAIT_NODES(y.node), NULL,
                                &model));
    assert_int_equal(plait_model_step_count(model), 1);
    check_ok(plait_model_report(model, text, sizeof text, NULL));
    check_has(text, "with custom_scale_layer");
    check_ok(plait_model_summary(model, 120, text, sizeof text, NULL));
    check_has(text, "custom_scale_layer");
    check_has(text, "(CustomScaleLayer)");
    check_has(text, "input_layer[0][0],");
    plait_model_free(model);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4, 3));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(5, 3));

    (void)state;
    (void)plait_custom_scale_layer(PLAIT_NODES(a), 1, NULL);
    (void)plait_custom_scale_layer(PLAIT_NODES(a, b), 1, NULL);
    (void)plait_custom_scale_layer(PLAIT_NODES(a, a, a), 1, &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "custom_scale_layer \"custom_scale_layer\": it takes exactly 2 inputs but got 1");
    check_has(plait_error_message(), "\"custom_scale_layer_1\": input 1 has shape {5,3}, which does not broadcast with "
                                     "{4,3}");
    check_has(plait_error_message(), "\"mine\": it takes exactly 2 inputs but got 3");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(in_a_residual_block),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
