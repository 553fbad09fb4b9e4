/* SPDX-License-Identifier: MIT */
/* GlobalMaxPooling and GlobalAveragePooling. */
#include "layer.h"
#include "oracle_pooling.h"

typedef plait_node make_pooling(plait_node x, const plait_global_pooling_opts *opts);

/* A layer, and whether it keeps its axes. */
struct pool {
    enum pooling kind;
    make_pooling *make;
    bool keepdims;
};

static struct twin make(struct twin x, const void *opts)
{
    const struct pool *pool = opts;

    return (struct twin){pool->make(x.node, &(plait_global_pooling_opts){.keepdims = pool->keepdims}),
                         oracle_global_pooling(pool->kind, x.ref, pool->keepdims)};
}

static const struct pool max1d = {POOLING_MAX, plait_global_max_pooling1d, false},
                         max2d = {POOLING_MAX, plait_global_max_pooling2d, false},
                         max2d_keeps = {POOLING_MAX, plait_global_max_pooling2d, true},
                         average1d = {POOLING_AVERAGE, plait_global_average_pooling1d, false},
                         average1d_keeps = {POOLING_AVERAGE, plait_global_average_pooling1d, true},
                         average2d = {POOLING_AVERAGE, plait_global_average_pooling2d, false},
                         average2d_keeps = {POOLING_AVERAGE, plait_global_average_pooling2d, true};

static const struct layer_case cases[] = {
    {.name = "pictures", .shape = {3, {7, 7, 64}}, .opts = &average2d},
    {.name = "many rows", .shape = {3, {30, 19, 32}}, .batch = 1, .opts = &average2d},
    {.name = "odd channels, kept", .shape = {3, {5, 6, 17}}, .batch = 3, .opts = &average2d_keeps},
    {.name = "one channel", .shape = {3, {9, 8, 1}}, .opts = &average2d},
    {.name = "one pixel", .shape = {3, {1, 1, 33}}, .opts = &average2d},
    {.name = "many channels", .shape = {3, {2, 3, 530}}, .batch = 1, .opts = &average2d_keeps},
    {.name = "sequences", .shape = {2, {19, 35}}, .batch = 3, .planned = 2, .opts = &average1d},
    {.name = "sequences, kept", .shape = {2, {19, 3}}, .opts = &average1d_keeps},
};

static const struct layer_case largest[] = {
    {.name = "pictures", .shape = {3, {7, 7, 64}}, .opts = &max2d},
    {.name = "odd channels, kept", .shape = {3, {5, 6, 17}}, .batch = 3, .opts = &max2d_keeps},
    {.name = "one channel", .shape = {3, {9, 8, 1}}, .opts = &max2d},
    {.name = "sequences", .shape = {2, {19, 35}}, .batch = 3, .opts = &max1d},
};

/* One test for each operator of a table. */
static void try_table(const struct layer_case *table, size_t count, enum data data, enum gate gate)
{
    struct random random = random_stream("global pooling");

    for (size_t i = 0; i < count; i++) {
        struct layer_test test = {.make = make, .data = data, .gate = gate};
        layer_trial(&test, &table[i], &random);
        layer_trial_joined(&test, &table[i], &random);
        check_variants(&test.seen, "cpu");
    }
}

static void means(void **state)
{
    (void)state;
    try_table(cases, sizeof cases / sizeof cases[0], DATA_NORMAL, GATE_ZERO_MEAN);
    try_table(cases, sizeof cases / sizeof cases[0], DATA_POSITIVE, GATE_POSITIVE);
    check_verdict(compare_enough(0.7), "means");
}

/* The mean of the steps that count: none, some and all. */
static void masked_means(void **state)
{
    const plait_shape shape = PLAIT_SHAPE(7, 19);
    struct random random = random_stream("masked means");

    (void)state;
    for (int keepdims = 0; keepdims < 2; keepdims++) {
        plait_graph *graph = twin_graph();
        float *counts = random_floats(&random, DATA_NORMAL, 3 * 7);
        for (size_t i = 0; i < 21; i++) {
            counts[i] = i < 7 || (i < 14 && counts[i] < 0) ? 0 : 2;
        }
        const struct twin x[] = {
            twin_input(graph, shape, 3, random_floats(&random, DATA_NORMAL, 3 * sample_size(shape))),
            twin_input(graph, PLAIT_SHAPE(7), 3, counts)};
        const struct twin y = {plait_global_average_pooling1d(
                                   x[0].node, &(plait_global_pooling_opts){.keepdims = keepdims, .mask = x[1].node}),
                               oracle_masked_mean(x[0].ref, x[1].ref, keepdims)};
        trial_run(&(struct trial){.name = "masked",
                                  .inputs = x,
                                  .input_count = 2,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_HARD,
                                  .run = {.planned = 2}});
        plait_graph_free(graph);
        scratch_reset();
    }
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));
    const plait_node mask = plait_input(graph, NULL, PLAIT_SHAPE(5));
    (void)plait_global_average_pooling1d(x, &(plait_global_pooling_opts){.mask = mask});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "mask has 5 values but must have 4, one for each step");
    plait_graph_free(graph);
}

static void maxima(void **state)
{
    (void)state;
    try_table(largest, sizeof largest / sizeof largest[0], DATA_NORMAL, GATE_BITS_ZERO);
    try_table(largest, sizeof largest / sizeof largest[0], DATA_SPECIAL, GATE_BITS_ZERO);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node picture = plait_input(graph, NULL, PLAIT_SHAPE(4, 3, 2));
    const plait_node sequence = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    (void)plait_global_max_pooling1d(sequence, NULL);
    (void)plait_global_average_pooling2d(picture, NULL);
    check_ok(plait_graph_check(graph));
    (void)plait_global_max_pooling1d(picture, NULL);
    (void)plait_global_max_pooling2d(sequence, NULL);
    (void)plait_global_average_pooling1d(picture, &(plait_global_pooling_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "global_max_pooling1d \"global_max_pooling1d_1\": input has shape {4,3,2} but must be a sequence, "
                  "{steps, channels}");
    check_has(plait_error_message(), "global_max_pooling2d \"global_max_pooling2d\": input has shape {4,3} but must be "
                                     "a picture, {rows, cols, channels}");
    check_has(plait_error_message(), "global_average_pooling1d \"mine\": input has shape {4,3,2}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masked_means),
        cmocka_unit_test(means),
        cmocka_unit_test(maxima),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
