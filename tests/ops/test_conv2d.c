/* SPDX-License-Identifier: MIT */
/* Conv2D: every variant on all kinds of windows and shapes, alone and with what is fused into it. */
#include "random.h"
#include "trial.h"

static struct variants seen;

struct conv_case {
    const char *name;
    size_t batch;
    size_t x[3];      /* rows, cols, channels */
    size_t kernel[3]; /* rows, cols, filters */
    bool same;
    size_t strides[2];
    size_t dilation[2];
    size_t groups;
};

static const struct conv_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, false, {0, 0}, {0, 0}, 0},
    {"one pixel of many channels", 2, {1, 1, 300}, {1, 1, 20}, false, {0, 0}, {0, 0}, 0},
    {"1x1", 2, {5, 7, 19}, {1, 1, 33}, false, {0, 0}, {0, 0}, 0},
    {"1x1 with stride", 2, {7, 9, 8}, {1, 1, 16}, false, {2, 2}, {0, 0}, 0},
    {"3x3 valid", 2, {6, 9, 4}, {3, 3, 16}, false, {0, 0}, {0, 0}, 0},
    {"3x3 same", 2, {6, 9, 4}, {3, 3, 17}, true, {0, 0}, {0, 0}, 0},
    {"3x3 larger than the picture", 3, {2, 2, 5}, {3, 3, 32}, true, {0, 0}, {0, 0}, 0},
    {"even kernel", 1, {5, 6, 3}, {2, 4, 31}, true, {0, 0}, {0, 0}, 0},
    {"kernel rows", 2, {9, 8, 6}, {7, 1, 48}, true, {0, 0}, {0, 0}, 0},
    {"kernel cols", 2, {8, 9, 6}, {1, 7, 40}, true, {0, 0}, {0, 0}, 0},
    {"first layer", 1, {17, 19, 3}, {7, 7, 64}, true, {2, 2}, {0, 0}, 0},
    {"two strides", 2, {11, 13, 5}, {3, 5, 24}, true, {3, 2}, {0, 0}, 0},
    {"strides above the kernel", 2, {11, 13, 5}, {1, 2, 24}, true, {4, 3}, {0, 0}, 0},
    {"valid with a rest", 1, {12, 11, 5}, {3, 3, 24}, false, {4, 3}, {0, 0}, 0},
    {"dilation", 2, {9, 11, 7}, {3, 3, 9}, true, {0, 0}, {2, 3}, 0},
    {"valid dilation", 2, {9, 11, 7}, {3, 3, 9}, false, {0, 0}, {3, 2}, 0},
    {"dilation beyond the picture", 1, {4, 5, 6}, {3, 3, 18}, true, {0, 0}, {5, 4}, 0},
    {"many pixels", 1, {24, 25, 3}, {3, 3, 2}, true, {0, 0}, {0, 0}, 0},
    {"rows divide by 4, large kernel", 2, {8, 7, 3}, {9, 9, 5}, true, {0, 0}, {0, 0}, 0},
    {"rows divide by 3, large kernel", 1, {9, 7, 3}, {11, 10, 5}, true, {0, 0}, {0, 0}, 0},
    {"rows are prime, large kernel", 1, {11, 5, 3}, {10, 9, 5}, true, {0, 0}, {0, 0}, 0},
    {"two groups", 2, {5, 6, 8}, {3, 3, 34}, true, {0, 0}, {0, 0}, 2},
    {"groups of one channel", 2, {5, 6, 12}, {3, 3, 12}, true, {2, 2}, {0, 0}, 12},
    {"groups of one channel, more filters", 1, {5, 6, 5}, {3, 3, 20}, true, {0, 0}, {0, 0}, 5},
    {"large weights, one pixel", 1, {1, 1, 1024}, {1, 1, 260}, false, {0, 0}, {0, 0}, 0},
    {"large weights, four pixels", 1, {2, 2, 1024}, {1, 1, 260}, false, {0, 0}, {0, 0}, 0},
    {"large weights, six pixels", 2, {1, 3, 1024}, {1, 1, 260}, false, {0, 0}, {0, 0}, 0},
    {"weights above the cache", 1, {6, 5, 64}, {12, 12, 4}, true, {0, 0}, {0, 0}, 0},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static plait_conv2d_opts options_of(const struct conv_case *c, struct random *random, enum data data)
{
    const size_t groups = c->groups ? c->groups : 1;
    const plait_shape kernel = PLAIT_SHAPE(c->kernel[0], c->kernel[1], c->x[2] / groups, c->kernel[2]);
    const size_t count = kernel.dims[0] * kernel.dims[1] * kernel.dims[2] * kernel.dims[3];

    return (plait_conv2d_opts){
        .kernel = {random_floats(random, data, count), kernel},
        .bias = {random_floats(random, data, c->kernel[2]), PLAIT_SHAPE(c->kernel[2])},
        .padding = c->same ? PLAIT_SAME : PLAIT_VALID,
        .strides = {c->strides[0], c->strides[1]},
        .dilation_rate = {c->dilation[0], c->dilation[1]},
        .groups = c->groups,
    };
}

