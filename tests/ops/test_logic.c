/* SPDX-License-Identifier: MIT */
/* Comparisons, logic, where, any and all: bit-exact, in every variant. */
#include "layer.h"
#include "oracle_operations.h"

#include <math.h>
#include <plait/model.h>

static double equal(double a, double b)
{
    return a == b;
}

static double not_equal(double a, double b)
{
    return a != b;
}

static double less(double a, double b)
{
    return a < b;
}

static double less_equal(double a, double b)
{
    return a <= b;
}

static double greater(double a, double b)
{
    return a > b;
}

static double greater_equal(double a, double b)
{
    return a >= b;
}

static double and (double a, double b)
{
    return a != 0 && b != 0;
}

static double or (double a, double b)
{
    return a != 0 || b != 0;
}

static double xor (double a, double b) { return (a != 0) != (b != 0); }

    static const struct operation {
    const char *name;
    plait_node (*make)(plait_operand a, plait_operand b, const plait_layer_opts *opts);
    double (*function)(double a, double b);
} operations[] = {
    {"equal", plait_ops_equal, equal},
    {"not_equal", plait_ops_not_equal, not_equal},
    {"less", plait_ops_less, less},
    {"less_equal", plait_ops_less_equal, less_equal},
    {"greater", plait_ops_greater, greater},
    {"greater_equal", plait_ops_greater_equal, greater_equal},
    {"logical_and", plait_ops_logical_and, and},
    {"logical_or", plait_ops_logical_or, or },
    {"logical_xor", plait_ops_logical_xor, xor},
};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* Whole numbers near 0, so that many are equal and many are 0, and some that are none. */
static struct twin new_input(plait_graph *graph, plait_shape shape, struct random *random)
{
    const size_t count = 3 * sample_size(shape);
    float *values = random_floats(random, DATA_NORMAL, count);

    for (size_t i = 0; i < count; i++) {
        values[i] = i % 13 == 5 ? NAN : i % 17 == 3 ? -INFINITY : i % 19 == 7 ? -0.0F : roundf(values[i]);
    }
    return twin_input(graph, shape, 3, values);
}

static void try(const char *name, const struct twin *x, size_t count, struct twin y, struct variants *seen)
{
    check_ok(plait_graph_check(y.node.graph));
    trial_run_variants(&(struct trial){.name = name,
                                       .inputs = x,
                                       .input_count = count,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_BITS_ZERO,
                                       .run = {.planned = 2}},
                       y, seen);
    plait_graph_free(y.node.graph);
    scratch_reset();
}

static void answers(void **state)
{
    static const plait_shape pairs[][2] = {
        {{3, {5, 7, 3}}, {3, {5, 7, 3}}}, {{0}, {0}}, {{2, {4, 17}}, {2, {1, 17}}}, {{2, {4, 1}}, {2, {1, 33}}}};
    struct variants seen[OPERATIONS] = {0};
    struct random random = random_stream("logic");

    (void)state;
    for (size_t i = 0; i < OPERATIONS * sizeof pairs / sizeof pairs[0]; i++) {
        const struct operation *operation = &operations[i % OPERATIONS];
        plait_graph *graph = twin_graph();
        const struct twin x[] = {new_input(graph, pairs[i / OPERATIONS][0], &random),
                                 new_input(graph, pairs[i / OPERATIONS][1], &random)};
        const struct twin y = {operation->make(plait_of(x[0].node), plait_of(x[1].node), NULL),
                               oracle_elements(operation->function, x[0].ref, x[1].ref)};
        try(operation->name, x, 2, y, &seen[i % OPERATIONS]);
    }
    for (size_t i = 0; i < 2 * OPERATIONS; i++) {
        const struct operation *operation = &operations[i / 2];
        const struct twin x = new_input(twin_graph(), PLAIT_SHAPE(3, 19), &random);
        const struct reference one = oracle_number(1);
        const bool first = i % 2 == 1;
        const struct twin y = {first ? operation->make(plait_number(1), plait_of(x.node), NULL)
                                     : operation->make(plait_of(x.node), plait_number(1), NULL),
                               first ? oracle_elements(operation->function, one, x.ref)
                                     : oracle_elements(operation->function, x.ref, one)};
        try(operation->name, &x, 1, y, &seen[i / 2]);
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        check_variants(&seen[i], "cpu");
    }
}

static struct twin make_not(struct twin x, const void *opts)
{
    return (struct twin){plait_ops_logical_not(x.node, opts), oracle_elements(equal, x.ref, oracle_number(0))};
}

static struct twin make_any(struct twin x, const void *opts)
{
    const plait_axes *axes = opts;
    const struct reference truth = oracle_elements(not_equal, x.ref, oracle_number(0));

    return (struct twin){plait_ops_any(x.node, *axes, NULL), oracle_reduce(REDUCE_MAX, truth, *axes, false)};
}

static struct twin make_all(struct twin x, const void *opts)
{
    const plait_axes *axes = opts;
    const struct reference truth = oracle_elements(not_equal, x.ref, oracle_number(0));

    return (struct twin){plait_ops_all(x.node, *axes, &(plait_reduce_opts){.keepdims = 1}),
                         oracle_reduce(REDUCE_MIN, truth, *axes, true)};
}

static void of_one_tensor(void **state)
{
    static const plait_axes last = {1, {-1}}, two = {2, {1, 2}};
    static const struct {
        const char *name;
        struct twin (*make)(struct twin x, const void *opts);
        const void *opts;
    } rows[] = {{"not", make_not, NULL},
                {"any", make_any, &last},
                {"any of two axes", make_any, &two},
                {"all", make_all, &two},
                {"all of the last", make_all, &last}};
    struct random random = random_stream("logic of one");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct variants seen = {0};
        const struct twin x = new_input(twin_graph(), PLAIT_SHAPE(4, 2, 3), &random);
        try(rows[i].name, &x, 1, rows[i].make(x, rows[i].opts), &seen);
    }
}

/* Where a is not 0, b, else c. */
static struct reference oracle_where(struct reference a, struct reference b, struct reference c)
{
    struct reference y = reference_new(a.shape);

    y.exact = true;
    for (size_t e = 0; e < y.count; e++) {
        const double other = c.count > 1 ? c.value[e] : c.value[0];
        y.value[e] = a.value[e] != 0 ? (b.count > 1 ? b.value[e] : b.value[0]) : other;
    }
    return y;
}

static void choices(void **state)
{
    struct random random = random_stream("logic where");

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct variants seen = {0};
        plait_graph *graph = twin_graph();
        const struct twin x[] = {new_input(graph, PLAIT_SHAPE(4, 19), &random),
                                 new_input(graph, PLAIT_SHAPE(4, 19), &random),
                                 new_input(graph, PLAIT_SHAPE(4, 19), &random)};
        const float numbers[] = {0, 2, -3};
        const bool left = i == 3 || i == 4;
        const plait_operand a = left ? plait_number(2) : plait_of(x[1].node);
        const plait_operand b = i == 0 ? plait_of(x[2].node) : plait_number(numbers[i % 3]);
        const struct twin y = {plait_ops_where(x[0].node, a, b, NULL),
                               oracle_where(x[0].ref, left ? oracle_number(2) : x[1].ref,
                                            i == 0 ? x[2].ref : oracle_number(numbers[i % 3]))};
        try("where", x, i == 0 ? 3 : left ? 1 : 2, y, &seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(of_one_tensor),
        cmocka_unit_test(choices),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
