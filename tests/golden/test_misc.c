/* SPDX-License-Identifier: MIT */
/* What Keras computed for the layers and operations of make_misc.py: README.md beside this file. */
#include "fixture.h"
#include "golden.h"
#include "oracle_normalization.h"
#include "oracle_operations.h"
#include "oracle_reshaping.h"

/* A case by its name: the twin that belongs on its inputs. */
struct misc {
    const char *name;
    struct twin (*make)(const struct misc *misc, const struct twin *x);
    const void *opts;
};

static plait_array weight(const struct misc *misc, const char *name)
{
    return golden_array("misc/%s.%s", misc->name, name);
}

static void check(const struct misc *misc)
{
    struct golden golden = {.name = misc->name};
    plait_graph *graph = twin_graph();

    for (size_t i = 0; i < GOLDEN_INPUTS; i++) {
        const plait_array x = golden_array("misc/%s.x%zu", misc->name, i);
        if (x.data) {
            golden.inputs[golden.input_count++] = golden_input(graph, x);
        }
    }
    check_that(golden.input_count > 0, "%s: there are no files", misc->name);
    golden.output = misc->make(misc, golden.inputs);
    golden.keras = golden_array("misc/%s.y", misc->name);
    golden.keras_cancels = misc->name[0] == 'e'; /* elu */
    check_ok(plait_graph_check(graph));
    golden_check(&golden);
    plait_graph_free(graph);
    scratch_reset();
}

static void check_all(const struct misc *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(&cases[i]);
    }
}

#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof(cases)[0])

/* ---- Reshaping -------------------------------------------------------------------------------------- */

static struct twin reshape(const struct misc *misc, const struct twin *x)
{
    (void)misc;
    return (struct twin){plait_reshape(x->node, PLAIT_SHAPE(4, PLAIT_REST), NULL),
                         oracle_reshape(x->ref, PLAIT_SHAPE(4, 12))};
}

static struct twin permute(const struct misc *misc, const struct twin *x)
{
    const plait_axes *dims = misc->opts;

    return (struct twin){plait_permute(x->node, *dims, NULL), oracle_permute(x->ref, *dims)};
}

static struct twin repeat_vector(const struct misc *misc, const struct twin *x)
{
    (void)misc;
    return (struct twin){plait_repeat_vector(x->node, 3, NULL), oracle_repeat_vector(x->ref, 3)};
}

struct item {
    size_t count;
    plait_range ranges[3];
};

static struct twin get_item(const struct misc *misc, const struct twin *x)
{
    const struct item *item = misc->opts;

    return (struct twin){plait_get_item(x->node, item->ranges, item->count, NULL),
                         oracle_get_item(x->ref, item->ranges, item->count)};
}

#define ALL             \
    {                   \
        0, INT64_MAX, 1 \
    }
#define REVERSED                 \
    {                            \
        INT64_MAX, INT64_MIN, -1 \
    }

static void reshaping(void **state)
{
    static const plait_axes d21 = {2, {2, 1}}, d312 = {3, {3, 1, 2}}, d2413 = {4, {2, 4, 1, 3}};
    static const struct item channels = {3, {ALL, ALL, {1, 4, 1}}}, reversed = {3, {ALL, ALL, REVERSED}},
                             index = {1, {{-1, 0, 0}}}, steps = {3, {{1, INT64_MAX, 2}, {2, 0, 0}, {-2, 0, -3}}},
                             clipped = {2, {{-100, 3, 1}, {5, 100, 1}}};
    static const struct misc cases[] = {
        {"reshape", reshape, NULL},
        {"permute_2_1", permute, &d21},
        {"permute_3_1_2", permute, &d312},
        {"permute_2_4_1_3", permute, &d2413},
        {"repeat_vector", repeat_vector, NULL},
        {"get_item_channels", get_item, &channels},
        {"get_item_reversed", get_item, &reversed},
        {"get_item_index", get_item, &index},
        {"get_item_steps", get_item, &steps},
        {"get_item_clipped", get_item, &clipped},
    };

    (void)state;
    CHECK_ALL(cases);
}