static struct twin input_of(const struct conv_case *c, struct random *random, enum data data)
{
    const size_t count = c->batch * c->x[0] * c->x[1] * c->x[2];

    return twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), c->batch,
                      random_floats(random, data, count));
}

/* Whether a case takes so many products that a slow checker should see only the default plan. */
static bool is_slow(const struct conv_case *c)
{
    const size_t products = c->batch * c->x[0] * c->x[1] * c->x[2] * c->kernel[0] * c->kernel[1] * c->kernel[2];

    return test_rounds(8) < 8 && products > 30000;
}

/* Runs a trial of a case, in which `conv` is the layer, with every variant. */
static void try_all(const struct conv_case *c, const struct trial *trial, struct twin conv)
{
    if (is_slow(c)) {
        trial_run(trial);
    } else {
        trial_run_variants(trial, conv, &seen);
    }
}

/* A case alone. */
static void run(const struct conv_case *c, struct random *random, enum data data, enum gate gate)
{
    const plait_conv2d_opts opts = options_of(c, random, data);
    const struct twin x = input_of(c, random, data);
    const struct twin y = twin_conv2d(x, &opts);
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
    struct random random = random_stream("windows");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        run(&cases[i], &random, DATA_NORMAL, GATE_HARD);
    }
    check_variants(&seen, "cpu fft_cpu depthwise_cpu"); /* test_conv2d_fft.c tries the transform, which is not strict */
    check_verdict(compare_enough(0.7), "windows");
}

/* Sums of small whole numbers have no rounding errors to hide behind. */
static void integers(void **state)
{
    struct random random = random_stream("integers");

    (void)state;
    for (size_t i = 0; i < test_rounds(CASES); i++) {
        run(&cases[i], &random, DATA_INTEGERS, GATE_INTEGERS);
    }
}

/* Rounding errors do not grow with the length of a sum. */
static void long_sums(void **state)
{
    static const struct conv_case sums[] = {
        {"27 terms", 1, {5, 5, 3}, {3, 3, 4}, true, {0, 0}, {0, 0}, 0},
        {"192 terms", 1, {3, 4, 192}, {1, 1, 4}, true, {0, 0}, {0, 0}, 0},
        {"256 terms", 1, {3, 4, 256}, {1, 1, 4}, true, {0, 0}, {0, 0}, 0},
        {"576 terms", 1, {3, 4, 64}, {3, 3, 4}, true, {0, 0}, {0, 0}, 0},
        {"4608 terms", 1, {3, 3, 512}, {3, 3, 18}, false, {0, 0}, {0, 0}, 0},
        {"16384 terms", 1, {16, 17, 64}, {16, 16, 2}, false, {0, 0}, {0, 0}, 0},
        {"36864 terms", 1, {24, 24, 64}, {24, 24, 2}, false, {0, 0}, {0, 0}, 0},
    };
    struct random random = random_stream("long sums");

    (void)state;
    for (size_t i = 0; i < test_rounds(sizeof sums / sizeof sums[0]); i++) {
        run(&sums[i], &random, DATA_POSITIVE, GATE_POSITIVE);
        run(&sums[i], &random, DATA_NORMAL, i < 3 ? GATE_HARD : GATE_ZERO_MEAN);
    }
}

