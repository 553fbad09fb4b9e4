/* SPDX-License-Identifier: MIT */
/* Zeros around a picture go into the windows of the convolution or pooling that alone reads them, and an enlarged
 * picture is written where it is wanted. */
#include "layer.h"
#include "oracle_pooling.h"
#include "oracle_resizing.h"
#include "weights.h"

enum { BATCH = 2, ROWS = 9, COLS = 7, CHANNELS = 5 };

struct net {
    plait_graph *graph;
    struct random random;
    struct twin x;
};

static struct net new_net(const char *name)
{
    struct net net = {.graph = twin_graph(), .random = random_stream(name)};
    const float *values = random_floats(&net.random, DATA_NORMAL, BATCH * ROWS * COLS * CHANNELS);

    net.x = twin_input(net.graph, PLAIT_SHAPE(ROWS, COLS, CHANNELS), BATCH, values);
    return net;
}

static struct twin pad(struct twin x, size_t top, size_t bottom, size_t left, size_t right)
{
    return twin_zero_padding2d(x, PLAIT_ENDS(top, bottom), PLAIT_ENDS(left, right));
}

/* A convolution with windows of `size` x `size`; `opts` has the other options. */
static struct twin conv(struct net *net, struct twin x, size_t size, plait_conv2d_opts opts)
{
    const size_t channels = x.ref.shape.dims[3] / (opts.groups ? opts.groups : 1);
    const plait_shape kernel = PLAIT_SHAPE(size, size, channels, CHANNELS);

    opts.kernel = random_array(&net->random, DATA_NORMAL, kernel);
    opts.bias = random_array(&net->random, DATA_NORMAL, PLAIT_SHAPE(CHANNELS));
    return twin_conv2d(x, &opts);
}

static void check_outputs(struct net *net, const struct twin *outputs, size_t count, struct run_opts opts,
                          const char *steps)
{
    plait_node nodes[2];

    for (size_t i = 0; i < count; i++) {
        nodes[i] = outputs[i].node;
    }
    assert_string_equal(fixture_steps(PLAIT_NODES(net->x.node), (plait_nodes){nodes, count}, &opts), steps);
    trial_run(&(struct trial){
        .name = steps,
        .inputs = &net->x,
        .input_count = 1,
        .outputs = outputs,
        .output_count = count,
        .gate = GATE_ANY,
        .run = opts,
    });
    plait_graph_free(net->graph);
    scratch_reset();
}

static const struct run_opts strict = {.accuracy = PLAIT_STRICT};

static void check_net(struct net *net, struct twin y, const char *steps)
{
    check_outputs(net, &y, 1, strict, steps);
}

/* Windows of one size and options, and what is around the picture; in every variant of the convolution. */
static void padding_goes_into_the_windows(void **state)
{
    static const struct {
        size_t ends[4]; /* top, bottom, left, right */
        size_t size;
        plait_conv2d_opts opts;
    } cases[] = {
        {{1, 1, 1, 1}, 3, {0}},
        {{3, 3, 3, 3}, 7, {.strides = {2, 2}}},
        {{0, 1, 0, 1}, 3, {.strides = {2, 2}}},
        {{1, 0, 2, 0}, 3, {.strides = {1, 2}}},
        {{2, 4, 0, 3}, 5, {0}},
        {{1, 2, 3, 4}, 2, {.padding = PLAIT_SAME}},
        {{2, 1, 1, 2}, 3, {.dilation_rate = {2, 2}}},
        {{5, 6, 4, 7}, 1, {0}}, /* windows with nothing but zeros */
        {{9, 9, 7, 7}, 3, {.strides = {2, 3}}},
        {{4, 3, 5, 6}, 8, {.activation = PLAIT_RELU}},
        {{7, 7, 7, 7}, 15, {0}},
        {{1, 1, 1, 1}, 3, {.groups = CHANNELS}},
        {{3, 1, 5, 2}, 3, {.groups = CHANNELS, .strides = {2, 2}}},
    };
    struct variants seen = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t *ends = cases[i].ends;
        struct net net = new_net("windows");
        const struct twin y = conv(&net, pad(net.x, ends[0], ends[1], ends[2], ends[3]), cases[i].size, cases[i].opts);
        assert_string_equal(fixture_steps(PLAIT_NODES(net.x.node), PLAIT_NODES(y.node), &strict), "conv2d");
        trial_run_variants(&(struct trial){.name = scratch_text("case %zu", i),
                                           .inputs = &net.x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_FAST},
                           y, &seen);
        plait_graph_free(net.graph);
        scratch_reset();
    }
    check_variants(&seen, CONVOLUTION_OPTIONAL);
}

static struct twin pool(struct twin x, enum pooling kind, const plait_pooling2d_opts *opts)
{
    return (struct twin){kind == POOLING_MAX ? plait_max_pooling2d(x.node, opts)
                                             : plait_average_pooling2d(x.node, opts),
                         oracle_pooling2d(kind, x.ref, opts)};
}

