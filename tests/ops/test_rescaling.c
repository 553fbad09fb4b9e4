/* SPDX-License-Identifier: MIT */
/* Rescaling: bit-exact in Keras's order; what follows and only scales and shifts becomes a part of it. */
#include "layer.h"
#include "oracle_normalization.h"
#include "oracle_operations.h"

#include <plait/model.h>

struct rescaling {
    bool numbers;
    plait_shape scale, offset;
};

static struct random constants;

static struct twin make(struct twin x, const void *opts)
{
    const struct rescaling *r = opts;
    const plait_array scale = random_array(&constants, DATA_NORMAL, r->scale);
    const plait_array offset = random_array(&constants, DATA_NORMAL, r->offset);

    return (struct twin){plait_rescaling(x.node, r->numbers ? plait_number(scale.data[0]) : plait_constant(scale),
                                         r->numbers ? plait_number(offset.data[0]) : plait_constant(offset), NULL),
                         oracle_affine(x.ref, oracle_constant(scale), oracle_constant(offset), false)};
}

static const struct rescaling numbers = {true, {0}, {0}}, channels = {false, {1, {19}}, {1, {19}}},
                              mixed = {false, {1, {19}}, {0}}, picture = {false, {3, {5, 7, 19}}, {2, {7, 1}}},
                              rows = {false, {3, {5, 1, 1}}, {2, {1, 19}}};

static void constants_of_all_kinds(void **state)
{
    static const struct layer_case cases[] = {
        {.name = "numbers", .shape = {3, {5, 7, 19}}, .opts = &numbers},
        {.name = "channels", .shape = {3, {5, 7, 19}}, .opts = &channels},
        {.name = "an array and a number", .shape = {3, {5, 7, 19}}, .opts = &mixed},
        {.name = "arrays of two shapes", .shape = {3, {5, 7, 19}}, .opts = &picture},
        {.name = "rows and channels", .shape = {3, {5, 7, 19}}, .batch = 1, .planned = 3, .opts = &rows},
        {.name = "numbers only", .shape = {0}, .batch = 4, .opts = &numbers},
    };
    struct layer_test test = {.make = make, .gate = GATE_BITS};
    struct layer_test special = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS};

    (void)state;
    constants = random_stream("rescaling");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
    layer_trial(&special, &cases[1], &constants);
}

/* Rescaling, Normalization, BatchNormalization, * 2, + 1: one kernel. */
static struct twin chain(struct twin x, struct random *random)
{
    const plait_normalization_opts norm = {.mean = random_array(random, DATA_NORMAL, PLAIT_SHAPE(18)),
                                           .variance = random_array(random, DATA_POSITIVE, PLAIT_SHAPE(18))};
    const plait_batch_normalization_opts bn = {.moving_mean = random_array(random, DATA_NORMAL, PLAIT_SHAPE(18)),
                                               .moving_variance = random_array(random, DATA_POSITIVE, PLAIT_SHAPE(18))};
    struct twin y = make(x, &numbers);

    y = (struct twin){plait_normalization(y.node, &norm), oracle_normalization(y.ref, &norm)};
    y = twin_batch_normalization(y, &bn);
    y = (struct twin){plait_ops_multiply(plait_of(y.node), plait_number(2), NULL),
                      oracle_merge(MERGE_MULTIPLY, (const struct reference[]){y.ref, oracle_number(2)}, 2)};
    return (struct twin){plait_ops_add(plait_of(y.node), plait_number(1), NULL),
                         oracle_merge(MERGE_ADD, (const struct reference[]){y.ref, oracle_number(1)}, 2)};
}

static void a_chain(void **state)
{
    struct random random = random_stream("rescaling chain");
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(3, 18), 2, random_floats(&random, DATA_NORMAL, 108));
    plait_model *model = NULL;

    (void)state;
    constants = random;
    const struct twin y = chain(x, &random);
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x.node), PLAIT_NODES(y.node), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 1);
    plait_model_free(model);
    trial_run(&(struct trial){
        .name = "a chain", .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_HARD});
    plait_graph_free(graph);
}

/* One number for all, then one a channel: the constants get wider. */
static void a_wider_one_behind_it(void **state)
{
    struct random random = random_stream("rescaling wider");
    plait_graph *graph = twin_graph();
    const plait_layer_scale_opts opts = {.gamma = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(18))};
    const struct twin x = twin_input(graph, PLAIT_SHAPE(5, 18), 2, random_floats(&random, DATA_NORMAL, 180));
    const struct rescaling kinds[] = {numbers, {false, {2, {5, 1}}, {0}}};

    (void)state;
    constants = random_stream("rescaling wider constants");
    for (size_t i = 0; i < 2; i++) {
        const struct twin scaled = make(x, &kinds[i]);
        const struct twin y = {
            plait_layer_scale(scaled.node, &opts),
            oracle_merge(MERGE_MULTIPLY, (const struct reference[]){scaled.ref, oracle_constant(opts.gamma)}, 2)};
        trial_run(&(struct trial){.name = "a wider one",
                                  .inputs = &x,
                                  .input_count = 1,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_HARD});
    }
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    static const float values[20];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));
    const plait_operand one = plait_number(1);

    (void)state;
    (void)plait_rescaling(x, plait_of(x), one, NULL);
    (void)plait_rescaling(x, one, plait_constant((plait_array){0}), NULL);
    (void)plait_rescaling(x, plait_constant((plait_array){values, PLAIT_SHAPE(4)}), one, NULL);
    (void)plait_rescaling(x, one, plait_constant((plait_array){values, PLAIT_SHAPE(2, 1, 3)}),
                          &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "rescaling \"rescaling\": scale is a node; it must be a number or an array");
    check_has(plait_error_message(), "rescaling \"rescaling_1\": offset of shape {} has no values");
    check_has(plait_error_message(),
              "rescaling \"rescaling_2\": scale has shape {4} and offset {}; both must broadcast "
              "with input {4,3}");
    check_has(plait_error_message(), "rescaling \"mine\": scale has shape {} and offset {2,1,3}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_of_all_kinds),
        cmocka_unit_test(a_chain),
        cmocka_unit_test(a_wider_one_behind_it),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
