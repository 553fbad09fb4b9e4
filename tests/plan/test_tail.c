/* SPDX-License-Identifier: MIT */
/* Pooling goes into the step of the convolution before it: when it does, and when not. */
#include "layer.h"
#include "oracle_pooling.h"
#include "oracle_resizing.h"
#include "weights.h"

enum { SIZE = 24, CHANNELS = 32, BATCH = 2 };

struct net {
    plait_graph *graph;
    struct random random;
    struct twin x;
};

static struct net new_net(const char *name)
{
    struct net net = {.graph = twin_graph(), .random = random_stream(name)};

    net.x = twin_input(net.graph, PLAIT_SHAPE(SIZE, SIZE, CHANNELS), BATCH,
                       random_floats(&net.random, DATA_NORMAL, BATCH * SIZE * SIZE * CHANNELS));
    return net;
}

static struct twin conv(struct net *net, struct twin x)
{
    const plait_conv2d_opts opts = random_conv2d(&net->random, CHANNELS, 3, CHANNELS);

    return twin_relu(twin_conv2d(x, &opts), NULL);
}

static struct twin pool_with(struct twin x, const plait_pooling2d_opts *opts)
{
    return (struct twin){plait_max_pooling2d(x.node, opts), oracle_pooling2d(POOLING_MAX, x.ref, opts)};
}

static struct twin pool(struct twin x)
{
    return pool_with(x, &(plait_pooling2d_opts){0});
}

/* Only CPUs have kernels that take tails. */
static bool is_cpu(void)
{
    plait_device_info info;

    check_ok(plait_context_device(fixture_context(false), &info));
    return info.kind == PLAIT_DEVICE_CPU;
}

/* Runs the net with this accuracy and these variants, of one queue or several, and checks its steps and results. */
static void check_with(struct net *net, const struct twin *outputs, size_t count, const char *steps,
                       struct run_opts opts)
{
    plait_node nodes[3];

    opts.planned = BATCH;
    for (size_t i = 0; i < count; i++) {
        nodes[i] = outputs[i].node;
    }
    if (is_cpu()) {
        assert_string_equal(fixture_steps(PLAIT_NODES(net->x.node), (plait_nodes){nodes, count}, &opts), steps);
    }
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        opts.out_of_order = out_of_order;
        trial_run(&(struct trial){
            .name = steps,
            .inputs = &net->x,
            .input_count = 1,
            .outputs = outputs,
            .output_count = count,
            .gate = opts.accuracy == PLAIT_STRICT ? GATE_ANY : GATE_L2,
            .limit = 1e-5,
            .run = opts,
        });
    }
    plait_graph_free(net->graph);
    scratch_reset();
}

static void check(struct net *net, const struct twin *outputs, size_t count, const char *steps)
{
    check_with(net, outputs, count, steps, (struct run_opts){0});
}

static void pooling_is_a_tail(void **state)
{
    (void)state;
    struct net net = new_net("alone");
    check(&net, (struct twin[]){pool(conv(&net, net.x))}, 1, "conv2d");

    net = new_net("a chain");
    check(&net, (struct twin[]){pool(conv(&net, pool(conv(&net, net.x))))}, 1, "conv2d conv2d");

    net = new_net("wanted");
    struct twin y = conv(&net, net.x);
    check(&net, (struct twin[]){y, pool(y)}, 2, "conv2d");

    net = new_net("wanted twice");
    y = pool(conv(&net, net.x));
    check(&net, (struct twin[]){y, y}, 2, "conv2d copy");

    net = new_net("a residual before it");
    y = conv(&net, net.x);
    const plait_conv2d_opts opts = random_conv2d(&net.random, CHANNELS, 3, CHANNELS);
    const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){y, twin_conv2d(y, &opts)}, 2);
    check(&net, (struct twin[]){pool(twin_relu(sum, NULL))}, 1, "conv2d conv2d");
}

/* As in a U-Net: what the convolution makes goes to a join, what is made of it to the next convolution. */
static void others_may_read_the_picture(void **state)
{
    (void)state;
    struct net net = new_net("U");
    const struct twin down = conv(&net, net.x);
    const struct twin deep = conv(&net, pool(down));
    const struct twin up = twin_up_sampling2d(deep, &(plait_up_sampling2d_opts){0});
    check(&net, (struct twin[]){twin_concatenate((struct twin[]){up, down}, 2, -1)}, 1, "conv2d conv2d up_sampling2d");

    net = new_net("later");
    const struct twin a = conv(&net, net.x);
    const struct twin b = conv(&net, a);
    check(&net, (struct twin[]){b, twin_concatenate((struct twin[]){pool(b), pool(a)}, 2, -1)}, 2, "conv2d conv2d");
}