static struct conv_case random_case(struct random *random)
{
    const size_t groups = random_between(random, 0, 3) ? 1 : random_between(random, 2, 3);
    const size_t form = random_between(random, 0, 2); /* plain, strided, dilated */
    struct conv_case c = {.batch = random_between(random, 1, 3), .groups = groups};

    c.same = random_between(random, 0, 2) > 0;
    c.x[2] = groups * random_between(random, 1, 20);
    c.kernel[2] = groups * random_between(random, 1, 40);
    for (size_t i = 0; i < 2; i++) {
        c.kernel[i] = random_between(random, 1, random_between(random, 0, 3) ? 5 : 11);
        c.strides[i] = form == 1 ? random_between(random, 1, 4) : 1;
        c.dilation[i] = form == 2 ? random_between(random, 1, 4) : 1;
        const size_t extent = (c.kernel[i] - 1) * c.dilation[i] + 1;
        c.x[i] = random_between(random, c.same ? 1 : extent, (c.same ? 1 : extent) + 13);
    }
    c.name = scratch_text("x {%zu,%zu,%zu,%zu} kernel {%zu,%zu,%zu} %s strides {%zu,%zu} dilation {%zu,%zu} groups %zu",
                          c.batch, c.x[0], c.x[1], c.x[2], c.kernel[0], c.kernel[1], c.kernel[2],
                          c.same ? "same" : "valid", c.strides[0], c.strides[1], c.dilation[0], c.dilation[1], groups);
    return c;
}

static void random_windows(void **state)
{
    struct random random = random_stream("random windows");

    (void)state;
    for (size_t round = 0; round < test_rounds(40); round++) {
        const struct conv_case c = random_case(&random);
        run(&c, &random, round % 2 ? DATA_NORMAL : DATA_INTEGERS, round % 2 ? GATE_HARD : GATE_INTEGERS);
    }
}

static plait_batch_normalization_opts normalization(struct random *random, size_t channels)
{
    const plait_shape shape = PLAIT_SHAPE(channels);

    return (plait_batch_normalization_opts){
        .gamma = {random_floats(random, DATA_NORMAL, channels), shape},
        .beta = {random_floats(random, DATA_NORMAL, channels), shape},
        .moving_mean = {random_floats(random, DATA_NORMAL, channels), shape},
        .moving_variance = {random_floats(random, DATA_POSITIVE, channels), shape},
    };
}