/* ---- Activations ------------------------------------------------------------------------------------ */

static struct twin leaky_relu(const struct misc *misc, const struct twin *x)
{
    const float *slope = misc->opts;
    const plait_relu_opts relu = {.negative_slope = slope ? *slope : 0.3F};

    return (struct twin){plait_leaky_relu(x->node, &(plait_leaky_relu_opts){.negative_slope = slope}),
                         oracle_relu(x->ref, &relu)};
}

static struct twin elu(const struct misc *misc, const struct twin *x)
{
    const float *alpha = misc->opts;

    return (struct twin){plait_elu(x->node, &(plait_elu_opts){.alpha = alpha}), oracle_elu(x->ref, alpha ? *alpha : 1)};
}

static struct twin prelu(const struct misc *misc, const struct twin *x)
{
    const plait_array alpha = weight(misc, "alpha");

    return (struct twin){plait_prelu(x->node, &(plait_prelu_opts){.alpha = alpha}), oracle_prelu(x->ref, alpha)};
}

static struct twin softmax(const struct misc *misc, const struct twin *x)
{
    const plait_axes *axes = misc->opts;

    return (struct twin){plait_softmax(x->node, &(plait_softmax_opts){.axes = *axes}),
                         oracle_softmax_axes(x->ref, *axes)};
}

static void activations(void **state)
{
    static const float slope = 0.01F, alpha = 0.5F;
    static const plait_axes a12 = {2, {1, 2}}, a13 = {2, {1, -1}}, a23 = {2, {-2, -1}};
    static const struct misc cases[] = {
        {"leaky_relu", leaky_relu, NULL},
        {"leaky_relu_slope", leaky_relu, &slope},
        {"elu", elu, NULL},
        {"elu_alpha", elu, &alpha},
        {"prelu", prelu, NULL},
        {"prelu_shared", prelu, NULL},
        {"prelu_special", prelu, NULL},
        {"softmax_axes_1_2", softmax, &a12},
        {"softmax_axes_1_3", softmax, &a13},
        {"softmax_axes_2_3", softmax, &a23},
    };

    (void)state;
    CHECK_ALL(cases);
}

/* ---- Normalization ---------------------------------------------------------------------------------- */

static struct twin layer_normalization(const struct misc *misc, const struct twin *x)
{
    plait_layer_normalization_opts opts = {0};

    if (misc->opts) {
        opts = *(const plait_layer_normalization_opts *)misc->opts;
    }
    opts.gamma = weight(misc, "gamma");
    opts.beta = weight(misc, "beta");
    return (struct twin){plait_layer_normalization(x->node, &opts), oracle_layer_normalization(x->ref, &opts)};
}

static struct twin group_normalization(const struct misc *misc, const struct twin *x)
{
    plait_group_normalization_opts opts = {0};

    if (misc->opts) {
        opts = *(const plait_group_normalization_opts *)misc->opts;
    }
    opts.gamma = weight(misc, "gamma");
    opts.beta = weight(misc, "beta");
    return (struct twin){plait_group_normalization(x->node, &opts), oracle_group_normalization(x->ref, &opts)};
}

static struct twin unit_normalization(const struct misc *misc, const struct twin *x)
{
    const plait_axes *axes = misc->opts;
    const plait_unit_normalization_opts opts = {.axes = axes ? *axes : (plait_axes){0}};

    return (struct twin){plait_unit_normalization(x->node, &opts), oracle_unit_normalization(x->ref, opts.axes, 1e12)};
}

