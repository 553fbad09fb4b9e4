/* SPDX-License-Identifier: MIT */
/* MaxPooling and AveragePooling: every variant on all kinds of windows and shapes. */
#include "layer.h"
#include "oracle_pooling.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KINDS = 2 };

/* One of each operator: kind, and whether it takes pictures. */
static struct layer_test tests_of[KINDS][2];

static struct layer_test *test_of(enum pooling kind, size_t rank)
{
    return &tests_of[kind][rank == 3];
}

/* A window as the options have it; a sequence has its second axis alone. */
struct pool {
    enum pooling kind;
    size_t size[2];
    size_t strides[2];
    plait_padding padding;
};

static struct twin make(struct twin x, const void *opts)
{
    const struct pool *pool = opts;
    const plait_pooling1d_opts one = {
        .padding = pool->padding, .pool_size = pool->size[1], .strides = pool->strides[1]};
    plait_pooling2d_opts two = {.padding = pool->padding};

    if (x.ref.shape.rank == 3) {
        return (struct twin){pool->kind == POOLING_MAX ? plait_max_pooling1d(x.node, &one)
                                                       : plait_average_pooling1d(x.node, &one),
                             oracle_pooling1d(pool->kind, x.ref, &one)};
    }
    memcpy(two.pool_size, pool->size, sizeof two.pool_size);
    memcpy(two.strides, pool->strides, sizeof two.strides);
    return (struct twin){pool->kind == POOLING_MAX ? plait_max_pooling2d(x.node, &two)
                                                   : plait_average_pooling2d(x.node, &two),
                         oracle_pooling2d(pool->kind, x.ref, &two)};
}

static const struct {
    struct layer_case layer;
    struct pool pool;
} cases[] = {
    {{.name = "VGG", .shape = {3, {8, 6, 64}}}, {0, {2, 2}, {2, 2}, PLAIT_VALID}},
    {{.name = "ResNet", .shape = {3, {9, 11, 32}}}, {0, {3, 3}, {2, 2}, PLAIT_VALID}},
    {{.name = "Inception", .shape = {3, {7, 5, 48}}}, {0, {3, 3}, {1, 1}, PLAIT_SAME}},
    {{.name = "NASNet", .shape = {3, {8, 7, 44}}}, {0, {3, 3}, {2, 2}, PLAIT_SAME}},
    {{.name = "ResNetV2", .shape = {3, {7, 8, 33}}}, {0, {1, 1}, {2, 2}, PLAIT_VALID}},
    {{.name = "the defaults", .shape = {3, {5, 7, 17}}}, {0, {0, 0}, {0, 0}, PLAIT_VALID}},
    {{.name = "the defaults, same", .shape = {3, {5, 7, 17}}}, {0, {0, 0}, {0, 0}, PLAIT_SAME}},
    {{.name = "one channel", .shape = {3, {12, 9, 1}}, .batch = 3}, {0, {2, 2}, {0, 0}, PLAIT_VALID}},
    {{.name = "three channels", .shape = {3, {6, 9, 3}}, .batch = 1}, {0, {3, 2}, {1, 2}, PLAIT_SAME}},
    {{.name = "fifteen channels", .shape = {3, {6, 9, 15}}}, {0, {2, 3}, {2, 1}, PLAIT_SAME}},
    {{.name = "one of all", .shape = {3, {1, 1, 1}}, .batch = 1}, {0, {1, 1}, {0, 0}, PLAIT_VALID}},
    {{.name = "the whole picture", .shape = {3, {7, 7, 70}}, .batch = 1}, {0, {7, 7}, {0, 0}, PLAIT_VALID}},
    {{.name = "beyond the picture", .shape = {3, {3, 2, 20}}, .batch = 3}, {0, {9, 8}, {1, 1}, PLAIT_SAME}},
    {{.name = "strides above the window", .shape = {3, {11, 13, 19}}}, {0, {2, 1}, {3, 4}, PLAIT_SAME}},
    {{.name = "a stride above the picture", .shape = {3, {4, 5, 6}}}, {0, {2, 2}, {50, 60}, PLAIT_VALID}},
    {{.name = "more channels than one takes", .shape = {3, {4, 5, 520}}, .batch = 1}, {0, {2, 2}, {0, 0}, PLAIT_VALID}},
    {{.name = "a fresh start, planned larger", .shape = {3, {4, 5, 16}}, .batch = 2, .planned = 5},
     {0, {2, 2}, {1, 1}, PLAIT_VALID}},
    {{.name = "many pixels", .shape = {3, {60, 50, 18}}, .batch = 1}, {0, {3, 3}, {1, 1}, PLAIT_SAME}},
    {{.name = "a large window", .shape = {3, {40, 33, 17}}, .batch = 1}, {0, {33, 32}, {3, 1}, PLAIT_VALID}},
    {{.name = "one row", .shape = {3, {1, 20, 16}}}, {0, {1, 3}, {1, 2}, PLAIT_SAME}},
    {{.name = "a sequence", .shape = {2, {20, 33}}}, {0, {0, 3}, {0, 2}, PLAIT_SAME}},
    {{.name = "a sequence, the defaults", .shape = {2, {9, 16}}, .batch = 3}, {0, {0, 0}, {0, 0}, PLAIT_VALID}},
    {{.name = "a sequence, one channel", .shape = {2, {30, 1}}}, {0, {0, 4}, {0, 1}, PLAIT_SAME}},
    {{.name = "a long sequence", .shape = {2, {5000, 3}}, .batch = 1}, {0, {0, 2000}, {0, 777}, PLAIT_VALID}},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static const char *const kinds[] = {"max", "average"};

static struct layer_test *set_up(enum pooling kind, size_t rank, enum data data)
{
    struct layer_test *test = test_of(kind, rank);

    test->make = make;
    test->data = data;
    test->gate = data == DATA_INTEGERS   ? GATE_INTEGERS
                 : kind == POOLING_MAX   ? GATE_BITS_ZERO
                 : data == DATA_POSITIVE ? GATE_POSITIVE
                                         : GATE_ZERO_MEAN;
    return test;
}

typedef void try_layer(struct layer_test *test, const struct layer_case *c, struct random *random);

static void try_case(size_t i, enum pooling kind, enum data data, try_layer *try_it, struct random *random)
{
    struct layer_case c = cases[i].layer;
    struct pool pool = cases[i].pool;
    char name[80];

    pool.kind = kind;
    c.opts = &pool;
    (void)snprintf(name, sizeof name, "%s, %s", kinds[kind], c.name);
    c.name = name;
    try_it(set_up(kind, c.shape.rank, data), &c, random);
}

static void windows(void **state)
{
    struct random random = random_stream("pooling");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        for (enum pooling kind = POOLING_MAX; kind <= POOLING_AVERAGE; kind++) {
            try_case(i, kind, i % 2 ? DATA_POSITIVE : DATA_NORMAL, layer_trial, &random);
        }
    }
    for (enum pooling kind = POOLING_MAX; kind <= POOLING_AVERAGE; kind++) {
        check_variants(&test_of(kind, 2)->seen, "cpu");
        check_variants(&test_of(kind, 3)->seen, "cpu");
    }
    check_verdict(compare_enough(0.7), "windows");
}

