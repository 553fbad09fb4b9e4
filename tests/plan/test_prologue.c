/* SPDX-License-Identifier: MIT */
/* Normalization and ReLU, or a gate, go into the load of the 1x1 convolution that alone reads them. */
#include "layer.h"
#include "weights.h"

enum { BATCH = 2, ROWS = 5, COLS = 7, FILTERS = 6 };

struct net {
    plait_graph *graph;
    struct random random;
    struct twin x;
};

static struct net new_net(const char *name, size_t channels)
{
    struct net net = {.graph = twin_graph(), .random = random_stream(name)};
    const float *values = random_floats(&net.random, DATA_NORMAL, BATCH * ROWS * COLS * channels);

    net.x = twin_input(net.graph, PLAIT_SHAPE(ROWS, COLS, channels), BATCH, values);
    return net;
}

static struct twin normalize(struct net *net, struct twin x)
{
    const plait_batch_normalization_opts opts = random_batch_normalization(&net->random, x.ref.shape.dims[3]);

    return twin_relu(twin_batch_normalization(x, &opts), NULL);
}

/* A convolution with windows of `size` x `size`; `opts` has the other options. */
static struct twin conv(struct net *net, struct twin x, size_t size, plait_conv2d_opts opts)
{
    opts.kernel = random_array(&net->random, DATA_NORMAL, PLAIT_SHAPE(size, size, x.ref.shape.dims[3], FILTERS));
    opts.bias = random_array(&net->random, DATA_NORMAL, PLAIT_SHAPE(FILTERS));
    return twin_conv2d(x, &opts);
}

/* Only CPUs have a kernel that takes it. */
static bool is_cpu(void)
{
    plait_device_info info;

    assert_int_equal(plait_context_device(fixture_context(false), &info), PLAIT_OK);
    return info.kind == PLAIT_DEVICE_CPU;
}

static void check(struct net *net, const struct twin *outputs, size_t count, const char *variants, const char *steps)
{
    const struct run_opts opts = {.variants = variants, .accuracy = PLAIT_STRICT};
    plait_node nodes[2];

    for (size_t i = 0; i < count; i++) {
        nodes[i] = outputs[i].node;
    }
    if (is_cpu()) {
        assert_string_equal(fixture_steps(PLAIT_NODES(net->x.node), (plait_nodes){nodes, count}, &opts), steps);
    }
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

static void a_pointwise_convolution_takes_it(void **state)
{
    static const size_t channels[] = {1, 3, 16, 33, 300};

    (void)state;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        struct net net = new_net("pointwise", channels[i]);
        const struct twin y = conv(&net, normalize(&net, net.x), 1, (plait_conv2d_opts){0});
        check(&net, &y, 1, NULL, "conv2d");
    }
    struct net strided = new_net("strided", 17);
    const struct twin y = conv(&strided, normalize(&strided, strided.x), 1, (plait_conv2d_opts){.strides = {2, 3}});
    check(&strided, &y, 1, NULL, "conv2d");
}

/* As a densely connected network does. */
static void every_reader_of_a_join_normalizes_for_itself(void **state)
{
    (void)state;
    struct net net = new_net("dense", 9);
    const struct twin a = conv(&net, normalize(&net, net.x), 1, (plait_conv2d_opts){.activation = PLAIT_SIGMOID});
    const struct twin b = twin_concatenate((struct twin[]){net.x, a}, 2, -1);
    const struct twin c = conv(&net, normalize(&net, b), 1, (plait_conv2d_opts){0});
    const struct twin d = twin_concatenate((struct twin[]){b, c}, 2, -1);
    const struct twin y = conv(&net, normalize(&net, d), 1, (plait_conv2d_opts){0});

    check(&net, &y, 1, NULL, "conv2d copy conv2d conv2d");
}

static void what_others_read_stays(void **state)
{
    (void)state;
    struct net net = new_net("others", 8);
    const struct twin a = normalize(&net, net.x);
    check(&net, (struct twin[]){conv(&net, a, 1, (plait_conv2d_opts){0}), a}, 2, NULL, "batch_normalization conv2d");
}

/* In the padding there is 0, not what 0 is normalized to. */
static void what_is_padded_stays(void **state)
{
    (void)state;
    struct net net = new_net("same", 8);
    const struct twin y = conv(&net, normalize(&net, net.x), 3, (plait_conv2d_opts){.padding = PLAIT_SAME});
    check(&net, &y, 1, NULL, "batch_normalization conv2d");
}