static void moments(void **state)
{
    static const plait_layer_normalization_opts l12 = {.axes = {2, {1, 2}}},
                                                l23 = {.axes = {2, {-2, -1}}, .epsilon = 1e-6F},
                                                l1 = {.axes = {1, {1}}};
    static const plait_group_normalization_opts two = {.groups = 2}, each = {.groups = -1, .epsilon = 1e-5F},
                                                all = {.groups = 1}, first = {.groups = 2, .axis = 1},
                                                three = {.groups = 3};
    static const plait_axes a12 = {2, {1, 2}};
    static const struct misc cases[] = {
        {"layer_normalization", layer_normalization, NULL},
        {"layer_normalization_axes_1_2", layer_normalization, &l12},
        {"layer_normalization_axes_2_3", layer_normalization, &l23},
        {"layer_normalization_axis_1", layer_normalization, &l1},
        {"layer_normalization_plain", layer_normalization, NULL},
        {"group_normalization", group_normalization, NULL},
        {"group_normalization_2", group_normalization, &two},
        {"group_normalization_each", group_normalization, &each},
        {"group_normalization_all", group_normalization, &all},
        {"group_normalization_first", group_normalization, &first},
        {"group_normalization_plain", group_normalization, &three},
        {"unit_normalization", unit_normalization, NULL},
        {"unit_normalization_axes_1_2", unit_normalization, &a12},
        {"unit_normalization_edges", unit_normalization, NULL},
    };

    (void)state;
    CHECK_ALL(cases);
}

static struct twin rescaling(const struct misc *misc, const struct twin *x)
{
    static const float scales[] = {0.5F, 2, -3}, offsets[] = {1, 0, 0.25F};
    const plait_array scale = {scales, PLAIT_SHAPE(3)}, offset = {offsets, PLAIT_SHAPE(3)};

    if (misc->opts) {
        return (struct twin){plait_rescaling(x->node, plait_constant(scale), plait_constant(offset), NULL),
                             oracle_affine(x->ref, oracle_constant(scale), oracle_constant(offset), false)};
    }
    return (struct twin){plait_rescaling(x->node, plait_number(1 / 127.5F), plait_number(-1), NULL),
                         oracle_affine(x->ref, oracle_number(1 / 127.5F), oracle_number(-1), false)};
}

static struct twin layer_scale(const struct misc *misc, const struct twin *x)
{
    const plait_array gamma = weight(misc, "gamma");
    const struct reference operands[] = {x->ref, oracle_constant(gamma)};

    return (struct twin){plait_layer_scale(x->node, &(plait_layer_scale_opts){.gamma = gamma}),
                         oracle_merge(MERGE_MULTIPLY, operands, 2)};
}

static struct twin normalization(const struct misc *misc, const struct twin *x)
{
    const plait_normalization_opts *opts = misc->opts;

    return (struct twin){plait_normalization(x->node, opts), oracle_normalization(x->ref, opts)};
}

/* Keras's weights lack the axes of size 1. */
static struct twin adapted(const struct misc *misc, const struct twin *x)
{
    const plait_shape *shape = misc->opts;
    const plait_normalization_opts opts = {
        .mean = {weight(misc, "mean").data, *shape},
        .variance = {weight(misc, "variance").data, *shape},
        .adapted = 1,
    };

    return (struct twin){plait_normalization(x->node, &opts), oracle_normalization(x->ref, &opts)};
}

static void constants(void **state)
{
    static const float means[] = {0.5F, -1, 3}, variances[] = {4, 0, 1e-3F}, half = 0.5F, four = 4;
    static const plait_normalization_opts channels = {.mean = {means, {1, {3}}}, .variance = {variances, {1, {3}}}},
                                          inverse = {.mean = {means, {1, {3}}},
                                                     .variance = {variances, {1, {3}}},
                                                     .invert = 1},
                                          number = {.mean = {&half, {0}}, .variance = {&four, {0}}};
    static const plait_shape rows = {2, {3, 1}}, both = {3, {3, 1, 5}};
    static const struct misc cases[] = {
        {"rescaling", rescaling, NULL},
        {"rescaling_channels", rescaling, ""},
        {"layer_scale", layer_scale, NULL},
        {"normalization_channels", normalization, &channels},
        {"normalization_invert", normalization, &inverse},
        {"normalization_number", normalization, &number},
        {"normalization_adapted", adapted, &rows},
        {"normalization_adapted_2", adapted, &both},
    };

    (void)state;
    CHECK_ALL(cases);
}

