/* SPDX-License-Identifier: MIT */
/* Activation: every pointwise function of Keras, against double and at the ends of its range; as an option
 * of other layers it is tested with them. */
#include "random.h"
#include "trial.h"

#include <float.h>
#include <math.h>

#include <plait/model.h>

static const char *const names[] = {
#define NAME(NAME, name, value) [value] = #name,
    PLAIT_ACTIVATIONS(NAME)
#undef NAME
};

/* `count` values from -limit to limit. */
static float *even(struct random *random, double limit, size_t count)
{
    float *values = scratch(count, sizeof *values);

    for (size_t i = 0; i < count; i++) {
        values[i] = (float)((2 * random_unit(random) - 1) * limit);
    }
    return values;
}

static void against_double(void **state)
{
    static const double limits[] = {0.01, 6, 85};
    struct random random = random_stream("against_double");
    struct variants seen = {0};

    (void)state;
    for (plait_activation kind = PLAIT_LINEAR; kind <= PLAIT_GELU_TANH; kind++) {
        const bool is_softmax = kind == PLAIT_SOFTMAX || kind == PLAIT_LOG_SOFTMAX;
        for (size_t i = 0; !is_softmax && i < sizeof limits / sizeof limits[0]; i++) {
            plait_graph *graph = twin_graph();
            const struct twin x = twin_input(graph, PLAIT_SHAPE(10, 50), 2, even(&random, limits[i], 1000));
            const struct twin y = twin_activate(x, kind);
            const struct trial trial = {.name = scratch_text("%s to %g", names[kind], limits[i]),
                                        .inputs = &x,
                                        .input_count = 1,
                                        .outputs = &y,
                                        .output_count = 1,
                                        .gate = GATE_ULP,
                                        .limit = 8};
            trial_run_variants(&trial, y, &seen);
            plait_graph_free(graph);
            scratch_reset();
        }
    }
    check_variants(&seen, "cpu");
}

/* What Keras 3 gives on TensorFlow at these x. */
enum { VALUES = 12 };
static const float ends[VALUES] = {NAN, -INFINITY, INFINITY, -100, 100, -10, 10, -2, 2, -0.25F, 0.25F, 0};

static const struct {
    plait_activation kind;
    float y[VALUES];
} keras[] = {
    {PLAIT_RELU, {NAN, 0, INFINITY, 0, 100, 0, 10, 0, 2, 0, 0.25F, 0}},
    {PLAIT_RELU6, {NAN, 0, 6, 0, 6, 0, 6, 0, 2, 0, 0.25F, 0}},
    {PLAIT_LEAKY_RELU, {NAN, -INFINITY, INFINITY, -20, 100, -2, 10, -0.4F, 2, -0.05F, 0.25F, 0}},
    {PLAIT_ELU, {NAN, -1, INFINITY, -1, 100, -0.99995458F, 10, -0.86466473F, 2, -0.22119921F, 0.25F, 0}},
    {PLAIT_SELU,
     {NAN, -1.7580993F, INFINITY, -1.7580993F, 105.0701F, -1.7580194F, 10.50701F, -1.5201665F, 2.101402F, -0.38889018F,
      0.26267526F, 0}},
    {PLAIT_CELU, {NAN, -1, INFINITY, -1, 100, -0.99995458F, 10, -0.86466473F, 2, -0.22119921F, 0.25F, 0}},
    {PLAIT_GELU, {NAN, NAN, INFINITY, 0, 100, 0, 10, -0.045500264F, 1.9544997F, -0.10032342F, 0.14967658F, 0}},
    {PLAIT_GELU_TANH, {NAN, NAN, INFINITY, 0, 100, 0, 10, -0.045402229F, 1.9545977F, -0.10032465F, 0.14967535F, 0}},
    {PLAIT_SILU,
     {NAN, NAN, INFINITY, 0, 100, -0.0004539786F, 9.9995461F, -0.23840588F, 1.7615942F, -0.10945588F, 0.14054413F, 0}},
    {PLAIT_HARD_SILU, {NAN, NAN, INFINITY, 0, 100, 0, 10, -0.33333334F, 1.6666666F, -0.11458334F, 0.13541667F, 0}},
    {PLAIT_HARD_SIGMOID, {NAN, 0, 1, 0, 1, 0, 1, 0.16666667F, 0.83333331F, 0.45833334F, 0.54166669F, 0.5F}},
    {PLAIT_SIGMOID,
     {NAN, 0, 1, 0, 1, 4.5397861e-05F, 0.99995458F, 0.11920294F, 0.88079709F, 0.4378235F, 0.56217653F, 0.5F}},
    {PLAIT_TANH, {NAN, -1, 1, -1, 1, -1, 1, -0.96402758F, 0.96402758F, -0.24491866F, 0.24491866F, 0}},
    {PLAIT_SOFTPLUS,
     {NAN, 0, INFINITY, 0, 100, 4.5398898e-05F, 10.000046F, 0.126928F, 2.1269281F, 0.57593942F, 0.82593942F,
      0.69314718F}},
    {PLAIT_SOFTSIGN,
     {NAN, NAN, NAN, -0.99009901F, 0.99009901F, -0.90909094F, 0.90909094F, -0.66666669F, 0.66666669F, -0.2F, 0.2F, 0}},
    {PLAIT_EXPONENTIAL,
     {NAN, 0, INFINITY, 0, INFINITY, 4.5399931e-05F, 22026.465F, 0.13533528F, 7.3890562F, 0.77880079F, 1.2840254F, 1}},
    {PLAIT_MISH,
     {NAN, NAN, INFINITY, 0, 100, -0.00045398896F, 10, -0.25250146F, 1.943959F, -0.12992696F, 0.16957241F, 0}},
    {PLAIT_LOG_SIGMOID,
     {NAN, -INFINITY, 0, -100, 0, -10.000046F, -4.5398898e-05F, -2.1269281F, -0.126928F, -0.82593942F, -0.57593942F,
      -0.69314718F}},
    {PLAIT_TANH_SHRINK,
     {NAN, -INFINITY, INFINITY, -99, 99, -9, 9, -1.0359724F, 1.0359724F, -0.0050813407F, 0.0050813407F, 0}},
    {PLAIT_HARD_TANH, {NAN, -1, 1, -1, 1, -1, 1, -1, 1, -0.25F, 0.25F, 0}},
    {PLAIT_SOFT_SHRINK, {0, -INFINITY, INFINITY, -99.5F, 99.5F, -9.5F, 9.5F, -1.5F, 1.5F, 0, 0, 0}},
    {PLAIT_HARD_SHRINK, {0, -INFINITY, INFINITY, -100, 100, -10, 10, -2, 2, 0, 0, 0}},
    {PLAIT_SPARSE_PLUS, {NAN, 0, INFINITY, 0, 100, 0, 10, 0, 2, 0.140625F, 0.390625F, 0.25F}},
    {PLAIT_SPARSE_SIGMOID, {NAN, 0, 1, 0, 1, 0, 1, 0, 1, 0.375F, 0.625F, 0.5F}},
    {PLAIT_SQUAREPLUS,
     {NAN, NAN, INFINITY, 0.0099983215F, 100.00999F, 0.099019527F, 10.09902F, 0.41421354F, 2.4142137F, 0.88278222F,
      1.1327822F, 1}},
};