/* Parts of longer rows, read and written. */
static void joined(void **state)
{
    static const size_t chosen[] = {0, 2, 3, 4, 8, 9, 20, 21};
    struct random random = random_stream("pooling joined");

    (void)state;
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        try_case(chosen[i], i % KINDS, DATA_NORMAL, layer_trial_joined, &random);
    }
}

/* Max passes over NaN, and is at least -FLT_MAX. */
static void special_values(void **state)
{
    struct random random = random_stream("pooling special");

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        try_case(i, POOLING_MAX, DATA_SPECIAL, layer_trial, &random);
    }
}

/* The means of windows with NaN and infinities. */
static void special_means(void **state)
{
    static const struct pool pool = {POOLING_AVERAGE, {2, 2}, {1, 1}, PLAIT_SAME};
    struct random random = random_stream("pooling special means");
    plait_graph *graph = twin_graph();
    float *values = random_floats(&random, DATA_NORMAL, 9 * 9 * 5);

    (void)state;
    values[13] = NAN;
    values[107] = INFINITY;
    values[200] = -INFINITY;
    values[205] = INFINITY;
    const struct twin x = twin_input(graph, PLAIT_SHAPE(9, 9, 5), 1, values);
    const struct twin y = make(x, &pool);
    trial_run_variants(&(struct trial){.name = "special means",
                                       .inputs = &x,
                                       .input_count = 1,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_HARD},
                       y, &test_of(POOLING_AVERAGE, 3)->seen);
    plait_graph_free(graph);
}

/* Windows of two by two whole numbers: their mean is exact. */
static void integers(void **state)
{
    static const size_t chosen[] = {0, 5, 6, 7};
    struct random random = random_stream("pooling integers");

    (void)state;
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        for (enum pooling kind = POOLING_MAX; kind <= POOLING_AVERAGE; kind++) {
            try_case(chosen[i], kind, DATA_INTEGERS, layer_trial, &random);
        }
    }
}

