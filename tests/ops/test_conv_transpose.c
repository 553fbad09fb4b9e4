/* SPDX-License-Identifier: MIT */
/* Conv2DTranspose and Conv1DTranspose: strides, both kinds of padding, dilation; every phase. */
#include "oracle_convolution.h"
#include "random.h"
#include "trial.h"

static struct variants seen;

struct spread_case {
    const char *name;
    size_t batch;
    size_t x[3];      /* rows, cols, channels */
    size_t kernel[3]; /* rows, cols, filters */
    bool same;
    size_t strides[2];
    size_t dilation[2];
    const size_t *output_padding;
};

static const size_t zero[] = {0, 0}, one[] = {1, 1}, two[] = {2, 1};

static const struct spread_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, false, {1, 1}, {0, 0}, NULL},
    {"3x3 same", 2, {5, 6, 7}, {3, 3, 9}, true, {1, 1}, {0, 0}, NULL},
    {"3x3 valid", 2, {5, 6, 7}, {3, 3, 17}, false, {1, 1}, {0, 0}, NULL},
    {"3x3 stride 2 same", 2, {5, 6, 7}, {3, 3, 33}, true, {2, 2}, {0, 0}, NULL},
    {"3x3 stride 2 valid", 2, {5, 6, 7}, {3, 3, 4}, false, {2, 2}, {0, 0}, NULL},
    {"2x2 stride 2", 2, {5, 6, 20}, {2, 2, 16}, false, {2, 2}, {0, 0}, NULL},
    {"4x4 stride 2 same", 1, {5, 6, 3}, {4, 4, 3}, true, {2, 2}, {0, 0}, NULL},
    {"5x5 stride 2 same", 1, {7, 4, 16}, {5, 5, 8}, true, {2, 2}, {0, 0}, NULL},
    {"stride above the kernel, valid", 1, {4, 5, 3}, {2, 1, 4}, false, {3, 4}, {0, 0}, NULL},
    {"stride above the kernel, same", 1, {4, 5, 3}, {2, 1, 4}, true, {3, 4}, {0, 0}, NULL},
    {"two strides", 2, {4, 5, 6}, {3, 5, 4}, true, {3, 2}, {0, 0}, NULL},
    {"dilation same", 1, {6, 5, 4}, {3, 3, 5}, true, {1, 1}, {2, 3}, NULL},
    {"dilation valid", 1, {6, 5, 4}, {3, 2, 5}, false, {1, 1}, {2, 3}, NULL},
    {"output padding 0, valid", 1, {4, 5, 3}, {3, 3, 4}, false, {2, 2}, {0, 0}, zero},
    {"output padding 1, valid", 1, {4, 5, 3}, {3, 3, 4}, false, {2, 2}, {0, 0}, one},
    {"output padding 0, same", 1, {4, 5, 3}, {3, 3, 4}, true, {2, 2}, {0, 0}, zero},
    {"output padding 1, same", 1, {4, 5, 3}, {3, 3, 4}, true, {2, 2}, {0, 0}, one},
    {"output padding 1, even kernel", 1, {4, 5, 3}, {4, 2, 4}, true, {2, 2}, {0, 0}, one},
    {"two output paddings", 1, {4, 5, 3}, {1, 5, 4}, true, {3, 2}, {0, 0}, two},
    {"one pixel", 3, {1, 1, 40}, {4, 4, 18}, false, {1, 1}, {0, 0}, NULL},
    {"one pixel, stride 4", 3, {1, 1, 40}, {4, 4, 18}, true, {4, 4}, {0, 0}, NULL},
    {"8x8 stride 4", 1, {5, 3, 5}, {8, 8, 5}, true, {4, 4}, {0, 0}, NULL},
    {"strides above the output", 1, {1, 1, 3}, {2, 3, 5}, false, {40, 1}, {0, 0}, zero},
    {"strides far above the output", 1, {1, 1, 3}, {2, 3, 5}, false, {1 << 29, 1 << 28}, {0, 0}, zero},
    {"too many phases", 1, {2, 1, 3}, {2, 3, 2}, false, {40, 33}, {0, 0}, NULL},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static plait_conv2d_transpose_opts options_of(const struct spread_case *c, struct random *random, enum data data)
{
    const plait_shape kernel = PLAIT_SHAPE(c->kernel[0], c->kernel[1], c->kernel[2], c->x[2]);

    return (plait_conv2d_transpose_opts){
        .kernel = {random_floats(random, data, c->kernel[0] * c->kernel[1] * c->kernel[2] * c->x[2]), kernel},
        .bias = {random_floats(random, data, c->kernel[2]), PLAIT_SHAPE(c->kernel[2])},
        .padding = c->same ? PLAIT_SAME : PLAIT_VALID,
        .strides = {c->strides[0], c->strides[1]},
        .output_padding = c->output_padding,
        .dilation_rate = {c->dilation[0], c->dilation[1]},
    };
}

