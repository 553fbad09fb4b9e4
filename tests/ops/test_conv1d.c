/* SPDX-License-Identifier: MIT */
/* Conv1D: sequences as pictures of one row, with three kinds of padding. */
#include "oracle_convolution.h"
#include "random.h"
#include "trial.h"

static struct variants seen;

struct sequence_case {
    const char *name;
    size_t batch;
    size_t x[2];      /* steps, channels */
    size_t kernel[2]; /* size, filters */
    plait_padding padding;
    size_t strides;
    size_t dilation;
    size_t groups;
};

static const struct sequence_case cases[] = {
    {"one of all", 1, {1, 1}, {1, 1}, PLAIT_VALID, 0, 0, 0},
    {"valid", 2, {23, 7}, {5, 17}, PLAIT_VALID, 0, 0, 0},
    {"same", 2, {23, 7}, {5, 17}, PLAIT_SAME, 0, 0, 0},
    {"same, even kernel", 2, {23, 16}, {4, 33}, PLAIT_SAME, 0, 0, 0},
    {"causal", 2, {23, 7}, {5, 17}, PLAIT_CAUSAL, 0, 0, 0},
    {"causal, stride", 2, {23, 7}, {5, 17}, PLAIT_CAUSAL, 3, 0, 0},
    {"causal, dilation", 3, {23, 7}, {3, 17}, PLAIT_CAUSAL, 0, 4, 0},
    {"causal, longer than the sequence", 2, {3, 7}, {5, 9}, PLAIT_CAUSAL, 0, 2, 0},
    {"stride", 2, {23, 7}, {3, 20}, PLAIT_SAME, 2, 0, 0},
    {"dilation", 2, {23, 3}, {3, 20}, PLAIT_VALID, 0, 5, 0},
    {"groups", 2, {13, 6}, {3, 9}, PLAIT_SAME, 0, 0, 3},
    {"groups of one channel", 2, {13, 18}, {3, 18}, PLAIT_CAUSAL, 0, 0, 18},
    {"long kernel", 1, {70, 3}, {33, 4}, PLAIT_SAME, 0, 0, 0},
    {"one step", 5, {1, 40}, {1, 20}, PLAIT_VALID, 0, 0, 0},
};

static plait_conv1d_opts options_of(const struct sequence_case *c, struct random *random, enum data data)
{
    const size_t channels = c->x[1] / (c->groups ? c->groups : 1);

    return (plait_conv1d_opts){
        .kernel = {random_floats(random, data, c->kernel[0] * channels * c->kernel[1]),
                   PLAIT_SHAPE(c->kernel[0], channels, c->kernel[1])},
        .bias = {random_floats(random, data, c->kernel[1]), PLAIT_SHAPE(c->kernel[1])},
        .padding = c->padding,
        .strides = c->strides,
        .dilation_rate = c->dilation,
        .groups = c->groups,
    };
}

/* Whether a case takes so many products that a slow checker should see only the default plan. */
static bool is_slow(const struct sequence_case *c)
{
    return test_rounds(8) < 8 && c->batch * c->x[0] * c->x[1] * c->kernel[0] * c->kernel[1] > 4000;
}

/* Runs a trial of a case, in which `layer` is the layer, with every variant. */
static void try_all(const struct sequence_case *c, const struct trial *trial, struct twin layer)
{
    if (is_slow(c)) {
        trial_run(trial);
    } else {
        trial_run_variants(trial, layer, &seen);
    }
}

static void windows(void **state)
{
    struct random random = random_stream("conv1d");
    const bool is_quick = test_rounds(8) < 8;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i += is_quick ? 3 : 1) {
        const struct sequence_case *c = &cases[i / 2];
        const enum data data = i % 2 ? DATA_INTEGERS : DATA_NORMAL;
        const plait_conv1d_opts opts = options_of(c, &random, data);
        const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1]), c->batch,
                                         random_floats(&random, data, c->batch * c->x[0] * c->x[1]));
        const struct twin y = twin_conv1d(x, &opts);
        try_all(c,
                &(struct trial){.name = c->name,
                                .inputs = &x,
                                .input_count = 1,
                                .outputs = &y,
                                .output_count = 1,
                                .gate = i % 2 ? GATE_INTEGERS : GATE_HARD,
                                .run = {.accuracy = PLAIT_STRICT}},
                y);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
    check_variants(&seen, CONVOLUTION_OPTIONAL);
    check_verdict(compare_enough(0.6), "conv1d");
}