/* A window of random size anywhere. */
static void random_windows(void **state)
{
    struct random random = random_stream("pooling random");

    (void)state;
    for (size_t round = 0; round < test_rounds(30); round++) {
        struct pool pool = {.kind = round % KINDS, .padding = round / KINDS % 2 ? PLAIT_SAME : PLAIT_VALID};
        struct layer_case c = {.shape = {3, {0, 0, random_between(&random, 1, 40)}}, .opts = &pool};
        for (size_t i = 0; i < 2; i++) {
            pool.size[i] = random_between(&random, 1, 6);
            pool.strides[i] = random_between(&random, 1, 4);
            c.shape.dims[i] = random_between(&random, pool.padding == PLAIT_SAME ? 1 : pool.size[i], 14);
        }
        c.batch = random_between(&random, 1, 3);
        c.name = scratch_text("%s of {%zu,%zu,%zu}, pool_size {%zu,%zu}, strides {%zu,%zu}, padding %d",
                              kinds[pool.kind], c.shape.dims[0], c.shape.dims[1], c.shape.dims[2], pool.size[0],
                              pool.size[1], pool.strides[0], pool.strides[1], (int)pool.padding);
        layer_trial(set_up(pool.kind, 3, DATA_NORMAL), &c, &random);
    }
}

/* A tensor that is added, and an activation, in its store. */
static void epilogues(void **state)
{
    static const size_t channels[] = {3, 16, 17, 40};
    struct random random = random_stream("pooling epilogues");

    (void)state;
    for (size_t i = 0; i < 2 * sizeof channels / sizeof channels[0]; i++) {
        const struct pool pool = {i % KINDS, {3, 2}, {2, 2}, PLAIT_SAME};
        const plait_shape shape = PLAIT_SHAPE(5, 6, channels[i / 2]);
        const plait_shape shortcut = PLAIT_SHAPE(3, 3, channels[i / 2]);
        plait_graph *graph = twin_graph();
        const struct twin inputs[] = {
            twin_input(graph, shape, 2, random_floats(&random, DATA_NORMAL, 2 * sample_size(shape))),
            twin_input(graph, shortcut, 2, random_floats(&random, DATA_NORMAL, 2 * sample_size(shortcut))),
        };
        const struct twin layer = make(inputs[0], &pool);
        const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){inputs[1], layer}, 2);
        const struct twin part = twin_activate(sum, PLAIT_TANH);
        const struct twin y = twin_concatenate((struct twin[]){inputs[1], part}, 2, (int)(i % 3) + 1);
        trial_run_variants(&(struct trial){.name = scratch_text("epilogue %zu", i),
                                           .inputs = inputs,
                                           .input_count = 2,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_HARD},
                           layer, &test_of(i % KINDS, 3)->seen);
        plait_graph_free(graph);
        scratch_reset();
    }
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node picture = plait_input(graph, NULL, PLAIT_SHAPE(4, 3, 2));
    const plait_node sequence = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    assert_string_equal(plait_node_name(plait_max_pooling2d(picture, NULL)), "max_pooling2d");
    assert_string_equal(plait_node_name(plait_average_pooling1d(sequence, NULL)), "average_pooling1d");
    check_ok(plait_graph_check(graph));
    (void)plait_max_pooling2d(sequence, NULL);
    (void)plait_max_pooling1d(picture, NULL);
    (void)plait_average_pooling2d(picture, &(plait_pooling2d_opts){.pool_size = {2, 4}});
    (void)plait_average_pooling1d(sequence, &(plait_pooling1d_opts){.name = "mine", .pool_size = 5});
    (void)plait_max_pooling2d(picture, &(plait_pooling2d_opts){.padding = (plait_padding)7});
    (void)plait_max_pooling2d(
        picture, &(plait_pooling2d_opts){.name = "huge", .padding = PLAIT_SAME, .pool_size = {2, (size_t)1 << 30}});
    (void)plait_max_pooling1d(sequence, &(plait_pooling1d_opts){.name = "wide", .strides = SIZE_MAX});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "max_pooling2d \"max_pooling2d_1\": input has shape {4,3} but must be a picture, {rows, cols, "
                  "channels}");
    check_has(plait_error_message(), "max_pooling1d \"max_pooling1d\": input has shape {4,3,2} but must be a sequence");
    check_has(plait_error_message(), "average_pooling2d \"average_pooling2d\": pool_size is 4 along axis 2, but the "
                                     "input {4,3,2} has 3 cells; use PLAIT_SAME or a smaller one");
    check_has(plait_error_message(), "average_pooling1d \"mine\": pool_size is 5 along axis 1, but the input {4,3}");
    check_has(plait_error_message(), "\"max_pooling2d_2\": padding is 7 but must be PLAIT_VALID or PLAIT_SAME");
    check_has(plait_error_message(), "\"huge\": pool_size 1073741824 with strides 1073741824 along axis 2; both must");
    check_has(plait_error_message(), "\"wide\": pool_size 2 with strides 18446744073709551615 along axis 1");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),        cmocka_unit_test(joined),   cmocka_unit_test(special_values),
        cmocka_unit_test(special_means),  cmocka_unit_test(integers), cmocka_unit_test(epilogues),
        cmocka_unit_test(random_windows), cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
