/* SPDX-License-Identifier: MIT */
/* Embedding: rows of tables of all widths, for numbers inside and outside of them. */
#include "layer.h"
#include "oracle_recurrent.h"

#include <math.h>
#include <stdlib.h>

static struct twin make(struct twin x, const void *opts)
{
    return twin_embedding(x, *(const plait_array *)opts);
}

static struct layer_test test = {.make = make, .data = DATA_INTEGERS, .gate = GATE_BITS};

static plait_array table(size_t rows, size_t channels)
{
    static struct random random;
    plait_array array = {NULL, PLAIT_SHAPE(rows, channels)};
    float *values = malloc(rows * channels * sizeof *values);

    random = random_stream("embedding table");
    assert_non_null(values);
    for (size_t i = 0; i < rows * channels; i++) {
        values[i] = (float)random_normal(&random);
    }
    array.data = values;
    return array;
}

/* Inputs go from -3 to 3: below 0 and from the number of rows on, the result is NaN. */
static void widths(void **state)
{
    const plait_array tables[] = {table(4, 1), table(3, 3), table(4, 16), table(1, 17), table(2, 33), table(5, 9000)};
    const struct layer_case cases[] = {
        {.name = "one channel", .shape = {1, {7}}, .opts = &tables[0]},
        {.name = "three channels", .shape = {1, {5}}, .batch = 3, .opts = &tables[1]},
        {.name = "a vector", .shape = {2, {3, 4}}, .opts = &tables[2]},
        {.name = "one row", .shape = {1, {9}}, .batch = 1, .opts = &tables[3]},
        {.name = "pictures", .shape = {3, {2, 3, 5}}, .batch = 1, .opts = &tables[4]},
        {.name = "one number", .shape = {1, {1}}, .batch = 5, .opts = &tables[1]},
        {.name = "no axis", .shape = {0}, .batch = 3, .opts = &tables[4]},
        {.name = "a wide table", .shape = {1, {4}}, .opts = &tables[5]},
        {.name = "eight axes", .shape = {6, {2, 1, 2, 1, 3, 2}}, .opts = &tables[1]},
        {.name = "less than planned", .shape = {2, {3, 4}}, .batch = 2, .planned = 5, .opts = &tables[4]},
        {.name = "more than planned", .shape = {1, {4}}, .batch = 5, .planned = 2, .opts = &tables[4]},
    };

    (void)state;
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        free((void *)tables[i].data);
    }
}

/* Numbers are cut to whole ones, as Keras does; what is no row's gives NaN and reads nothing outside. */
static void numbers(void **state)
{
    static const float values[] = {0, -0.0F, 0.99F, 1.5F,  2.999F, -0.5F,    -0.999F,   -1,  -7,
                                   3, 3.5F,  1e9F,  -1e9F, 3e38F,  INFINITY, -INFINITY, NAN, 1e-40F};
    enum { COUNT = sizeof values / sizeof *values };
    const plait_array rows = table(3, 5);
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(COUNT), 1, values);
    const struct twin y = twin_embedding(x, rows);

    (void)state;
    trial_run_variants(
        &(struct trial){
            .name = "numbers", .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_BITS},
        y, &test.seen);
    plait_graph_free(graph);
    free((void *)rows.data);
    scratch_reset();
}

static void mistakes(void **state)
{
    static const float values[4] = {0};
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4));
    const plait_node deep = plait_input(graph, "deep", (plait_shape){7, {1, 1, 1, 1, 1, 1, 1}});
    const plait_shape huge = PLAIT_SHAPE(SIZE_MAX / 2, 4);

    (void)state;
    (void)plait_embedding(x, (plait_array){0}, NULL);
    (void)plait_embedding(x, (plait_array){values, PLAIT_SHAPE(4)}, NULL);
    (void)plait_embedding(x, (plait_array){values, PLAIT_SHAPE(0, 4)}, &(plait_layer_opts){.name = "mine"});
    (void)plait_embedding(x, (plait_array){values, huge}, NULL);
    (void)plait_embedding(x, (plait_array){values, PLAIT_SHAPE(1 << 20, 1 << 20)}, NULL);
    (void)plait_embedding(deep, (plait_array){values, PLAIT_SHAPE(2, 2)}, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "embedding \"embedding\": embeddings is missing; it must have shape {rows, channels}");
    check_has(plait_error_message(), "\"embedding_1\": embeddings has shape {4} but must be {rows, channels}");
    check_has(plait_error_message(),
              "\"mine\": embeddings has shape {0,4} but must be {rows, channels} without a size 0");
    check_has(plait_error_message(), "\"embedding_2\": embeddings has shape {");
    check_has(plait_error_message(), "\"embedding_3\": embeddings {1048576,1048576} has more than");
    check_has(plait_error_message(), "\"embedding_4\": input {1,1,1,1,1,1,1} has 7 axes");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),
        cmocka_unit_test(numbers),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