static struct twin input_of(const struct spread_case *c, struct random *random, enum data data)
{
    return twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), c->batch,
                      random_floats(random, data, c->batch * c->x[0] * c->x[1] * c->x[2]));
}

/* Whether a case takes so many products that a slow checker should see only the default plan. */
static bool is_slow(const struct spread_case *c)
{
    return test_rounds(8) < 8 &&
           c->batch * c->x[0] * c->x[1] * c->x[2] * c->kernel[0] * c->kernel[1] * c->kernel[2] > 1500;
}

/* Runs a trial of a case, in which `layer` is the layer, with every variant. */
static void try_all(const struct spread_case *c, const struct trial *trial, struct twin layer)
{
    if (is_slow(c)) {
        trial_run(trial);
    } else {
        trial_run_variants(trial, layer, &seen);
    }
}

static void run(const struct spread_case *c, struct random *random, enum data data, enum gate gate)
{
    const plait_conv2d_transpose_opts opts = options_of(c, random, data);
    const struct twin x = input_of(c, random, data);
    const struct twin y = twin_conv2d_transpose(x, &opts);

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
    struct random random = random_stream("transposed windows");

    (void)state;
    for (size_t i = 0; i < CASES; i += test_rounds(8) < 8 ? 3 : 1) { /* some, with a slow checker */
        run(&cases[i], &random, DATA_NORMAL, GATE_HARD);
    }
    check_variants(&seen, "cpu gpu");
    check_verdict(compare_enough(0.6), "transposed windows");
}

static void integers(void **state)
{
    struct random random = random_stream("transposed integers");

    (void)state;
    for (size_t i = 0; i < test_rounds(CASES); i++) {
        run(&cases[i], &random, DATA_INTEGERS, GATE_INTEGERS);
    }
}

static void random_windows(void **state)
{
    struct random random = random_stream("transposed random");

    (void)state;
    for (size_t round = 0; round < test_rounds(12); round++) {
        const bool dilated = random_between(&random, 0, 3) == 0;
        struct spread_case c = {.batch = random_between(&random, 1, 3), .same = random_between(&random, 0, 1)};
        c.x[2] = random_between(&random, 1, 20);
        c.kernel[2] = random_between(&random, 1, 34);
        for (size_t i = 0; i < 2; i++) {
            c.x[i] = random_between(&random, 1, 8);
            c.kernel[i] = random_between(&random, 1, 6);
            c.strides[i] = dilated ? 1 : random_between(&random, 1, 5);
            c.dilation[i] = dilated ? random_between(&random, 1, 3) : 1;
        }
        c.name = scratch_text("x {%zu,%zu,%zu,%zu} kernel {%zu,%zu,%zu} %s strides {%zu,%zu} dilation {%zu,%zu}",
                              c.batch, c.x[0], c.x[1], c.x[2], c.kernel[0], c.kernel[1], c.kernel[2],
                              c.same ? "same" : "valid", c.strides[0], c.strides[1], c.dilation[0], c.dilation[1]);
        run(&c, &random, round % 2 ? DATA_NORMAL : DATA_INTEGERS, round % 2 ? GATE_HARD : GATE_INTEGERS);
    }
}

