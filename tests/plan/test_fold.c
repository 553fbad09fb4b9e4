/* SPDX-License-Identifier: MIT */
/* What is folded into weights and fused into stores, and what must not be: the operators that are left, and
 * that the values stay right. */
#include "check.h"
#include "random.h"
#include "trial.h"
#include "weights.h"

enum { BATCH = 2, ROWS = 4, COLS = 3, CHANNELS = 5 };

/* A graph with two inputs, and the layers that its tests are made of. */
struct net {
    plait_graph *graph;
    struct random random;
    struct twin x[2];
};

static struct net new_net(const char *name)
{
    struct net net = {.graph = twin_graph(), .random = random_stream(name)};

    for (size_t i = 0; i < 2; i++) {
        const float *values = random_floats(&net.random, DATA_NORMAL, BATCH * ROWS * COLS * CHANNELS);
        net.x[i] = twin_input(net.graph, PLAIT_SHAPE(ROWS, COLS, CHANNELS), BATCH, values);
    }
    return net;
}

static size_t last_size(struct twin x)
{
    return x.ref.shape.dims[x.ref.shape.rank - 1];
}

static struct twin conv(struct net *net, struct twin x)
{
    const plait_conv2d_opts opts = random_conv2d(&net->random, last_size(x), 3, CHANNELS);

    return twin_conv2d(x, &opts);
}

static struct twin conv_relu(struct net *net, struct twin x)
{
    plait_conv2d_opts opts = random_conv2d(&net->random, last_size(x), 3, CHANNELS);

    opts.activation = PLAIT_RELU;
    return twin_conv2d(x, &opts);
}

static struct twin norm(struct net *net, struct twin x)
{
    const plait_batch_normalization_opts opts = random_batch_normalization(&net->random, last_size(x));

    return twin_batch_normalization(x, &opts);
}

static struct twin add(struct twin a, struct twin b)
{
    return twin_merge(MERGE_ADD, (struct twin[]){a, b}, 2);
}

static struct twin join(struct twin a, struct twin b, int axis)
{
    return twin_concatenate((struct twin[]){a, b}, 2, axis);
}

static void check_outputs(struct net *net, const struct twin *outputs, size_t count, const struct run_opts *opts,
                          const char *steps)
{
    plait_node nodes[3];

    for (size_t i = 0; i < count; i++) {
        nodes[i] = outputs[i].node;
    }
    assert_string_equal(fixture_steps(PLAIT_NODES(net->x[0].node, net->x[1].node), (plait_nodes){nodes, count}, opts),
                        steps);
    trial_run(&(struct trial){
        .name = steps,
        .inputs = net->x,
        .input_count = 2,
        .outputs = outputs,
        .output_count = count,
        .gate = GATE_ANY,
        .run = *opts,
    });
    plait_graph_free(net->graph);
    scratch_reset();
}

static const struct run_opts strict = {.accuracy = PLAIT_STRICT};

static void check_net(struct net *net, struct twin y, const char *steps)
{
    check_outputs(net, &y, 1, &strict, steps);
}

static void normalization_goes_into_the_convolution(void **state)
{
    (void)state;
    struct net one = new_net("one");
    check_net(&one, norm(&one, conv(&one, one.x[0])), "conv2d");
    struct net two = new_net("two");
    check_net(&two, norm(&two, norm(&two, conv(&two, two.x[0]))), "conv2d");
    struct net with_relu = new_net("with_relu");
    check_net(&with_relu, twin_relu(norm(&with_relu, conv(&with_relu, with_relu.x[0])), NULL), "conv2d");
}

static void normalization_goes_into_dense(void **state)
{
    struct net net = new_net("dense");
    const plait_dense_opts opts = random_dense(&net.random, ROWS * COLS * CHANNELS, 7);
    const struct twin y = twin_dense(twin_flatten(net.x[0]), &opts);

    (void)state;
    check_net(&net, twin_activate(norm(&net, y), PLAIT_TANH), "dense");
}

static void normalization_goes_through_a_join(void **state)
{
    (void)state;
    struct net flat = new_net("flat");
    check_net(&flat, norm(&flat, join(conv(&flat, flat.x[0]), conv(&flat, flat.x[1]), -1)), "conv2d conv2d");
    struct net nested = new_net("nested");
    const struct twin inner = join(conv(&nested, nested.x[0]), conv(&nested, nested.x[1]), 3);
    check_net(&nested, norm(&nested, join(inner, conv(&nested, nested.x[0]), -1)), "conv2d conv2d conv2d");
}

static void normalization_stays_where_it_cannot_fold(void **state)
{
    (void)state;
    struct net after_relu = new_net("after_relu");
    check_net(&after_relu, norm(&after_relu, conv_relu(&after_relu, after_relu.x[0])), "conv2d batch_normalization");

    struct net input = new_net("input");
    check_net(&input, norm(&input, input.x[0]), "batch_normalization");

    struct net part = new_net("part");
    check_net(&part, norm(&part, join(conv(&part, part.x[0]), part.x[1], -1)), "conv2d copy batch_normalization");

    struct net rows = new_net("rows");
    check_net(&rows, norm(&rows, join(conv(&rows, rows.x[0]), conv(&rows, rows.x[1]), 1)),
              "conv2d conv2d batch_normalization");

    struct net twice = new_net("twice");
    const struct twin y = conv(&twice, twice.x[0]);
    check_net(&twice, norm(&twice, join(y, y, -1)), "conv2d copy batch_normalization");
}

static void normalization_of_another_axis_stays(void **state)
{
    struct net net = new_net("axis");
    plait_batch_normalization_opts opts = random_batch_normalization(&net.random, ROWS);

    (void)state;
    opts.axis = 1;
    check_net(&net, twin_batch_normalization(conv(&net, net.x[0]), &opts), "conv2d batch_normalization");
}

