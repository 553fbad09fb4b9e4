/* SPDX-License-Identifier: MIT */
/* LayerScale: bit-exact; a part of the dense layer before it. */
#include "layer.h"
#include "oracle_operations.h"

#include <plait/model.h>
#include <plait/normalization.h>

static struct random weights;

static struct twin make(struct twin x, const void *unused)
{
    const plait_array gamma = random_array(&weights, DATA_NORMAL, PLAIT_SHAPE(x.ref.shape.dims[x.ref.shape.rank - 1]));

    (void)unused;
    return (struct twin){plait_layer_scale(x.node, &(plait_layer_scale_opts){.gamma = gamma}),
                         oracle_merge(MERGE_MULTIPLY, (const struct reference[]){x.ref, oracle_constant(gamma)}, 2)};
}

static void channels(void **state)
{
    static const struct layer_case cases[] = {
        {.name = "a picture", .shape = {3, {5, 7, 19}}},
        {.name = "one channel", .shape = {2, {5, 1}}},
        {.name = "a vector", .shape = {1, {33}}, .batch = 5, .planned = 2},
    };
    struct layer_test test = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS};
    struct random random = random_stream("layer scale");

    (void)state;
    weights = random_stream("layer scale weights");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        layer_trial(&test, &cases[i], &random);
        layer_trial_joined(&test, &cases[i], &random);
    }
    check_variants(&test.seen, "cpu");
}

/* As in ConvNeXt: dense, LayerScale, StochasticDepth, a sum with the block's input. */
static void folded(void **state)
{
    struct random random = random_stream("layer scale folded");
    plait_graph *graph = twin_graph();
    const plait_dense_opts opts = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(18, 18))};
    const struct twin x = twin_input(graph, PLAIT_SHAPE(3, 18), 2, random_floats(&random, DATA_NORMAL, 108));
    plait_model *model = NULL;

    (void)state;
    weights = random;
    const struct twin scaled = make(twin_dense(x, &opts), NULL);
    const struct twin y = {plait_ops_add(plait_of(x.node), plait_of(scaled.node), NULL),
                           oracle_merge(MERGE_ADD, (const struct reference[]){x.ref, scaled.ref}, 2)};
    trial_run(&(struct trial){
        .name = "folded", .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_HARD});
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x.node), PLAIT_NODES(y.node), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 1);
    plait_model_free(model);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    static const float values[20];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));
    const plait_node number = plait_input(graph, NULL, (plait_shape){0});

    (void)state;
    (void)plait_layer_scale(x, NULL);
    (void)plait_layer_scale(number, &(plait_layer_scale_opts){.gamma = {values, PLAIT_SHAPE(1)}});
    (void)plait_layer_scale(x, &(plait_layer_scale_opts){.name = "mine", .gamma = {values, PLAIT_SHAPE(4)}});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "layer_scale \"layer_scale\": gamma is missing; it must have shape {3}");
    check_has(plait_error_message(), "layer_scale \"layer_scale_1\": input {} has no channels");
    check_has(plait_error_message(), "layer_scale \"mine\": gamma has shape {4} but must have {3}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels),
        cmocka_unit_test(folded),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