/* ---- Operations ------------------------------------------------------------------------------------- */

struct operation {
    plait_node (*make)(plait_operand a, plait_operand b, const plait_layer_opts *opts);
    enum merge kind;
    bool divides;
};

static const struct operation add = {plait_ops_add, MERGE_ADD, false},
                              subtract = {plait_ops_subtract, MERGE_SUBTRACT, false},
                              multiply = {plait_ops_multiply, MERGE_MULTIPLY, false},
                              divide = {plait_ops_true_divide, MERGE_ADD, true},
                              maximum = {plait_ops_maximum, MERGE_MAXIMUM, false},
                              minimum = {plait_ops_minimum, MERGE_MINIMUM, false};

static struct reference oracle(const struct operation *operation, struct reference a, struct reference b)
{
    return operation->divides ? oracle_divide(a, b)
                              : oracle_merge(operation->kind, (const struct reference[]){a, b}, 2);
}

static struct twin two_nodes(const struct misc *misc, const struct twin *x)
{
    const struct operation *operation = misc->opts;

    return (struct twin){operation->make(plait_of(x[0].node), plait_of(x[1].node), NULL),
                         oracle(operation, x[0].ref, x[1].ref)};
}

static struct twin number_last(struct twin x, const struct operation *operation, float number)
{
    return (struct twin){operation->make(plait_of(x.node), plait_number(number), NULL),
                         oracle(operation, x.ref, oracle_number(number))};
}

static struct twin number_first(struct twin x, const struct operation *operation, float number)
{
    return (struct twin){operation->make(plait_number(number), plait_of(x.node), NULL),
                         oracle(operation, oracle_number(number), x.ref)};
}

static struct twin numbers_last(const struct misc *misc, const struct twin *x)
{
    struct twin y = number_last(*x, &multiply, 2.5F);

    (void)misc;
    y = number_last(y, &subtract, 0.75F);
    return number_last(number_last(y, &divide, 3), &add, 0.1F);
}

static struct twin numbers_first(const struct misc *misc, const struct twin *x)
{
    (void)misc;
    return number_first(number_first(*x, &subtract, 1), &divide, 0.3F);
}

static struct twin arrays(const struct misc *misc, const struct twin *x)
{
    const plait_array column = weight(misc, "column");
    plait_array batch = weight(misc, "batch");
    struct twin y = {plait_ops_multiply(plait_constant(column), plait_of(x->node), NULL),
                     oracle(&multiply, oracle_constant(column), x->ref)};

    y.node = plait_ops_add(plait_of(y.node), plait_constant(batch), NULL);
    batch.shape = PLAIT_SHAPE(1, 5); /* without the batch's axis */
    y.ref = oracle(&add, y.ref, oracle_constant(batch));
    return y;
}

static struct twin negative(const struct misc *misc, const struct twin *x)
{
    (void)misc;
    return (struct twin){plait_ops_negative(x->node, NULL), oracle(&multiply, x->ref, oracle_number(-1))};
}

static struct twin relu(const struct misc *misc, const struct twin *x)
{
    (void)misc;
    return (struct twin){plait_ops_activate(x->node, PLAIT_RELU, NULL), oracle_activate(x->ref, PLAIT_RELU)};
}

struct reduction {
    plait_node (*make)(plait_node x, plait_axes axes, const plait_reduce_opts *opts);
    enum reduction_kind kind;
    plait_axes axes;
    int keepdims;
};

static struct twin reduce(const struct misc *misc, const struct twin *x)
{
    const struct reduction *r = misc->opts;

