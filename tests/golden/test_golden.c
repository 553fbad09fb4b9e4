/* SPDX-License-Identifier: MIT */
/* What Keras computed: README.md beside this file. */
#include "fixture.h"
#include "golden.h"

#include <string.h>

/* ---- Files ------------------------------------------------------------------------------------------ */

static plait_array load_weight(const char *folder, const char *layer, const char *weight)
{
    return golden_array("%s%s%s", folder, layer, weight);
}

/* ---- Merge layers ----------------------------------------------------------------------------------- */

/* Loads x0, x1, ... */
static void load_inputs(struct golden *golden, plait_graph *graph)
{
    for (size_t i = 0; i < 3; i++) {
        const plait_array x = golden_array("merge/%s.x%zu", golden->name, i);
        if (x.data) {
            golden->inputs[golden->input_count++] = golden_input(graph, x);
        }
    }
    check_that(golden->input_count > 0, "%s: there are no files", golden->name);
}

/* What the case merges: all inputs, or the only one with itself. */
static size_t merged(const struct golden *golden, struct twin parts[3])
{
    memcpy(parts, golden->inputs, sizeof golden->inputs);
    if (!strstr(golden->name, "_same_tensor")) {
        return golden->input_count;
    }
    parts[1] = parts[0];
    return 2;
}

static void check_merge(enum merge kind, const char *layer, const char *suffix)
{
    struct golden golden = {.name = scratch_text("%s%s", layer, suffix)};
    plait_graph *graph = twin_graph();
    struct twin parts[3];

    load_inputs(&golden, graph);
    const size_t count = merged(&golden, parts);
    golden.output = twin_merge(kind, parts, count);
    golden.keras = golden_array("merge/%s.y", golden.name);
    golden_check(&golden);
    plait_graph_free(graph);
    scratch_reset();
}

static void merges(void **state)
{
    static const char *const layers[] = {
        [MERGE_ADD] = "add",         [MERGE_SUBTRACT] = "subtract", [MERGE_MULTIPLY] = "multiply",
        [MERGE_AVERAGE] = "average", [MERGE_MAXIMUM] = "maximum",   [MERGE_MINIMUM] = "minimum"};
    static const char *const suffixes[] = {"",     "_rank",  "_image_vector", "_both_sides", "_same_tensor",
                                           "_nan", "_three", "_one"};

    (void)state;
    for (enum merge kind = MERGE_ADD; kind <= MERGE_MINIMUM; kind++) {
        const size_t count = kind == MERGE_SUBTRACT ? 6 : 8; /* the last two have not two inputs */
        for (size_t i = 0; i < count; i++) {
            check_merge(kind, layers[kind], suffixes[i]);
        }
    }
}