/* The transform, too, computes sequences. */
static void fast(void **state)
{
    static const struct sequence_case c = {"fast", 2, {40, 8}, {9, 16}, PLAIT_CAUSAL, 0, 0, 0};
    struct random random = random_stream("conv1d fast");
    const plait_conv1d_opts opts = options_of(&c, &random, DATA_NORMAL);
    const struct twin x =
        twin_input(twin_graph(), PLAIT_SHAPE(40, 8), 2, random_floats(&random, DATA_NORMAL, 2 * 40 * 8));
    const struct twin y = twin_conv1d(x, &opts);

    (void)state;
    trial_run_variants(&(struct trial){.name = c.name,
                                       .inputs = &x,
                                       .input_count = 1,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_FAST,
                                       .run = {.accuracy = PLAIT_FAST}},
                       y, &seen);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

/* Between slices of joined tensors, with batch normalization, a residual and an activation in its store. */
static void epilogues_and_slices(void **state)
{
    static const struct sequence_case c = {"epilogue", 2, {11, 20}, {3, 20}, PLAIT_CAUSAL, 0, 0, 0};
    struct random random = random_stream("conv1d epilogues");

    (void)state;
    for (int axis = 1; axis <= 2; axis++) {
        const plait_conv1d_opts opts = options_of(&c, &random, DATA_NORMAL);
        const plait_batch_normalization_opts norm = {
            .moving_mean = {random_floats(&random, DATA_NORMAL, 20), PLAIT_SHAPE(20)},
            .moving_variance = {random_floats(&random, DATA_POSITIVE, 20), PLAIT_SHAPE(20)},
        };
        const struct twin x =
            twin_input(twin_graph(), PLAIT_SHAPE(11, 20), 2, random_floats(&random, DATA_NORMAL, 2 * 11 * 20));
        const struct twin part = twin_relu(x, NULL);
        const struct twin conv = twin_conv1d(part, &opts);
        const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){part, twin_batch_normalization(conv, &norm)}, 2);
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){part, twin_activate(sum, PLAIT_RELU), x}, 3, 3 - axis),
        };
        trial_run_variants(&(struct trial){.name = scratch_text("axis %d", axis),
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

static void mistakes(void **state)
{
    static const float values[64];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node picture = plait_input(graph, "picture", PLAIT_SHAPE(4, 4, 3));
    const plait_array kernel = {values, PLAIT_SHAPE(3, 3, 2)};

    (void)state;
    (void)plait_conv1d(x, NULL);
    (void)plait_conv1d(picture, &(plait_conv1d_opts){.kernel = kernel});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = {values, PLAIT_SHAPE(3, 3)}});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = {values, PLAIT_SHAPE(5, 3, 2)}});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = kernel, .strides = 2, .dilation_rate = 2});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = kernel, .padding = (plait_padding)3});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.name = "mine", .kernel = kernel, .groups = 2});
    check_message(
        plait_graph_check(graph), PLAIT_ERR_GRAPH,
        "conv1d \"conv1d\": kernel is missing; it must have shape {size, channels / groups, filters}, and the "
        "input has 3 channels");
    check_has(plait_error_message(), "\"conv1d_1\": input has shape {4,4,3} but must be a sequence, {steps, channels}");
    check_has(plait_error_message(), "\"conv1d_2\": kernel has shape {3,3} but must be {size, channels / groups, ");
    check_has(plait_error_message(), "\"conv1d_3\": kernel {5,3,2} with dilation_rate 1 spans 5 cells of axis 1, but "
                                     "the input {4,3} has 4");
    check_has(plait_error_message(), "\"conv1d_4\": strides {1,2} and dilation_rate {1,2} are both above 1");
    check_has(plait_error_message(),
              "\"conv1d_5\": padding is 3 but must be PLAIT_VALID or PLAIT_SAME or PLAIT_CAUSAL");
    check_has(plait_error_message(), "conv1d \"mine\": groups is 2 but must divide the 3 channels of the input");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),
        cmocka_unit_test(fast),
        cmocka_unit_test(epilogues_and_slices),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