static void a_step_has_one_tail(void **state)
{
    (void)state;
    struct net net = new_net("two tails");
    struct twin y = conv(&net, net.x);
    const struct twin wide = pool_with(y, &(plait_pooling2d_opts){.pool_size = {2, 1}});
    check(&net, (struct twin[]){pool(y), wide}, 2, "conv2d max_pooling2d");

    net = new_net("a tail of a tail");
    check(&net, (struct twin[]){pool(pool(conv(&net, net.x)))}, 1, "conv2d max_pooling2d");
}

static void other_pooling_has_its_own_step(void **state)
{
    (void)state;
    struct net net = new_net("overlapping");
    struct twin y = pool_with(conv(&net, net.x), &(plait_pooling2d_opts){.pool_size = {3, 3}, .strides = {2, 2}});
    check(&net, &y, 1, "conv2d max_pooling2d");

    net = new_net("not in tiles");
    y = pool_with(conv(&net, net.x), &(plait_pooling2d_opts){.pool_size = {3, 3}});
    check(&net, &y, 1, "conv2d max_pooling2d");

    net = new_net("not from the corner on");
    y = pool_with(conv(&net, net.x), &(plait_pooling2d_opts){.pool_size = {5, 5}, .padding = PLAIT_SAME});
    check(&net, &y, 1, "conv2d max_pooling2d");

    net = new_net("activated");
    y = twin_activate(pool(conv(&net, net.x)), PLAIT_TANH);
    check(&net, &y, 1, "conv2d max_pooling2d");

    net = new_net("with a residual");
    const struct twin half = pool(net.x);
    y = twin_merge(MERGE_ADD, (struct twin[]){half, pool(conv(&net, net.x))}, 2);
    check(&net, &y, 1, "max_pooling2d conv2d max_pooling2d");

    net = new_net("with zeros");
    y = pool(twin_zero_padding2d(conv(&net, net.x), PLAIT_ENDS(1, 1), PLAIT_ENDS(0, 2)));
    check(&net, &y, 1, "conv2d max_pooling2d");

    net = new_net("of a join");
    const struct twin parts[] = {conv(&net, net.x), conv(&net, net.x)};
    check(&net, (struct twin[]){pool(twin_concatenate(parts, 2, -1))}, 1, "conv2d conv2d max_pooling2d");

    net = new_net("of an input");
    check(&net, (struct twin[]){pool(net.x)}, 1, "max_pooling2d");
}

/* A tail never decides which variant computes the convolution. */
static void the_convolution_is_computed_as_ever(void **state)
{
    static const char *const demands[] = {"conv2d=cpu", "conv2d=winograd4_cpu", "max_pooling2d=reference"};

    (void)state;
    struct net net = new_net("strict");
    check_with(&net, (struct twin[]){pool(conv(&net, net.x))}, 1, "conv2d max_pooling2d",
               (struct run_opts){.accuracy = PLAIT_STRICT});
    for (size_t i = 0; i < sizeof demands / sizeof *demands && is_cpu(); i++) {
        net = new_net("demanded");
        check_with(&net, (struct twin[]){pool(conv(&net, net.x))}, 1, "conv2d max_pooling2d",
                   (struct run_opts){.variants = demands[i]});
    }
}

static plait_model *new_model(const struct net *net, plait_nodes outputs, bool less_memory)
{
    const plait_model_opts opts = {.batch = BATCH, .less_memory = less_memory};
    plait_model *model = NULL;

    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(net->x.node), outputs, &opts, &model));
    return model;
}

/* The picture has no memory if nothing else reads it, and the report names the layer. */
static void the_picture_is_never_stored(void **state)
{
    char report[2000];
    plait_memory memory;

    (void)state;
    struct net net = new_net("fleeting");
    plait_model *model = new_model(&net, PLAIT_NODES(pool(conv(&net, net.x)).node), true);
    if (is_cpu()) {
        check_ok(plait_model_memory(model, &memory));
        assert_true(memory.arena_bytes == 0);
        check_ok(plait_model_report(model, report, sizeof report, NULL));
        check_has(report, "re_lu, max_pooling2d");
    }
    plait_model_free(model);
    plait_graph_free(net.graph);
    scratch_reset();
}

/* Of two results, that which is needed later takes memory for longer. */
static void less_memory_means_fewer_tails(void **state)
{
    (void)state;
    for (int less = 0; less < 2; less++) {
        struct net net = new_net("less");
        const struct twin y = conv(&net, net.x);
        plait_model *model = new_model(&net, PLAIT_NODES(y.node, pool(y).node), less);
        assert_true(!is_cpu() || plait_model_step_count(model) == 1 + (size_t)less);
        plait_model_free(model);
        plait_graph_free(net.graph);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooling_is_a_tail),
        cmocka_unit_test(others_may_read_the_picture),
        cmocka_unit_test(a_step_has_one_tail),
        cmocka_unit_test(other_pooling_has_its_own_step),
        cmocka_unit_test(the_convolution_is_computed_as_ever),
        cmocka_unit_test(the_picture_is_never_stored),
        cmocka_unit_test(less_memory_means_fewer_tails),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
