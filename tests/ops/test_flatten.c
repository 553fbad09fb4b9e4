/* SPDX-License-Identifier: MIT */
/* Flatten: the same values under another shape, at no cost where the memory can stay as it is. */
#include "random.h"
#include "trial.h"

#include <plait/model.h>

static struct twin random_input(plait_graph *graph, struct random *random, plait_shape shape, size_t count)
{
    return twin_input(graph, shape, 2, random_floats(random, DATA_SPECIAL, 2 * count));
}

static void run(const char *name, const struct twin *x, const struct twin *outputs, size_t output_count)
{
    trial_run(&(struct trial){.name = name,
                              .inputs = x,
                              .input_count = 1,
                              .outputs = outputs,
                              .output_count = output_count,
                              .gate = GATE_BITS,
                              .run = {.planned = 3}});
    plait_graph_free(x->node.graph);
    scratch_reset();
}

static void shapes(void **state)
{
    static const struct {
        plait_shape shape;
        size_t count;
    } cases[] = {{{0}, 1}, {{1, {7}}, 7}, {{3, {4, 1, 5}}, 20}, {{7, {1, 2, 1, 2, 1, 2, 3}}, 24}};
    struct random random = random_stream("shapes");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct twin x = random_input(twin_graph(), &random, cases[i].shape, cases[i].count);
        const struct twin y = twin_flatten(x);
        const plait_shape shape = plait_node_shape(y.node);
        assert_int_equal(shape.rank, 1);
        assert_int_equal(shape.dims[0], cases[i].count);
        run("shapes", &x, &y, 1);
    }
}

/* What lies in slices cannot be flattened as it lies, and is copied. */
static void slices(void **state)
{
    struct random random = random_stream("slices");

    (void)state;
    for (int axis = 1; axis <= 3; axis++) {
        const struct twin x = random_input(twin_graph(), &random, PLAIT_SHAPE(2, 3, 4), 24);
        const struct twin part = twin_relu(x, NULL);
        const struct twin joined = twin_concatenate((struct twin[]){part, x}, 2, axis);
        run("slices", &x, (struct twin[]){twin_flatten(part), joined, twin_flatten(joined)}, 3);
    }
}

static void joins_of_flat_values(void **state)
{
    struct random random = random_stream("joins_of_flat_values");
    const struct twin x = random_input(twin_graph(), &random, PLAIT_SHAPE(2, 3, 4), 24);
    const struct twin a = twin_flatten(twin_relu(x, NULL));
    const struct twin b = twin_flatten(twin_flatten(twin_relu(x, &(plait_relu_opts){.threshold = 0.5F})));
    const struct twin y = twin_concatenate((struct twin[]){a, b, twin_flatten(x)}, 3, 1);

    (void)state;
    run("joins", &x, &y, 1);
}

static void it_costs_nothing(void **state)
{
    plait_graph *graph = twin_graph();
    plait_model *model = NULL;
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3, 4));
    const plait_node y = plait_flatten(plait_relu(x, NULL), &(plait_layer_opts){.name = "flat"});

    (void)state;
    assert_string_equal(plait_node_name(y), "flat");
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 1);
    plait_model_free(model);
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(slices),
        cmocka_unit_test(joins_of_flat_values),
        cmocka_unit_test(it_costs_nothing),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
