/* SPDX-License-Identifier: MIT */
/* DepthwiseConv2D and DepthwiseConv1D, and Conv2D with as many groups as channels. */
#include "oracle_convolution.h"
#include "random.h"
#include "trial.h"

#include <math.h>

static struct variants seen;

struct depth_case {
    const char *name;
    size_t batch;
    size_t x[3];      /* rows, cols, channels */
    size_t kernel[3]; /* rows, cols, multiplier */
    bool same;
    size_t strides[2];
    size_t dilation[2];
};

static const struct depth_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, false, {0, 0}, {0, 0}},
    {"3x3 same", 2, {6, 9, 16}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    {"3x3 valid", 2, {6, 9, 32}, {3, 3, 1}, false, {0, 0}, {0, 0}},
    {"3x3, several tiles of a row", 1, {5, 30, 17}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    {"3x3, rows of 7", 1, {7, 7, 48}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    {"3x3, rows of 19 and channels with a rest", 1, {4, 19, 88}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    {"3x3 stride 2, even", 1, {8, 28, 20}, {3, 3, 1}, true, {2, 2}, {0, 0}},
    {"3x3 stride 2, odd", 2, {9, 27, 33}, {3, 3, 1}, true, {2, 2}, {0, 0}},
    {"3x3 stride 2, valid", 2, {9, 27, 33}, {3, 3, 1}, false, {2, 2}, {0, 0}},
    {"3 channels", 2, {6, 11, 3}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    {"1 channel", 2, {6, 11, 1}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    {"15 channels", 2, {6, 11, 15}, {5, 5, 1}, true, {0, 0}, {0, 0}},
    {"5x5", 1, {9, 20, 24}, {5, 5, 1}, true, {0, 0}, {0, 0}},
    {"5x5 stride 2", 1, {10, 20, 24}, {5, 5, 1}, true, {2, 2}, {0, 0}},
    {"7x7", 1, {9, 20, 18}, {7, 7, 1}, true, {0, 0}, {0, 0}},
    {"9x9", 1, {12, 20, 18}, {9, 9, 1}, true, {0, 0}, {0, 0}},
    {"larger than the picture", 3, {2, 2, 19}, {5, 7, 1}, true, {0, 0}, {0, 0}},
    {"a row longer than it is unrolled", 1, {3, 40, 17}, {1, 31, 1}, true, {0, 0}, {0, 0}},
    {"even kernel", 1, {5, 12, 16}, {2, 4, 1}, true, {0, 0}, {0, 0}},
    {"1x1", 1, {5, 12, 21}, {1, 1, 1}, true, {0, 0}, {0, 0}},
    {"1x1 stride 3", 1, {5, 12, 21}, {1, 1, 1}, true, {3, 3}, {0, 0}},
    {"two strides", 2, {11, 13, 18}, {3, 5, 1}, true, {3, 2}, {0, 0}},
    {"dilation", 2, {9, 21, 17}, {3, 3, 1}, true, {0, 0}, {2, 3}},
    {"valid dilation", 2, {9, 21, 17}, {3, 3, 1}, false, {0, 0}, {3, 2}},
    {"dilation beyond the picture", 1, {4, 5, 16}, {3, 3, 1}, true, {0, 0}, {5, 4}},
    {"dilation far beyond the picture", 1, {3, 5, 17}, {3, 3, 1}, true, {0, 0}, {1 << 28, 1 << 28}},
    {"strides far beyond the picture", 1, {3, 5, 17}, {3, 3, 1}, true, {1 << 29, 1 << 29}, {0, 0}},
    {"long kernel with strides far beyond the picture", 1, {3, 5, 17}, {1, 9, 1}, true, {1, 1 << 29}, {1, 1 << 26}},
    {"strides and dilation", 1, {9, 21, 17}, {3, 3, 1}, true, {2, 3}, {2, 2}},
    {"long kernel with strides and dilation", 1, {4, 41, 17}, {1, 9, 1}, true, {1, 2}, {1, 3}},
    {"multiplier 2", 2, {6, 9, 12}, {3, 3, 2}, true, {0, 0}, {0, 0}},
    {"multiplier 3, few channels", 2, {6, 9, 2}, {3, 3, 3}, true, {2, 2}, {0, 0}},
    {"multiplier 5", 1, {6, 9, 7}, {3, 3, 5}, false, {0, 0}, {0, 0}},
    {"one channel, many filters", 1, {6, 17, 1}, {3, 3, 37}, true, {0, 0}, {0, 0}},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static plait_depthwise_conv2d_opts options_of(const struct depth_case *c, struct random *random, enum data data)
{
    const size_t filters = c->x[2] * c->kernel[2];
    const plait_shape kernel = PLAIT_SHAPE(c->kernel[0], c->kernel[1], c->x[2], c->kernel[2]);

    return (plait_depthwise_conv2d_opts){
        .kernel = {random_floats(random, data, c->kernel[0] * c->kernel[1] * filters), kernel},
        .bias = {random_floats(random, data, filters), PLAIT_SHAPE(filters)},
        .padding = c->same ? PLAIT_SAME : PLAIT_VALID,
        .strides = {c->strides[0], c->strides[1]},
        .dilation_rate = {c->dilation[0], c->dilation[1]},
    };
}

static struct twin input_of(const struct depth_case *c, struct random *random, enum data data)
{
    return twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), c->batch,
                      random_floats(random, data, c->batch * c->x[0] * c->x[1] * c->x[2]));
}

/* Whether a case takes so many products that a slow checker should see only the default plan. */
static bool is_slow(const struct depth_case *c)
{
    return test_rounds(8) < 8 &&
           c->batch * c->x[0] * c->x[1] * c->x[2] * c->kernel[0] * c->kernel[1] * c->kernel[2] > 1500;
}

/* Runs a trial of a case, in which `layer` is the layer, with every variant. */
static void try_all(const struct depth_case *c, const struct trial *trial, struct twin layer)
{
    if (is_slow(c)) {
        trial_run(trial);
    } else {
        trial_run_variants(trial, layer, &seen);
    }
}

static void run(const struct depth_case *c, struct random *random, enum data data, enum gate gate)
{
    const plait_depthwise_conv2d_opts opts = options_of(c, random, data);
    const struct twin x = input_of(c, random, data);
    const struct twin y = twin_depthwise_conv2d(x, &opts);

    try_all(c,
            &(struct trial){.name = c->name,
                            .inputs = &x,
                            .input_count = 1,
                            .outputs = &y,
                            .output_count = 1,
                            .gate = gate,
                            .run = {.accuracy = PLAIT_STRICT}},
            y);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

static void windows(void **state)
{
    struct random random = random_stream("depthwise windows");

    (void)state;
    for (size_t i = 0; i < CASES; i += test_rounds(8) < 8 ? 3 : 1) { /* some, with a slow checker */
        run(&cases[i], &random, DATA_NORMAL, GATE_HARD);
    }
    check_variants(&seen, CONVOLUTION_OPTIONAL);
    check_verdict(compare_enough(0.7), "depthwise windows");
}

static void integers(void **state)
{
    struct random random = random_stream("depthwise integers");

    (void)state;
    for (size_t i = 0; i < test_rounds(CASES); i++) {
        run(&cases[i], &random, DATA_INTEGERS, GATE_INTEGERS);
    }
}

static void long_sums(void **state)
{
    static const struct depth_case sums[] = {
        {"49 terms", 1, {9, 9, 16}, {7, 7, 1}, false, {0, 0}, {0, 0}},
        {"64 terms", 1, {9, 9, 16}, {8, 8, 1}, false, {0, 0}, {0, 0}},
        {"961 terms", 1, {33, 33, 16}, {31, 31, 1}, false, {0, 0}, {0, 0}},
        {"1500 terms of a row", 1, {1, 1503, 16}, {1, 1500, 1}, false, {0, 0}, {0, 0}},
    };
    struct random random = random_stream("depthwise sums");

    (void)state;
    for (size_t i = 0; i < test_rounds(sizeof sums / sizeof sums[0]); i++) {
        run(&sums[i], &random, DATA_POSITIVE, GATE_POSITIVE);
    }
}

static void random_windows(void **state)
{
    struct random random = random_stream("depthwise random");

    (void)state;
    for (size_t round = 0; round < test_rounds(12); round++) {
        struct depth_case c = {.batch = random_between(&random, 1, 3), .same = random_between(&random, 0, 2) > 0};
        c.x[2] = random_between(&random, 1, 40);
        c.kernel[2] = random_between(&random, 0, 2) ? 1 : random_between(&random, 2, 4);
        for (size_t i = 0; i < 2; i++) {
            c.kernel[i] = random_between(&random, 1, random_between(&random, 0, 3) ? 5 : 10);
            c.strides[i] = random_between(&random, 1, 3);
            c.dilation[i] = random_between(&random, 1, 3);
            const size_t extent = c.same ? 1 : (c.kernel[i] - 1) * c.dilation[i] + 1;
            c.x[i] = random_between(&random, extent, extent + 24);
        }
        c.name = scratch_text("x {%zu,%zu,%zu,%zu} kernel {%zu,%zu,%zu} %s strides {%zu,%zu} dilation {%zu,%zu}",
                              c.batch, c.x[0], c.x[1], c.x[2], c.kernel[0], c.kernel[1], c.kernel[2],
                              c.same ? "same" : "valid", c.strides[0], c.strides[1], c.dilation[0], c.dilation[1]);
        run(&c, &random, round % 2 ? DATA_NORMAL : DATA_INTEGERS, round % 2 ? GATE_HARD : GATE_INTEGERS);
    }
}

/* Batch normalization, a residual and an activation in its store: one step. */
static void epilogues(void **state)
{
    static const struct depth_case forms[] = {
        {"20 channels", 2, {5, 17, 20}, {3, 3, 1}, true, {0, 0}, {0, 0}},
        {"3 channels", 2, {5, 6, 3}, {3, 3, 1}, true, {0, 0}, {0, 0}},
        {"9x9", 1, {5, 17, 20}, {9, 9, 1}, true, {0, 0}, {0, 0}},
    };
    struct random random = random_stream("depthwise epilogues");

    (void)state;
    for (size_t i = 0; i < test_rounds(sizeof forms / sizeof forms[0]); i++) {
        const struct depth_case *c = &forms[i];
        const size_t channels = c->x[2];
        const plait_depthwise_conv2d_opts opts = options_of(c, &random, DATA_NORMAL);
        const plait_shape shape = PLAIT_SHAPE(channels);
        const plait_batch_normalization_opts norm = {
            .gamma = {random_floats(&random, DATA_NORMAL, channels), shape},
            .beta = {random_floats(&random, DATA_NORMAL, channels), shape},
            .moving_mean = {random_floats(&random, DATA_NORMAL, channels), shape},
            .moving_variance = {random_floats(&random, DATA_POSITIVE, channels), shape},
        };
        const struct twin x = input_of(c, &random, DATA_NORMAL);
        const struct twin shortcut = twin_input(x.node.graph, PLAIT_SHAPE(c->x[0], c->x[1], channels), c->batch,
                                                random_floats(&random, DATA_NORMAL, x.ref.count));
        const struct twin conv = twin_depthwise_conv2d(x, &opts);
        const struct twin sum =
            twin_merge(MERGE_ADD, (struct twin[]){twin_batch_normalization(conv, &norm), shortcut}, 2);
        const struct twin y = twin_activate(sum, PLAIT_RELU6);
        const struct twin inputs[] = {x, shortcut};
        trial_run_variants(&(struct trial){.name = c->name,
                                           .inputs = inputs,
                                           .input_count = 2,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_HARD,
                                           .run = {.accuracy = PLAIT_STRICT}},
                           conv, &seen);
        assert_string_equal(
            fixture_steps(PLAIT_NODES(x.node, shortcut.node), PLAIT_NODES(y.node), &(struct run_opts){0}),
            "depthwise_conv2d");
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* From a slice of one joined tensor into a slice of another, a slice added; smaller batches than planned. */
static void slices(void **state)
{
    static const struct depth_case forms[] = {
        {"20 channels", 2, {4, 9, 20}, {3, 3, 1}, true, {0, 0}, {0, 0}},
        {"3 channels", 3, {4, 9, 3}, {3, 3, 1}, true, {0, 0}, {0, 0}},
    };
    struct random random = random_stream("depthwise slices");

    (void)state;
    for (size_t i = 0; i < test_rounds(3 * sizeof forms / sizeof forms[0]); i++) {
        const struct depth_case *c = &forms[i / 3];
        const int axis = (int)(i % 3) + 1;
        const plait_depthwise_conv2d_opts opts = options_of(c, &random, DATA_NORMAL);
        const struct twin x = input_of(c, &random, DATA_NORMAL);
        const struct twin part = twin_relu(x, NULL);
        const struct twin conv = twin_depthwise_conv2d(part, &opts);
        const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){part, conv}, 2);
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){part, twin_activate(sum, PLAIT_SIGMOID), x}, 3, axis % 3 + 1),
        };
        trial_run_variants(&(struct trial){.name = scratch_text("%s, axis %d", c->name, axis),
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = outputs,
                                           .output_count = 2,
                                           .gate = GATE_ANY,
                                           .run = {.accuracy = PLAIT_STRICT, .planned = 4}},
                           conv, &seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* NaN and infinities reach the windows that see them, and no others. */
static void special_values(void **state)
{
    static const struct depth_case c = {"special values", 1, {6, 18, 19}, {3, 3, 1}, true, {0, 0}, {0, 0}};
    struct random random = random_stream("depthwise special");
    const plait_depthwise_conv2d_opts opts = options_of(&c, &random, DATA_NORMAL);
    float *values = random_floats(&random, DATA_NORMAL, 6 * 18 * 19);

    (void)state;
    values[19] = NAN;
    values[1000] = INFINITY;
    values[1400] = -INFINITY;
    const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(6, 18, 19), 1, values);
    const struct twin y = twin_depthwise_conv2d(x, &opts);
    trial_run_variants(&(struct trial){.name = c.name,
                                       .inputs = &x,
                                       .input_count = 1,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_HARD,
                                       .run = {.accuracy = PLAIT_STRICT}},
                       y, &seen);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

static void sequences(void **state)
{
    static const plait_padding paddings[] = {PLAIT_VALID, PLAIT_SAME};
    struct random random = random_stream("depthwise sequences");
    struct variants variants = {0};

    (void)state;
    for (size_t i = 0; i < 8; i += test_rounds(8) < 8 ? 5 : 1) {
        const size_t channels = i % 2 ? 17 : 2;
        const size_t multiplier = i % 3 == 2 ? 2 : 1;
        const size_t filters = channels * multiplier;
        const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(19 + i, channels), 2,
                                         random_floats(&random, DATA_NORMAL, 2 * (19 + i) * channels));
        const plait_depthwise_conv1d_opts opts = {
            .kernel = {random_floats(&random, DATA_NORMAL, 5 * filters), PLAIT_SHAPE(5, channels, multiplier)},
            .bias = {random_floats(&random, DATA_NORMAL, filters), PLAIT_SHAPE(filters)},
            .padding = paddings[i / 2 % 2],
            .activation = PLAIT_TANH,
            .strides = i % 4 + 1,
            .dilation_rate = i / 4 + 1,
        };
        const struct twin y = twin_depthwise_conv1d(x, &opts);
        trial_run_variants(&(struct trial){.name = scratch_text("sequence %zu", i),
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_HARD,
                                           .run = {.accuracy = PLAIT_STRICT}},
                           y, &variants);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

static void mistakes(void **state)
{
    static const float values[64];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 4, 3));
    const plait_node row = plait_input(graph, "row", PLAIT_SHAPE(4, 3));
    const plait_array kernel = {values, PLAIT_SHAPE(3, 3, 3, 1)};

    (void)state;
    (void)plait_depthwise_conv2d(x, NULL);
    (void)plait_depthwise_conv2d(row, &(plait_depthwise_conv2d_opts){.kernel = kernel});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = {values, PLAIT_SHAPE(3, 3, 3)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = {values, PLAIT_SHAPE(3, 3, 2, 1)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = {values, PLAIT_SHAPE(3, 3, 3, 0)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = kernel, .bias = {values, PLAIT_SHAPE(2)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = kernel, .padding = PLAIT_CAUSAL});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = kernel, .dilation_rate = {1, 2}});
    (void)plait_depthwise_conv1d(
        row, &(plait_depthwise_conv1d_opts){.kernel = {values, PLAIT_SHAPE(1, 3, 1)}, .strides = SIZE_MAX});
    (void)plait_depthwise_conv1d(row, &(plait_depthwise_conv1d_opts){.name = "mine",
                                                                     .kernel = {values, PLAIT_SHAPE(1, 3, 1)},
                                                                     .padding = PLAIT_CAUSAL});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "depthwise_conv2d \"depthwise_conv2d\": kernel is missing; it must have shape {rows, cols, channels, "
                  "multiplier}, and the input has 3 channels");
    check_has(plait_error_message(), "\"depthwise_conv2d_1\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(), "\"depthwise_conv2d_2\": kernel has shape {3,3,3} but must be {rows, cols, ");
    check_has(plait_error_message(), "\"depthwise_conv2d_3\": input has 3 channels but kernel expects 2 (kernel "
                                     "{3,3,2,1}");
    check_has(plait_error_message(), "\"depthwise_conv2d_4\": input {4,4,3} and kernel {3,3,3,0} must have no size 0");
    check_has(plait_error_message(), "\"depthwise_conv2d_5\": bias has shape {2} but must have {3}");
    check_has(plait_error_message(), "\"depthwise_conv2d_6\": padding is 2 but must be PLAIT_VALID or PLAIT_SAME");
    check_has(plait_error_message(), "\"depthwise_conv2d_7\": kernel {3,3,3,1} with dilation_rate 2 spans 5 cells of "
                                     "axis 2, but the input {4,4,3} has 4");
    check_has(plait_error_message(), "depthwise_conv1d \"depthwise_conv1d\": kernel {1,3,1} with stride "
                                     "18446744073709551615 and dilation_rate 1 along axis 1; all must stay below");
    check_has(plait_error_message(), "depthwise_conv1d \"mine\": padding is 2 but must be PLAIT_VALID or PLAIT_SAME");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),   cmocka_unit_test(integers), cmocka_unit_test(long_sums),
        cmocka_unit_test(epilogues), cmocka_unit_test(slices),   cmocka_unit_test(special_values),
        cmocka_unit_test(sequences), cmocka_unit_test(mistakes), cmocka_unit_test(random_windows),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