/* These zeros count, unlike the cells that PLAIT_SAME puts around them. */
static void padding_goes_into_pooling(void **state)
{
    static const struct {
        size_t ends[4];
        plait_pooling2d_opts opts;
    } cases[] = {
        {{1, 1, 1, 1}, {.pool_size = {3, 3}, .strides = {2, 2}}}, /* as a ResNet does */
        {{0, 1, 2, 0}, {.pool_size = {2, 2}}},
        {{2, 3, 1, 0}, {.pool_size = {4, 3}, .strides = {1, 1}}},
        {{1, 0, 2, 3}, {.pool_size = {3, 4}, .strides = {2, 1}, .padding = PLAIT_SAME}},
        {{5, 6, 4, 7}, {.pool_size = {2, 2}}}, /* windows with nothing but zeros */
        {{9, 9, 7, 7}, {.pool_size = {3, 5}, .strides = {2, 3}, .padding = PLAIT_SAME}},
        {{1, 1, 1, 1}, {.pool_size = {11, 9}}},
    };
    struct variants seen[2] = {{0}};

    (void)state;
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        const size_t *ends = cases[i / 2].ends;
        struct net net = new_net("pooling");
        const struct twin y = pool(pad(net.x, ends[0], ends[1], ends[2], ends[3]), i % 2, &cases[i / 2].opts);
        assert_string_equal(fixture_steps(PLAIT_NODES(net.x.node), PLAIT_NODES(y.node), &strict),
                            i % 2 == POOLING_MAX ? "max_pooling2d" : "average_pooling2d");
        trial_run_variants(&(struct trial){.name = scratch_text("case %zu", i),
                                           .inputs = &net.x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = i % 2 == POOLING_MAX ? GATE_BITS_ZERO : GATE_HARD},
                           y, &seen[i % 2]);
        plait_graph_free(net.graph);
        scratch_reset();
    }
    check_variants(&seen[0], "cpu");
    check_variants(&seen[1], "cpu");
}

static void what_follows_the_convolution_folds_as_well(void **state)
{
    struct net net = new_net("follows");
    const plait_batch_normalization_opts opts = random_batch_normalization(&net.random, CHANNELS);
    const struct twin y = conv(&net, pad(net.x, 1, 1, 1, 1), 3, (plait_conv2d_opts){0});

    (void)state;
    check_net(&net, twin_relu(twin_batch_normalization(y, &opts), NULL), "conv2d");
}

static void padding_of_a_residual_block_folds(void **state)
{
    struct net net = new_net("residual");
    const struct twin a = conv(&net, net.x, 1, (plait_conv2d_opts){0});
    const struct twin b = conv(&net, pad(a, 1, 1, 1, 1), 3, (plait_conv2d_opts){0});

    (void)state;
    check_net(&net, twin_merge(MERGE_ADD, (struct twin[]){b, a}, 2), "conv2d conv2d");
}

static void padding_that_others_read_stays(void **state)
{
    (void)state;
    struct net output = new_net("output");
    const struct twin a = pad(output.x, 1, 1, 1, 1);
    check_outputs(&output, (struct twin[]){conv(&output, a, 3, (plait_conv2d_opts){0}), a}, 2, strict,
                  "zero_padding2d conv2d");

    struct net twice = new_net("twice");
    const struct twin b = pad(twice.x, 1, 1, 1, 1);
    const struct twin sums[] = {conv(&twice, b, 3, (plait_conv2d_opts){0}), conv(&twice, b, 3, (plait_conv2d_opts){0})};
    check_net(&twice, twin_merge(MERGE_MULTIPLY, sums, 2), "zero_padding2d conv2d conv2d multiply");
}

static void padding_that_is_no_zeros_stays(void **state)
{
    (void)state;
    struct net net = new_net("no zeros");
    const struct twin y = twin_activate(pad(net.x, 1, 1, 1, 1), PLAIT_SIGMOID);
    check_net(&net, conv(&net, y, 3, (plait_conv2d_opts){0}), "zero_padding2d conv2d");
}

static void padding_wider_than_the_picture_stays(void **state)
{
    (void)state;
    struct net net = new_net("wide");
    const struct twin y = pad(net.x, 0, 0, 0, COLS + 1);
    check_net(&net, conv(&net, y, 3, (plait_conv2d_opts){0}), "zero_padding2d conv2d");
}

static void padding_that_is_demanded_runs(void **state)
{
    const struct run_opts demand = {.accuracy = PLAIT_STRICT, .variants = "zero_padding2d=reference"};
    struct net net = new_net("demanded");
    const struct twin y = conv(&net, pad(net.x, 1, 0, 0, 1), 3, (plait_conv2d_opts){0});

    (void)state;
    check_outputs(&net, &y, 1, demand, "zero_padding2d conv2d");
}

static void other_operators_read_padding_as_it_is(void **state)
{
    (void)state;
    struct net net = new_net("others");
    check_net(&net, twin_softmax(pad(net.x, 1, 1, 1, 1), -1), "zero_padding2d softmax");
}

/* As a U-Net does. */
static void an_enlarged_picture_is_written_into_a_join(void **state)
{
    static const plait_interpolation ways[] = {PLAIT_NEAREST, PLAIT_BILINEAR};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct net net = new_net("join");
        const struct twin a = conv(&net, net.x, 3, (plait_conv2d_opts){.padding = PLAIT_SAME});
        const struct twin b = conv(&net, a, 3, (plait_conv2d_opts){.padding = PLAIT_SAME, .strides = {3, 7}});
        const struct twin c =
            twin_up_sampling2d(b, &(plait_up_sampling2d_opts){.size = {3, 7}, .interpolation = ways[i]});
        const struct twin y = twin_concatenate((struct twin[]){a, c}, 2, -1);
        check_net(&net, conv(&net, y, 3, (plait_conv2d_opts){0}), "conv2d conv2d up_sampling2d conv2d");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_goes_into_the_windows),
        cmocka_unit_test(padding_goes_into_pooling),
        cmocka_unit_test(what_follows_the_convolution_folds_as_well),
        cmocka_unit_test(padding_of_a_residual_block_folds),
        cmocka_unit_test(padding_that_others_read_stays),
        cmocka_unit_test(padding_that_is_no_zeros_stays),
        cmocka_unit_test(padding_wider_than_the_picture_stays),
        cmocka_unit_test(padding_that_is_demanded_runs),
        cmocka_unit_test(other_operators_read_padding_as_it_is),
        cmocka_unit_test(an_enlarged_picture_is_written_into_a_join),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
