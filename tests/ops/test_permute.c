/* SPDX-License-Identifier: MIT */
/* Permute: bit-exact for every order of axes. */
#include "layer.h"
#include "oracle_reshaping.h"

static struct twin make(struct twin x, const void *dims)
{
    const plait_axes *axes = dims;

    return (struct twin){plait_permute(x.node, *axes, NULL), oracle_permute(x.ref, *axes)};
}

static struct layer_test test = {.make = make, .gate = GATE_BITS};

static void orders(void **state)
{
    static const plait_axes same = {1, {1}}, two = {2, {2, 1}}, plain = {2, {1, 2}}, first = {3, {3, 1, 2}},
                            last = {3, {2, 3, 1}}, back = {3, {3, 2, 1}}, middle = {3, {2, 1, 3}},
                            inner = {3, {1, 3, 2}}, four = {4, {4, 2, 1, 3}}, seven = {7, {7, 3, 5, 1, 6, 2, 4}};
    static const struct layer_case cases[] = {
        {.name = "channels first", .shape = {3, {5, 7, 19}}, .opts = &first},
        {.name = "one axis", .shape = {1, {21}}, .opts = &same},
        {.name = "the same order", .shape = {2, {5, 33}}, .opts = &plain},
        {.name = "transposed", .shape = {2, {37, 18}}, .opts = &two},
        {.name = "channels last", .shape = {3, {18, 5, 7}}, .opts = &last},
        {.name = "rows and columns", .shape = {3, {5, 4, 17}}, .opts = &middle},
        {.name = "columns and channels", .shape = {3, {5, 4, 17}}, .opts = &inner},
        {.name = "backwards", .shape = {3, {4, 5, 16}}, .opts = &back},
        {.name = "four axes", .shape = {4, {3, 4, 2, 5}}, .opts = &four},
        {.name = "seven axes", .shape = {7, {2, 3, 1, 2, 3, 1, 2}}, .opts = &seven},
        {.name = "size 1 last", .shape = {3, {5, 6, 1}}, .opts = &first},
        {.name = "size 1 first", .shape = {3, {1, 6, 5}}, .opts = &last},
        {.name = "all of size 1", .shape = {3, {1, 1, 1}}, .opts = &back},
        {.name = "longer than a work-item's run", .shape = {2, {8200, 2}}, .batch = 1, .opts = &two},
        {.name = "blocks and what is left", .shape = {2, {600, 35}}, .batch = 2, .opts = &two},
        {.name = "blocks of many rows", .shape = {3, {3, 20, 50}}, .opts = &first},
        {.name = "blocks of few columns", .shape = {3, {33, 40, 3}}, .opts = &last},
        {.name = "less than planned", .shape = {2, {5, 18}}, .batch = 1, .planned = 4, .opts = &two},
        {.name = "some more than planned", .shape = {2, {3, 5}}, .batch = 5, .planned = 2, .opts = &two},
    };

    (void)state;
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

static void random_orders(void **state)
{
    struct random random = random_stream("permute");

    (void)state;
    for (size_t round = 0; round < test_rounds(16); round++) {
        struct layer_case c = {.name = "random", .batch = random_between(&random, 1, 3), .planned = 2};
        plait_axes dims = {.count = random_between(&random, 1, 5)};
        c.shape.rank = dims.count;
        for (size_t i = 0; i < dims.count; i++) {
            const size_t other = random_between(&random, 0, i);
            c.shape.dims[i] = random_between(&random, 1, dims.count < 3 ? 60 : 9);
            dims.items[i] = dims.items[other];
            dims.items[other] = (int)i + 1;
        }
        c.opts = &dims;
        layer_trial(&test, &c, &random);
    }
}

static void special_values(void **state)
{
    struct layer_test special = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS};
    struct random random = random_stream("permute special");

    (void)state;
    layer_trial(&special,
                &(struct layer_case){.name = "special values", .shape = {2, {9, 37}}, .opts = &PLAIT_AXES(2, 1)},
                &random);
}

static void activation_after_it(void **state)
{
    struct random random = random_stream("permute relu");
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(6, 19), 2, random_floats(&random, DATA_NORMAL, 228));
    const struct twin moved = make(x, &PLAIT_AXES(2, 1));
    const struct twin y = twin_relu(moved, NULL);

    (void)state;
    trial_run_variants(&(struct trial){.name = "relu after it",
                                       .inputs = &x,
                                       .input_count = 1,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_BITS},
                       moved, &test.seen);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));

    (void)state;
    (void)plait_permute(x, PLAIT_AXES(1), NULL);
    (void)plait_permute(x, PLAIT_AXES(1, 1), NULL);
    (void)plait_permute(x, PLAIT_AXES(1, 3), NULL);
    (void)plait_permute(x, PLAIT_AXES(0, 1), NULL);
    (void)plait_permute(x, PLAIT_AXES(-1, 1), &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "permute \"permute\": dims has 1 axes but input {4,3} has 2; name each axis from 1 to 2 once");
    check_has(plait_error_message(),
              "permute \"permute_1\": axis 1 is named twice; name each axis of input {4,3} once");
    check_has(plait_error_message(), "permute \"permute_2\": axis 3 is out of range for input {4,3}");
    check_has(plait_error_message(), "permute \"permute_3\": dims has axis 0; axes are numbered from 1");
    check_has(plait_error_message(), "permute \"mine\": dims has axis -1; axes are numbered from 1");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),         cmocka_unit_test(random_orders),
        cmocka_unit_test(special_values), cmocka_unit_test(activation_after_it),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