    return (struct twin){r->make(x->node, r->axes, &(plait_reduce_opts){.keepdims = r->keepdims}),
                         oracle_reduce(r->kind, x->ref, r->axes, r->keepdims)};
}

static struct twin custom_scale(const struct misc *misc, const struct twin *x)
{
    const struct twin scaled = {x[1].node, oracle(&multiply, x[1].ref, oracle_number(0.17F))};

    (void)misc;
    return (struct twin){plait_custom_scale_layer(PLAIT_NODES(x[0].node, x[1].node), 0.17F, NULL),
                         oracle(&add, x[0].ref, scaled.ref)};
}

static void operations(void **state)
{
    static const struct reduction mean = {plait_ops_mean, REDUCE_MEAN, {2, {1, 2}}, 0},
                                  mean_last = {plait_ops_mean, REDUCE_MEAN, {1, {-1}}, 1},
                                  sum = {plait_ops_sum, REDUCE_SUM, {2, {1, 3}}, 0},
                                  max = {plait_ops_max, REDUCE_MAX, {1, {1}}, 0},
                                  min = {plait_ops_min, REDUCE_MIN, {2, {1, 2}}, 1};
    static const struct misc cases[] = {
        {"ops_add", two_nodes, &add},
        {"ops_subtract", two_nodes, &subtract},
        {"ops_multiply", two_nodes, &multiply},
        {"ops_divide", two_nodes, &divide},
        {"ops_maximum", two_nodes, &maximum},
        {"ops_minimum", two_nodes, &minimum},
        {"ops_number_last", numbers_last, NULL},
        {"ops_number_first", numbers_first, NULL},
        {"ops_array", arrays, NULL},
        {"ops_negative", negative, NULL},
        {"ops_relu", relu, NULL},
        {"ops_mean", reduce, &mean},
        {"ops_mean_last", reduce, &mean_last},
        {"ops_sum", reduce, &sum},
        {"ops_max", reduce, &max},
        {"ops_min", reduce, &min},
        {"custom_scale_layer", custom_scale, NULL},
    };

    (void)state;
    CHECK_ALL(cases);
}

/* ---- Dot -------------------------------------------------------------------------------------------- */

struct dot {
    plait_axes axes;
    int normalize;
};

static struct twin dot(const struct misc *misc, const struct twin *x)
{
    const struct dot *d = misc->opts;

    return (struct twin){
        plait_dot(PLAIT_NODES(x[0].node, x[1].node), d->axes, &(plait_dot_opts){.normalize = d->normalize}),
        oracle_dot(x[0].ref, x[1].ref, d->axes, d->normalize)};
}

static void dots(void **state)
{
    static const struct dot last = {{2, {-1, -1}}, 0}, first = {{2, {1, 1}}, 0}, matrix = {{2, {2, 1}}, 0},
                            transposed = {{2, {1, 2}}, 0}, higher = {{2, {-2, -1}}, 0}, last_n = {{2, {-1, -1}}, 1},
                            matrix_n = {{2, {2, 1}}, 1}, first_n = {{2, {1, 1}}, 1};
    static const struct misc cases[] = {
        {"dot_vectors", dot, &last},
        {"dot_rows", dot, &last},
        {"dot_columns", dot, &first},
        {"dot_matrix", dot, &matrix},
        {"dot_transposed", dot, &transposed},
        {"dot_vector", dot, &last},
        {"dot_pictures", dot, &first},
        {"dot_higher_dim", dot, &higher},
        {"dot_normalized", dot, &last_n},
        {"dot_normalized_matrix", dot, &matrix_n},
        {"dot_normalized_zero", dot, &first_n},
    };

    (void)state;
    CHECK_ALL(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reshaping), cmocka_unit_test(activations), cmocka_unit_test(moments),
        cmocka_unit_test(constants), cmocka_unit_test(operations),  cmocka_unit_test(dots),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