static void what_others_read_is_left_as_it_is(void **state)
{
    (void)state;
    struct net read = new_net("read");
    const struct twin a = conv(&read, read.x[0]);
    check_outputs(&read, (struct twin[]){norm(&read, a), twin_relu(a, NULL)}, 2, &strict,
                  "conv2d batch_normalization relu");

    struct net output = new_net("output");
    const struct twin b = conv(&output, output.x[0]);
    check_outputs(&output, (struct twin[]){norm(&output, b), b}, 2, &strict, "conv2d batch_normalization");

    struct net relu = new_net("relu");
    const struct twin c = conv(&relu, relu.x[0]);
    check_outputs(&relu, (struct twin[]){twin_relu(c, NULL), c}, 2, &strict, "conv2d relu");
}

static void an_activation_goes_into_its_producer(void **state)
{
    (void)state;
    struct net own = new_net("own");
    check_net(&own, conv_relu(&own, own.x[0]), "conv2d");
    struct net after = new_net("after");
    check_net(&after, twin_activate(conv(&after, after.x[0]), PLAIT_SIGMOID), "conv2d");
    struct net merge = new_net("merge");
    check_net(&merge, twin_relu(twin_merge(MERGE_MULTIPLY, merge.x, 2), NULL), "multiply");
    struct net second = new_net("second");
    check_net(&second, twin_activate(conv_relu(&second, second.x[0]), PLAIT_TANH), "conv2d activation");
    struct net softmax = new_net("softmax");
    check_net(&softmax, twin_softmax(conv(&softmax, softmax.x[0]), -1), "conv2d softmax");
}

static void an_activation_of_a_join_stays(void **state)
{
    struct net net = new_net("join");

    (void)state;
    check_net(&net, twin_relu(join(conv(&net, net.x[0]), conv(&net, net.x[1]), -1), NULL), "conv2d conv2d relu");
}

static void an_addition_goes_into_the_convolution(void **state)
{
    (void)state;
    struct net second = new_net("second");
    check_net(&second, add(second.x[0], conv(&second, second.x[1])), "conv2d");
    struct net first = new_net("first");
    check_net(&first, add(conv(&first, first.x[0]), first.x[0]), "conv2d");
    struct net both = new_net("both");
    check_net(&both, add(conv(&both, both.x[0]), conv(&both, both.x[1])), "conv2d conv2d");
    struct net all = new_net("all");
    check_net(&all, twin_relu(add(norm(&all, conv(&all, all.x[0])), all.x[1]), NULL), "conv2d");
    struct net chain = new_net("chain");
    const struct twin a = twin_relu(add(conv(&chain, chain.x[0]), chain.x[0]), NULL);
    check_net(&chain, twin_relu(add(conv(&chain, a), a), NULL), "conv2d conv2d");
}

static void a_shortcut_may_lie_in_a_join(void **state)
{
    struct net net = new_net("shortcut");
    const struct twin a = conv(&net, net.x[0]);
    const struct twin b = add(conv(&net, net.x[1]), a);

    (void)state;
    check_outputs(&net, (struct twin[]){join(a, b, -1), twin_relu(b, NULL)}, 2, &strict, "conv2d conv2d relu");
}

static void additions_of_another_kind_stay(void **state)
{
    (void)state;
    struct net three = new_net("three");
    const struct twin parts[] = {conv(&three, three.x[0]), three.x[0], three.x[1]};
    check_net(&three, twin_merge(MERGE_ADD, parts, 3), "conv2d add");

    struct net after_relu = new_net("after_relu");
    check_net(&after_relu, add(conv_relu(&after_relu, after_relu.x[0]), after_relu.x[1]), "conv2d add");

    struct net itself = new_net("itself");
    const struct twin y = conv(&itself, itself.x[0]);
    check_net(&itself, add(y, y), "conv2d add");

    struct net wide = new_net("wide");
    const plait_dense_opts opts = random_dense(&wide.random, CHANNELS, 1);
    check_net(&wide, add(wide.x[0], twin_dense(wide.x[1], &opts)), "dense add");

    struct net subtract = new_net("subtract");
    check_net(&subtract, twin_merge(MERGE_SUBTRACT, (struct twin[]){conv(&subtract, subtract.x[0]), subtract.x[1]}, 2),
              "conv2d subtract");
}

static void a_demanded_operator_runs_by_itself(void **state)
{
    static const struct run_opts demand = {.accuracy = PLAIT_STRICT,
                                           .variants = "batch_normalization=reference,add=reference,relu=reference"};
    struct net net = new_net("demanded");
    const struct twin y = twin_relu(add(norm(&net, conv(&net, net.x[0])), net.x[1]), NULL);

    (void)state;
    check_outputs(&net, &y, 1, &demand, "conv2d batch_normalization add relu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalization_goes_into_the_convolution),
        cmocka_unit_test(normalization_goes_into_dense),
        cmocka_unit_test(normalization_goes_through_a_join),
        cmocka_unit_test(normalization_stays_where_it_cannot_fold),
        cmocka_unit_test(normalization_of_another_axis_stays),
        cmocka_unit_test(what_others_read_is_left_as_it_is),
        cmocka_unit_test(an_activation_goes_into_its_producer),
        cmocka_unit_test(an_activation_of_a_join_stays),
        cmocka_unit_test(an_addition_goes_into_the_convolution),
        cmocka_unit_test(a_shortcut_may_lie_in_a_join),
        cmocka_unit_test(additions_of_another_kind_stay),
        cmocka_unit_test(a_demanded_operator_runs_by_itself),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