/* Batch normalization, a residual and an activation in its store, with and without a bias of its own. */
static void epilogues(void **state)
{
    static const struct conv_case forms[] = {
        {"3x3", 2, {5, 6, 7}, {3, 3, 20}, true, {0, 0}, {0, 0}, 0},
        {"groups", 2, {5, 6, 8}, {3, 3, 20}, true, {0, 0}, {0, 0}, 2},
        {"weights above the cache", 1, {4, 3, 64}, {12, 12, 4}, true, {0, 0}, {0, 0}, 0},
    };
    struct random random = random_stream("epilogues");

    (void)state;
    for (size_t i = 0; i < 3 * sizeof forms / sizeof forms[0]; i++) {
        const struct conv_case *c = &forms[i / 3];
        plait_conv2d_opts opts = options_of(c, &random, DATA_NORMAL);
        const plait_batch_normalization_opts norm = normalization(&random, c->kernel[2]);
        opts.bias = i % 3 == 1 ? (plait_array){0} : opts.bias;
        opts.activation = i % 3 == 2 ? PLAIT_TANH : PLAIT_LINEAR;
        const struct twin x = input_of(c, &random, DATA_NORMAL);
        const struct twin shortcut =
            twin_input(x.node.graph, PLAIT_SHAPE(c->x[0], c->x[1], c->kernel[2]), c->batch,
                       random_floats(&random, DATA_NORMAL, c->batch * c->x[0] * c->x[1] * c->kernel[2]));
        const struct twin conv = twin_conv2d(x, &opts);
        const struct twin normal = opts.activation ? conv : twin_batch_normalization(conv, &norm);
        const struct twin y = twin_relu(twin_merge(MERGE_ADD, (struct twin[]){normal, shortcut}, 2), NULL);
        const struct twin inputs[] = {x, shortcut};
        try_all(c,
                &(struct trial){.name = c->name,
                                .inputs = inputs,
                                .input_count = 2,
                                .outputs = &y,
                                .output_count = 1,
                                .gate = GATE_HARD,
                                .run = {.accuracy = PLAIT_STRICT}},
                conv);
        if (!opts.activation) {
            assert_string_equal(
                fixture_steps(PLAIT_NODES(x.node, shortcut.node), PLAIT_NODES(y.node), &(struct run_opts){0}),
                "conv2d");
        }
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
    check_verdict(compare_enough(0.2), "epilogues");
}

/* From a slice of one joined tensor into a slice of another, a slice added; smaller batches than planned. */
static void slices(void **state)
{
    static const struct conv_case forms[] = {
        {"1x1", 2, {4, 5, 20}, {1, 1, 20}, true, {0, 0}, {0, 0}, 0},
        {"3x3", 3, {4, 5, 20}, {3, 3, 20}, true, {0, 0}, {0, 0}, 0},
        {"3x3, two groups", 2, {4, 5, 20}, {3, 3, 20}, true, {0, 0}, {0, 0}, 2},
    };
    struct random random = random_stream("slices");

    (void)state;
    for (size_t i = 0; i < 3 * sizeof forms / sizeof forms[0]; i++) {
        const struct conv_case *c = &forms[i / 3];
        const int axis = (int)(i % 3) + 1;
        const int other = (int)((i + i / 3) % 3) + 1;
        const plait_conv2d_opts opts = options_of(c, &random, DATA_NORMAL);
        const struct twin x = input_of(c, &random, DATA_NORMAL);
        const struct twin part = twin_relu(x, NULL);
        const struct twin conv = twin_conv2d(part, &opts);
        const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){part, conv}, 2);
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){part, twin_activate(sum, PLAIT_SIGMOID), x}, 3, other),
        };
        try_all(c,
                &(struct trial){.name = scratch_text("%s, axes %d and %d", c->name, axis, other),
                                .inputs = &x,
                                .input_count = 1,
                                .outputs = outputs,
                                .output_count = 2,
                                .gate = GATE_ANY,
                                .run = {.accuracy = PLAIT_STRICT, .planned = 4}},
                conv);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* What is wrong with a call, and the part of the message that says so. */