/* Batch normalization, a residual and an activation in its store; and between slices of joined tensors. */
static void epilogues_and_slices(void **state)
{
    static const struct spread_case c = {"epilogue", 2, {4, 5, 6}, {3, 3, 20}, true, {2, 2}, {0, 0}, NULL};
    struct random random = random_stream("transposed epilogues");

    (void)state;
    for (int axis = 1; axis <= (int)test_rounds(3); axis++) {
        const plait_conv2d_transpose_opts opts = options_of(&c, &random, DATA_NORMAL);
        const plait_shape shape = PLAIT_SHAPE(20);
        const plait_batch_normalization_opts norm = {
            .gamma = {random_floats(&random, DATA_NORMAL, 20), shape},
            .moving_mean = {random_floats(&random, DATA_NORMAL, 20), shape},
            .moving_variance = {random_floats(&random, DATA_POSITIVE, 20), shape},
        };
        const struct twin x = input_of(&c, &random, DATA_NORMAL);
        const struct twin shortcut =
            twin_input(x.node.graph, PLAIT_SHAPE(8, 10, 20), 2, random_floats(&random, DATA_NORMAL, 2 * 8 * 10 * 20));
        const struct twin part = twin_relu(x, NULL);
        const struct twin conv = twin_conv2d_transpose(part, &opts);
        const struct twin sum =
            twin_merge(MERGE_ADD, (struct twin[]){twin_batch_normalization(conv, &norm), shortcut}, 2);
        const struct twin y = twin_activate(sum, PLAIT_TANH);
        const struct twin inputs[] = {x, shortcut};
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){shortcut, y, shortcut}, 3, axis % 3 + 1),
        };
        trial_run_variants(&(struct trial){.name = scratch_text("axis %d", axis),
                                           .inputs = inputs,
                                           .input_count = 2,
                                           .outputs = outputs,
                                           .output_count = 2,
                                           .gate = GATE_ANY,
                                           .run = {.accuracy = PLAIT_STRICT, .planned = 3}},
                           conv, &seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

static void sequences(void **state)
{
    static const size_t paddings[] = {0, 1};
    struct random random = random_stream("transposed sequences");
    struct variants variants = {0};

    (void)state;
    for (size_t i = 0; i < 8; i += test_rounds(8) < 8 ? 5 : 1) {
        const struct twin x =
            twin_input(twin_graph(), PLAIT_SHAPE(5 + i, 7), 2, random_floats(&random, DATA_NORMAL, 2 * (5 + i) * 7));
        const plait_conv1d_transpose_opts opts = {
            .kernel = {random_floats(&random, DATA_NORMAL, 5 * 18 * 7), PLAIT_SHAPE(5, 18, 7)},
            .bias = {random_floats(&random, DATA_NORMAL, 18), PLAIT_SHAPE(18)},
            .padding = i % 2 ? PLAIT_SAME : PLAIT_VALID,
            .activation = PLAIT_RELU,
            .strides = i < 6 ? i / 2 + 1 : 1,
            .output_padding = i > 1 && i < 6 ? &paddings[i % 4 / 2] : NULL,
            .dilation_rate = i < 6 ? 1 : 2,
        };
        const struct twin y = twin_conv1d_transpose(x, &opts);
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
    const plait_array kernel = {values, PLAIT_SHAPE(2, 2, 5, 3)};
    const plait_array one_tap = {values, PLAIT_SHAPE(1, 5, 3)};

    (void)state;
    (void)plait_conv2d_transpose(x, NULL);
    (void)plait_conv2d_transpose(row, &(plait_conv2d_transpose_opts){.kernel = kernel});
    (void)plait_conv2d_transpose(x, &(plait_conv2d_transpose_opts){.kernel = {values, PLAIT_SHAPE(2, 2, 3, 5)}});
    (void)plait_conv2d_transpose(x, &(plait_conv2d_transpose_opts){.kernel = kernel, .output_padding = one});
    (void)plait_conv2d_transpose(
        x, &(plait_conv2d_transpose_opts){
               .kernel = kernel, .padding = PLAIT_SAME, .strides = {2, 2}, .output_padding = zero});
    (void)plait_conv2d_transpose(
        x, &(plait_conv2d_transpose_opts){.kernel = kernel, .strides = {2, 1}, .dilation_rate = {1, 2}});
    (void)plait_conv2d_transpose(x, &(plait_conv2d_transpose_opts){.kernel = kernel, .strides = {1, 1 << 29}});
    (void)plait_conv1d_transpose(row, &(plait_conv1d_transpose_opts){.kernel = one_tap, .dilation_rate = SIZE_MAX});
    (void)plait_conv1d_transpose(
        row, &(plait_conv1d_transpose_opts){.name = "mine", .kernel = one_tap, .padding = PLAIT_CAUSAL});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "conv2d_transpose \"conv2d_transpose\": kernel is missing; it must have shape {rows, cols, filters, "
                  "channels}, and the input has 3 channels");
    check_has(plait_error_message(), "\"conv2d_transpose_1\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(), "\"conv2d_transpose_2\": input has 3 channels but kernel expects 5 (kernel "
                                     "{2,2,3,5}, the channels last); transpose the weights");
    check_has(plait_error_message(),
              "\"conv2d_transpose_3\": output_padding is 1 along axis 1 but must be below the stride, 1");
    check_has(plait_error_message(),
              "\"conv2d_transpose_4\": kernel {2,2,5,3} with PLAIT_SAME and output_padding 0 makes 6 outputs of 4 "
              "inputs with stride 2 along axis 1, which Keras excludes; raise output_padding");
    check_has(plait_error_message(), "\"conv2d_transpose_5\": strides {2,1} and dilation_rate {1,2} are both above 1");
    check_has(plait_error_message(), "\"conv2d_transpose_6\": kernel {2,2,5,3} with stride 536870912 and dilation_rate "
                                     "1 spreads 4 inputs over more than");
    check_has(plait_error_message(), "\"conv1d_transpose\": kernel {1,5,3} with stride 1 and dilation_rate ");
    check_has(plait_error_message(), "conv1d_transpose \"mine\": padding is 2 but must be PLAIT_VALID or PLAIT_SAME");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),        cmocka_unit_test(integers),
        cmocka_unit_test(random_windows), cmocka_unit_test(epilogues_and_slices),
        cmocka_unit_test(sequences),      cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