static void other_functions_stay(void **state)
{
    (void)state;
    struct net sigmoid = new_net("sigmoid", 8);
    const plait_batch_normalization_opts opts = random_batch_normalization(&sigmoid.random, 8);
    const struct twin a = twin_activate(twin_batch_normalization(sigmoid.x, &opts), PLAIT_SIGMOID);
    const struct twin y = conv(&sigmoid, a, 1, (plait_conv2d_opts){0});
    check(&sigmoid, &y, 1, NULL, "batch_normalization conv2d");

    struct net most = new_net("relu6", 8);
    const plait_batch_normalization_opts again = random_batch_normalization(&most.random, 8);
    const struct twin b = twin_activate(twin_batch_normalization(most.x, &again), PLAIT_RELU6);
    const struct twin z = conv(&most, b, 1, (plait_conv2d_opts){0});
    check(&most, &z, 1, NULL, "batch_normalization conv2d");
}

static void what_is_demanded_runs(void **state)
{
    static const char *const demands[] = {"batch_normalization=reference", "conv2d=reference"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct net net = new_net("demanded", 8);
        const struct twin y = conv(&net, normalize(&net, net.x), 1, (plait_conv2d_opts){0});
        check(&net, &y, 1, demands[i], "batch_normalization conv2d");
    }
}

/* As in a squeeze-and-excitation block: `gate` has a value for each channel of a sample. */
static struct twin gate_of(struct net *net, struct twin x)
{
    const size_t channels = x.ref.shape.dims[3];
    plait_conv2d_opts opts = {.kernel =
                                  random_array(&net->random, DATA_NORMAL, PLAIT_SHAPE(ROWS, COLS, channels, channels)),
                              .activation = PLAIT_SIGMOID};

    return twin_conv2d(x, &opts);
}

static void a_gate_is_taken(void **state)
{
    static const size_t channels[] = {1, 3, 16, 33, 300};

    (void)state;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        for (size_t first = 0; first < 2; first++) { /* as either factor */
            struct net net = new_net("gated", channels[i]);
            const struct twin gate = gate_of(&net, net.x);
            const struct twin factors[] = {first ? gate : net.x, first ? net.x : gate};
            const struct twin y = conv(&net, twin_merge(MERGE_MULTIPLY, factors, 2), 1, (plait_conv2d_opts){0});
            check(&net, &y, 1, NULL, "conv2d conv2d");
        }
    }
}

static void products_that_are_no_gates_stay(void **state)
{
    (void)state;
    struct net net = new_net("same shape", 8);
    struct twin a = twin_merge(MERGE_MULTIPLY, (struct twin[]){net.x, twin_activate(net.x, PLAIT_TANH)}, 2);
    struct twin y = conv(&net, a, 1, (plait_conv2d_opts){0});
    check(&net, &y, 1, NULL, "activation multiply conv2d");

    net = new_net("activated", 8);
    a = twin_merge(MERGE_MULTIPLY, (struct twin[]){net.x, gate_of(&net, net.x)}, 2);
    y = conv(&net, twin_activate(a, PLAIT_TANH), 1, (plait_conv2d_opts){0});
    check(&net, &y, 1, NULL, "conv2d multiply conv2d");

    net = new_net("three by three", 8);
    a = twin_merge(MERGE_MULTIPLY, (struct twin[]){net.x, gate_of(&net, net.x)}, 2);
    y = conv(&net, a, 3, (plait_conv2d_opts){.padding = PLAIT_SAME});
    check(&net, &y, 1, NULL, "conv2d multiply conv2d");

    net = new_net("demanded", 8);
    a = twin_merge(MERGE_MULTIPLY, (struct twin[]){net.x, gate_of(&net, net.x)}, 2);
    y = conv(&net, a, 1, (plait_conv2d_opts){0});
    check(&net, &y, 1, "multiply=reference", "conv2d multiply conv2d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointwise_convolution_takes_it),
        cmocka_unit_test(every_reader_of_a_join_normalizes_for_itself),
        cmocka_unit_test(what_others_read_stays),
        cmocka_unit_test(what_is_padded_stays),
        cmocka_unit_test(other_functions_stay),
        cmocka_unit_test(what_is_demanded_runs),
        cmocka_unit_test(a_gate_is_taken),
        cmocka_unit_test(products_that_are_no_gates_stay),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