static void concatenations(void **state)
{
    static const struct {
        const char *name;
        int axis;
    } cases[] = {{"axis1", 1},   {"axis2", 2}, {"axis3", 3},        {"axis-1", -1},      {"axis-2", -2},
                 {"axis-3", -3}, {"one", -1},  {"same_tensor", -1}, {"odd_channels", -1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct golden golden = {.name = scratch_text("concat_%s", cases[i].name)};
        plait_graph *graph = twin_graph();
        struct twin parts[3];
        load_inputs(&golden, graph);
        const size_t count = merged(&golden, parts);
        golden.output = twin_concatenate(parts, count, cases[i].axis);
        golden.keras = golden_array("merge/%s.y", golden.name);
        golden_check(&golden);
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* ---- Single layers ---------------------------------------------------------------------------------- */

/* Runs the case of a layer that `make` puts on the input. */
static void check_layer(const char *name, struct twin (*make)(struct twin x, const void *opts), const void *opts)
{
    struct golden golden = {.name = name, .input_count = 1, .keras_cancels = strncmp(name, "activation_", 11) == 0};
    plait_graph *graph = twin_graph();

    golden.inputs[0] = golden_input(graph, golden_array("layer/%s.x", name));
    golden.output = make(golden.inputs[0], opts);
    golden.keras = golden_array("layer/%s.y", name);
    golden_check(&golden);
    plait_graph_free(graph);
    scratch_reset();
}

static struct twin make_conv2d(struct twin x, const void *opts)
{
    return twin_conv2d(x, opts);
}

static void convolutions(void **state)
{
    static const struct {
        const char *name;
        plait_conv2d_opts opts;
    } cases[] = {
        {"conv2d_same_stride2_even", {.strides = {2, 2}, .padding = PLAIT_SAME}},
        {"conv2d_same_stride2_odd", {.strides = {2, 2}, .padding = PLAIT_SAME}},
        {"conv2d_same_dilation2", {.dilation_rate = {2, 2}, .padding = PLAIT_SAME}},
        {"conv2d_valid_dilation1x3", {.dilation_rate = {1, 3}}},
        {"conv2d_groups2", {.groups = 2, .padding = PLAIT_SAME}},
        {"conv2d_groups_all", {.groups = 4, .padding = PLAIT_SAME}},
        {"conv2d_valid_stride2x3", {.strides = {2, 3}}},
        {"conv2d_same_stride3_kernel2", {.strides = {3, 3}, .padding = PLAIT_SAME}},
        {"conv2d_same_2x4", {.padding = PLAIT_SAME}},
        {"conv2d_same_beyond_input", {.padding = PLAIT_SAME}},
        {"conv2d_1x1", {0}},
        {"conv2d_no_bias", {0}},
        {"conv2d_relu", {.padding = PLAIT_SAME, .activation = PLAIT_RELU}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_conv2d_opts opts = cases[i].opts;
        opts.kernel = load_weight("layer/", cases[i].name, ".kernel");
        opts.bias = load_weight("layer/", cases[i].name, ".bias");
        check_layer(cases[i].name, make_conv2d, &opts);
    }
}

static struct twin make_dense(struct twin x, const void *opts)
{
    return twin_dense(x, opts);
}

static void dense_layers(void **state)
{
    static const char *const names[] = {"dense_rank2", "dense_rank3", "dense_rank4", "dense_no_bias"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const plait_dense_opts opts = {.kernel = load_weight("layer/", names[i], ".kernel"),
                                       .bias = load_weight("layer/", names[i], ".bias")};
        check_layer(names[i], make_dense, &opts);
    }
}

static plait_batch_normalization_opts load_normalization(const char *folder, const char *layer, const char *dot)
{
    return (plait_batch_normalization_opts){
        .gamma = load_weight(folder, layer, scratch_text("%sgamma", dot)),
        .beta = load_weight(folder, layer, scratch_text("%sbeta", dot)),
        .moving_mean = load_weight(folder, layer, scratch_text("%smoving_mean", dot)),
        .moving_variance = load_weight(folder, layer, scratch_text("%smoving_variance", dot)),
    };
}

static struct twin make_batch_normalization(struct twin x, const void *opts)
{
    return twin_batch_normalization(x, opts);
}

static void batch_normalizations(void **state)
{
    static const struct {
        const char *name;
        int axis;
        float epsilon;
    } cases[] = {
        {"", 0, 0},       {"_no_center", 0, 0}, {"_no_scale", 0, 0},    {"_no_scale_no_center", 0, 0},
        {"_axis1", 1, 0}, {"_rank2", 0, 0},     {"_epsilon", 0, 0.25f},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = scratch_text("batch_normalization%s", cases[i].name);
        plait_batch_normalization_opts opts = load_normalization("layer/", name, ".");
        opts.axis = cases[i].axis;
        opts.epsilon = cases[i].epsilon;
        check_layer(name, make_batch_normalization, &opts);
    }
}

static struct twin make_relu(struct twin x, const void *opts)
{
    return twin_relu(x, opts);
}

static void relus(void **state)
{
    static const float six = 6, low = 1.5f, half = 0.5f, zero = 0;
    static const struct {
        const char *name;
        plait_relu_opts opts;
    } cases[] = {
        {"relu", {0}},
        {"relu_max6", {.max_value = &six}},
        {"relu_max1.5", {.max_value = &low}},
        {"relu_max0", {.max_value = &zero}},
        {"relu_slope", {.negative_slope = 0.25f}},
        {"relu_slope2", {.negative_slope = 2}},
        {"relu_threshold", {.threshold = 1}},
        {"relu_max6_slope", {.max_value = &six, .negative_slope = 0.25f}},
        {"relu_max6_threshold", {.max_value = &six, .threshold = 1}},
        {"relu_slope_threshold", {.negative_slope = 0.25f, .threshold = 1}},
        {"relu_max6_slope_threshold", {.max_value = &six, .negative_slope = 0.25f, .threshold = 1}},
        {"relu_max_below_threshold", {.max_value = &half, .threshold = 1}},
        {"relu_max_below_threshold_slope", {.max_value = &half, .negative_slope = 2, .threshold = 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_layer(cases[i].name, make_relu, &cases[i].opts);
    }
}

static struct twin make_softmax(struct twin x, const void *axis)
{
    return twin_softmax(x, *(const int *)axis);
}

static void softmaxes(void **state)
{
    (void)state;
    check_layer("softmax", make_softmax, &(int){-1});
    check_layer("softmax_axis1", make_softmax, &(int){1});
    check_layer("softmax_large", make_softmax, &(int){-1});
    check_layer("softmax_minus_infinity", make_softmax, &(int){-1});
}

static struct twin make_activation(struct twin x, const void *kind)
{
    return twin_activate(x, *(const plait_activation *)kind);
}

static void activations(void **state)
{
    (void)state;
#define CHECK(NAME, name, value) check_layer("activation_" #name, make_activation, &(plait_activation){PLAIT_##NAME});
    PLAIT_ACTIVATIONS(CHECK)
#undef CHECK
}

static struct twin make_flatten(struct twin x, const void *unused)
{
    (void)unused;
    return twin_flatten(x);
}

static void flattening(void **state)
{
    (void)state;
    check_layer("flatten", make_flatten, NULL);
}

/* ---- The two-branch model --------------------------------------------------------------------------- */

static struct twin two_branch_conv(const char *folder, const char *name, struct twin x)
{
    return twin_conv2d(x, &(plait_conv2d_opts){.kernel = load_weight(folder, name, "_kernel"),
                                               .bias = load_weight(folder, name, "_bias"),
                                               .padding = PLAIT_SAME});
}

static struct twin two_branch_dense(const char *folder, const char *name, struct twin x)
{
    return twin_dense(x, &(plait_dense_opts){.kernel = load_weight(folder, name, "_kernel"),
                                             .bias = load_weight(folder, name, "_bias"),
                                             .activation = PLAIT_SOFTMAX});
}

static struct twin branch(const char *folder, const char *side, struct twin x)
{
    const plait_batch_normalization_opts bn = load_normalization(folder, scratch_text("%s_bn", side), "_");

    x = two_branch_conv(folder, scratch_text("%s_conv1", side), x);
    x = twin_relu(twin_batch_normalization(x, &bn), NULL);
    return two_branch_conv(folder, scratch_text("%s_conv2", side), x);
}

static void check_two_branch(const char *name, bool concat)
{
    const char *folder = scratch_text("%s/", name);
    struct golden golden = {.name = name, .input_count = 2};
    plait_graph *graph = twin_graph();

    golden.inputs[0] = golden_input(graph, golden_array("%s/x0", name));
    golden.inputs[1] = golden_input(graph, golden_array("%s/x1", name));
    const struct twin ends[] = {branch(folder, "left", golden.inputs[0]), branch(folder, "right", golden.inputs[1])};
    struct twin x = concat ? twin_concatenate(ends, 2, -1) : twin_merge(MERGE_ADD, ends, 2);
    x = two_branch_dense(folder, "dense1", twin_flatten(x));
    golden.output = twin_flatten(two_branch_dense(folder, "dense2", x));
    golden.keras = golden_array("%s/y", name);
    golden_check(&golden);
    const struct reference keras = reference_of(golden.keras.shape, golden.keras.data);
    for (plait_accuracy accuracy = PLAIT_FAST; accuracy <= PLAIT_STRICT; accuracy++) {
        check_verdict(compare(golden_run(&golden, accuracy), &keras, GATE_L2, accuracy == PLAIT_FAST ? 5e-5 : 5e-6),
                      "%s: plait and Keras, accuracy %d", name, (int)accuracy);
    }
    plait_graph_free(graph);
    scratch_reset();
}

static void two_branch_models(void **state)
{
    (void)state;
    check_two_branch("two_branch_concat", true);
    check_two_branch("two_branch_add", false);
    check_two_branch("two_branch24_concat", true);
    check_two_branch("two_branch24_add", false);
    check_verdict(compare_enough(0.7), "two-branch models");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges),       cmocka_unit_test(concatenations),
        cmocka_unit_test(convolutions), cmocka_unit_test(dense_layers),
        cmocka_unit_test(relus),        cmocka_unit_test(batch_normalizations),
        cmocka_unit_test(softmaxes),    cmocka_unit_test(activations),
        cmocka_unit_test(flattening),   cmocka_unit_test(two_branch_models),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
