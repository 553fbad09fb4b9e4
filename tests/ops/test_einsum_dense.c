/* SPDX-License-Identifier: MIT */
/* EinsumDense: several axes summed over, several new ones, in every variant. */
#include "layer.h"
#include "oracle_attention.h"

struct einsum {
    size_t summed;
    plait_shape kernel;
    size_t news; /* its last axes; of a bias, 0: none */
    plait_activation activation;
};

static struct random weights;

static struct twin make(struct twin x, const void *opts)
{
    const struct einsum *einsum = opts;
    plait_einsum_dense_opts o = {
        .kernel = random_array(&weights, DATA_NORMAL, einsum->kernel),
        .summed = einsum->summed,
        .activation = einsum->activation,
    };
    plait_shape bias = {.rank = einsum->news};

    for (size_t i = 0; i < bias.rank; i++) {
        bias.dims[i] = einsum->kernel.dims[einsum->kernel.rank - bias.rank + i];
    }
    if (bias.rank > 0) {
        o.bias = random_array(&weights, DATA_NORMAL, bias);
    }
    return (struct twin){plait_einsum_dense(x.node, &o), oracle_einsum_dense(x.ref, &o)};
}

static const struct einsum dense = {0, {2, {5, 17}}, 1, PLAIT_LINEAR}, two_new = {1, {3, {5, 3, 4}}, 2, PLAIT_RELU},
                           two_summed = {2, {3, {3, 5, 7}}, 1, PLAIT_LINEAR},
                           both = {2, {4, {3, 5, 2, 9}}, 0, PLAIT_SOFTMAX},
                           all = {3, {5, {2, 3, 5, 1, 33}}, 2, PLAIT_TANH};

static const struct layer_case cases[] = {
    {.name = "dense", .shape = {2, {4, 5}}, .opts = &dense},
    {.name = "two new axes", .shape = {3, {2, 3, 5}}, .planned = 3, .opts = &two_new},
    {.name = "two axes summed over", .shape = {3, {6, 3, 5}}, .opts = &two_summed},
    {.name = "two of both", .shape = {4, {2, 2, 3, 5}}, .batch = 1, .opts = &both},
    {.name = "all axes", .shape = {3, {2, 3, 5}}, .batch = 3, .opts = &all},
};

static void axes_of_all_kinds(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_HARD};
    struct random random = random_stream("einsum");

    (void)state;
    weights = random_stream("einsum weights");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plait_graph *graph = twin_graph();
        const size_t batch = cases[i].batch ? cases[i].batch : 2;
        const float *values = random_floats(&random, DATA_NORMAL, batch * sample_size(cases[i].shape));
        const struct twin x = twin_input(graph, cases[i].shape, batch, values);
        const struct twin y = make(x, cases[i].opts);
        for (size_t k = 0; k < 2; k++) {
            trial_run(
                &(struct trial){.name = cases[i].name,
                                .inputs = &x,
                                .input_count = 1,
                                .outputs = &y,
                                .output_count = 1,
                                .gate = GATE_HARD,
                                .run = {.planned = cases[i].planned, .variants = k ? "einsum_dense=reference" : NULL}});
        }
        plait_graph_free(graph);
        scratch_reset();
    }
    layer_trial_joined(&test, &cases[0], &random);
    layer_trial_joined(&test, &cases[1], &random);
    check_verdict(compare_enough(0.7), "einsum");
}

static void a_layer_is_one(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(2, 3, 5));
    char text[8192];

    (void)state;
    weights = random_stream("einsum one");
    const struct twin y = make((struct twin){x, reference_new(PLAIT_SHAPE(1, 2, 3, 5))}, &all);
    check_ok(plait_graph_check(graph));
    check_ok(plait_graph_summary(PLAIT_NODES(x), PLAIT_NODES(y.node), NULL, text, sizeof text, NULL));
    check_has(text, "einsum_dense (EinsumDense) ");
    check_has(text, "(None, 1, 33) ");
    check_has(text, "Total params: 1,023 ");
    plait_graph_free(graph);
    scratch_reset();
}

static void mistakes(void **state)
{
    static const float w[64];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 6));
    const plait_array kernel = {w, PLAIT_SHAPE(4, 6, 2)};

    (void)state;
    (void)plait_einsum_dense(x, NULL);
    (void)plait_einsum_dense(x, &(plait_einsum_dense_opts){.kernel = kernel});
    (void)plait_einsum_dense(x, &(plait_einsum_dense_opts){.kernel = kernel, .summed = 3});
    (void)plait_einsum_dense(x, &(plait_einsum_dense_opts){.kernel = {w, PLAIT_SHAPE(6, 4, 2)}, .summed = 2});
    (void)plait_einsum_dense(x, &(plait_einsum_dense_opts){.kernel = kernel, .summed = SIZE_MAX});
    (void)plait_einsum_dense(x,
                             &(plait_einsum_dense_opts){.kernel = {w, {9, {6, 1, 1, 1, 1, 1, 1, 1}}}, .name = "long"});
    (void)plait_einsum_dense(
        x, &(plait_einsum_dense_opts){.kernel = {w, PLAIT_SHAPE(6, 1, 1, 1, 1, 1, 1, 1)}, .name = "many"});
    (void)plait_einsum_dense(x,
                             &(plait_einsum_dense_opts){.kernel = kernel, .bias = kernel, .summed = 2, .name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "einsum_dense \"einsum_dense\": kernel is missing");
    check_has(plait_error_message(),
              "\"einsum_dense_1\": input {4,6} has 6 channels but kernel expects 4 (kernel {4,6,2})");
    check_has(plait_error_message(),
              "\"einsum_dense_2\": kernel has shape {4,6,2} but must have 4 axes, of which 3 are");
    check_has(plait_error_message(),
              "\"einsum_dense_3\": input {4,6} has 6 channels but kernel expects 24 (kernel {6,4,2})");
    check_has(plait_error_message(), "\"einsum_dense_4\": kernel has shape {4,6,2} but must have");
    check_has(plait_error_message(), "\"long\": kernel has shape {");
    check_has(plait_error_message(), "reshape \"many\": target_shape has 8 axes; besides the batch there may be 7");
    check_has(plait_error_message(), "einsum_dense \"mine\": bias has shape {4,6,2} but must have {2}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_of_all_kinds),
        cmocka_unit_test(a_layer_is_one),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