/* Keras, too, rounds, and intermediate results are as large as x. */
static bool near(float y, float wanted, float x)
{
    if (!isfinite(wanted)) {
        return y == wanted || (isnan(y) && isnan(wanted));
    }
    return fabsf(y - wanted) <= 4 * FLT_EPSILON * fabsf(wanted) + (isfinite(x) ? FLT_EPSILON * fabsf(x) : 0);
}

static void check_ends(size_t index, const char *variant)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(VALUES));
    const plait_node y = plait_activate(x, keras[index].kind, NULL);
    float out[VALUES];

    check_ok(fixture_run(PLAIT_NODES(x), PLAIT_NODES(y), &(struct run_opts){.variants = variant}, 1,
                         (const float *const[]){ends}, (float *const[]){out}));
    for (size_t i = 0; i < VALUES; i++) {
        check_that(near(out[i], keras[index].y[i], ends[i]), "%s(%g) is %.9g, Keras gives %.9g (%s)",
                   names[keras[index].kind], (double)ends[i], (double)out[i], (double)keras[index].y[i], variant);
    }
    plait_graph_free(graph);
}

static void ends_of_the_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keras / sizeof keras[0]; i++) {
        check_ends(i, "activation=cpu");
        check_ends(i, "activation=reference");
    }
}

/* A linear activation is no kernel, unless it is all there is. */
static void linear_costs_nothing(void **state)
{
    plait_graph *graph = twin_graph();
    plait_model *model = NULL;
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3, 4));
    const plait_node y = plait_activate(plait_add(PLAIT_NODES(x, x), NULL), PLAIT_LINEAR, NULL);

    (void)state;
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 1);
    plait_model_free(model);
    plait_graph_free(graph);
}

static void softmax_is_an_activation(void **state)
{
    struct random random = random_stream("softmax_is_an_activation");

    (void)state;
    for (plait_activation kind = PLAIT_SOFTMAX; kind <= PLAIT_LOG_SOFTMAX; kind++) {
        struct variants seen = {0};
        plait_graph *graph = twin_graph();
        const struct twin x = twin_input(graph, PLAIT_SHAPE(5, 19), 2, random_floats(&random, DATA_NORMAL, 190));
        const struct twin y = twin_activate(x, kind);
        assert_string_equal(plait_node_name(y.node), "activation");
        trial_run_variants(&(struct trial){.name = names[kind],
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_ULP,
                                           .limit = 8},
                           y, &seen);
        check_variants(&seen, "cpu");
        plait_graph_free(graph);
        scratch_reset();
    }
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(2));
    const plait_node y = plait_activate(x, (plait_activation)(PLAIT_GELU_TANH + 1), NULL);

    (void)state;
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "activation \"activation\": activation 28 is none; they go from PLAIT_LINEAR, 0, to "
                  "PLAIT_GELU_TANH, 27");
    assert_int_equal(plait_node_shape(y).rank, 0);
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_double),
        cmocka_unit_test(ends_of_the_range),
        cmocka_unit_test(linear_costs_nothing),
        cmocka_unit_test(softmax_is_an_activation),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