static const struct {
    const char *message;
    plait_shape x;
    plait_shape kernel; /* rank 0: none */
    plait_shape bias;   /* rank 0: none */
    plait_conv2d_opts opts;
} wrong[] = {
    {"input has shape {4,3} but must be a picture, {rows, cols, channels}", {2, {4, 3}}, {4, {3, 3, 3, 4}}, {0}, {0}},
    {"kernel is missing; it must have shape {rows, cols, channels / groups, filters}, and the input has 3 channels",
     {3, {4, 4, 3}},
     {0},
     {0},
     {0}},
    {"kernel has shape {3,3,4} but must be {rows, cols, channels / groups, filters}",
     {3, {4, 4, 3}},
     {3, {3, 3, 4}},
     {0},
     {0}},
    {"input has 3 channels but kernel expects 4 (kernel {3,3,4,64}, groups 1); transpose the weights or set groups",
     {3, {4, 4, 3}},
     {4, {3, 3, 4, 64}},
     {0},
     {0}},
    {"input has 8 channels but kernel expects 6 (kernel {1,1,3,4}, groups 2)",
     {3, {4, 4, 8}},
     {4, {1, 1, 3, 4}},
     {0},
     {.groups = 2}},
    {"groups is 3 but must divide the 4 channels of the input and the 6 filters",
     {3, {4, 4, 4}},
     {4, {1, 1, 4, 6}},
     {0},
     {.groups = 3}},
    {"groups is 4 but must divide the 4 channels of the input and the 6 filters",
     {3, {4, 4, 4}},
     {4, {1, 1, 1, 6}},
     {0},
     {.groups = 4}},
    {"input {4,4,3} and kernel {1,0,3,4} must have no size 0", {3, {4, 4, 3}}, {4, {1, 0, 3, 4}}, {0}, {0}},
    {"padding is 7 but must be PLAIT_VALID or PLAIT_SAME",
     {3, {4, 4, 3}},
     {4, {1, 1, 3, 4}},
     {0},
     {.padding = (plait_padding)7}},
    {"strides {2,1} and dilation_rate {1,3} are both above 1",
     {3, {9, 9, 3}},
     {4, {2, 2, 3, 4}},
     {0},
     {.strides = {2, 1}, .dilation_rate = {1, 3}}},
    {"kernel {2,2,3,4} with stride 1 and dilation_rate 18446744073709551615 along axis 2",
     {3, {4, 4, 3}},
     {4, {2, 2, 3, 4}},
     {0},
     {.dilation_rate = {1, SIZE_MAX}}},
    {"kernel {1,1,3,4} with stride 4294967296 and dilation_rate 1 along axis 1",
     {3, {4, 4, 3}},
     {4, {1, 1, 3, 4}},
     {0},
     {.strides = {(size_t)1 << 32, 1}}},
    {"kernel {3,5,3,4} with dilation_rate 2 spans 9 cells of axis 2, but the input {8,8,3} has 8; use PLAIT_SAME",
     {3, {8, 8, 3}},
     {4, {3, 5, 3, 4}},
     {0},
     {.dilation_rate = {1, 2}}},
    {"bias has shape {5} but must have {4}", {3, {4, 4, 3}}, {4, {1, 1, 3, 4}}, {1, {5}}, {0}},
    {"kernel {4294967296,4294967296,3,4} has more than 2147483647 elements",
     {3, {4, 4, 3}},
     {4, {(size_t)1 << 32, (size_t)1 << 32, 3, 4}},
     {0},
     {0}},
    {"output shape {1000,1000,5000} has more than 2147483647 elements",
     {3, {1000, 1000, 1}},
     {4, {1, 1, 1, 5000}},
     {0},
     {0}},
    {"activation 99", {3, {4, 4, 3}}, {4, {1, 1, 3, 4}}, {0}, {.activation = (plait_activation)99}},
};

static void mistakes(void **state)
{
    static const float data[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plait_graph *graph = twin_graph();
        plait_conv2d_opts opts = wrong[i].opts;
        opts.kernel = (plait_array){wrong[i].kernel.rank ? data : NULL, wrong[i].kernel};
        opts.bias = (plait_array){wrong[i].bias.rank ? data : NULL, wrong[i].bias};
        const plait_node y = plait_conv2d(plait_input(graph, NULL, wrong[i].x), &opts);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, wrong[i].message);
        check_has(plait_error_message(), " \"conv2d\": ");
        assert_int_equal(plait_node_shape(y).rank, 0);
        plait_graph_free(graph);
    }
    plait_graph *graph = twin_graph();
    (void)plait_conv2d(plait_input(graph, NULL, PLAIT_SHAPE(4, 4, 3)), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "kernel is missing");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),        cmocka_unit_test(integers),  cmocka_unit_test(long_sums),
        cmocka_unit_test(random_windows), cmocka_unit_test(epilogues), cmocka_unit_test(slices),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
