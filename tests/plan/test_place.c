/* SPDX-License-Identifier: MIT */
/* Where values lie: joins that cost nothing, aliases, and outputs in every odd combination.
 *
 * All operators here give exact results, so every graph is compared bit for bit. */
#include "check.h"
#include "random.h"
#include "trial.h"

#include <string.h>

enum { BATCH = 3, INPUTS = 3 };

/* A graph with some inputs of one shape. */
struct net {
    plait_graph *graph;
    struct twin x[INPUTS];
};

static struct net new_net(const char *name, plait_shape sample)
{
    struct net net = {.graph = twin_graph()};
    struct random random = random_stream(name);

    for (size_t i = 0; i < INPUTS; i++) {
        net.x[i] = twin_input(net.graph, sample, BATCH, random_floats(&random, DATA_NORMAL, BATCH * 1000));
    }
    return net;
}

static struct twin negative(struct twin x)
{
    return twin_activate(x, PLAIT_HARD_SHRINK);
}

/* Runs with memory shared and not, in order and out of order, as planned and for other batches, and checks
 * the operators that ran with the default plan. */
static void check_net(const struct net *net, const struct twin *outputs, size_t count, const char *steps)
{
    plait_node inputs[INPUTS];
    plait_node nodes[4];

    for (size_t i = 0; i < INPUTS; i++) {
        inputs[i] = net->x[i].node;
    }
    for (size_t i = 0; i < count; i++) {
        nodes[i] = outputs[i].node;
    }
    assert_string_equal(
        fixture_steps((plait_nodes){inputs, INPUTS}, (plait_nodes){nodes, count}, &(struct run_opts){0}), steps);
    for (int ways = 0; ways < 4; ways++) {
        static const size_t planned[] = {BATCH, 1, BATCH - 1, BATCH + 2};
        trial_run(&(struct trial){
            .name = steps,
            .inputs = net->x,
            .input_count = INPUTS,
            .outputs = outputs,
            .output_count = count,
            .gate = GATE_BITS_ZERO,
            .run = {.planned = planned[ways], .disjoint_memory = ways & 1, .out_of_order = ways & 2},
        });
    }
    plait_graph_free(net->graph);
    scratch_reset();
}

static void joins_cost_nothing_along_every_axis(void **state)
{
    (void)state;
    for (int axis = -3; axis <= 3; axis++) {
        if (axis == 0) {
            continue;
        }
        const struct net net = new_net("joins", PLAIT_SHAPE(4, 3, 5));
        const struct twin parts[] = {negative(net.x[0]), negative(net.x[1]), negative(net.x[2])};
        check_net(&net, (struct twin[]){twin_concatenate(parts, 3, axis)}, 1, "activation activation activation");
    }
}

static void joins_of_joins_cost_nothing(void **state)
{
    static const int axes[][2] = {{-1, -1}, {1, 1}, {2, -1}, {-1, 1}, {1, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        const struct net net = new_net("joins_of_joins", PLAIT_SHAPE(4, 3, 5));
        const struct twin a[] = {negative(net.x[0]), negative(net.x[1])};
        const struct twin b[] = {negative(net.x[2]), negative(net.x[0])};
        const struct twin joins[] = {twin_concatenate(a, 2, axes[i][0]), twin_concatenate(b, 2, axes[i][0])};
        check_net(&net, (struct twin[]){twin_concatenate(joins, 2, axes[i][1])}, 1,
                  "activation activation activation activation");
    }
}

static void a_join_is_read_where_it_lies(void **state)
{
    const struct net net = new_net("read", PLAIT_SHAPE(4, 3, 5));
    const struct twin parts[] = {negative(net.x[0]), negative(net.x[1])};
    const struct twin join = twin_concatenate(parts, 2, -1);
    const struct twin outputs[] = {twin_merge(MERGE_MULTIPLY, (struct twin[]){join, join}, 2), negative(join),
                                   negative(parts[0]), negative(parts[1])};

    (void)state;
    check_net(&net, outputs, 4, "activation activation multiply activation activation activation");
}

static void inputs_of_the_graph_are_copied_into_a_join(void **state)
{
    const struct net net = new_net("inputs", PLAIT_SHAPE(4, 3, 5));
    const struct twin parts[] = {net.x[0], negative(net.x[1]), net.x[2]};

    (void)state;
    check_net(&net, (struct twin[]){twin_concatenate(parts, 3, -1)}, 1, "activation copy copy");
}

static void a_tensor_may_be_joined_with_itself(void **state)
{
    const struct net net = new_net("itself", PLAIT_SHAPE(4, 3, 5));
    const struct twin a = negative(net.x[0]);

    (void)state;
    check_net(&net, (struct twin[]){twin_concatenate((struct twin[]){a, a, a}, 3, 2)}, 1, "activation copy copy");
}

static void a_join_of_one_is_its_input(void **state)
{
    const struct net computed = new_net("one", PLAIT_SHAPE(4, 3, 5));
    const struct twin a = negative(computed.x[0]);

    (void)state;
    check_net(&computed, (struct twin[]){twin_concatenate(&a, 1, -1)}, 1, "activation");
    const struct net given = new_net("one", PLAIT_SHAPE(4, 3, 5));
    check_net(&given, (struct twin[]){twin_concatenate(&given.x[0], 1, -1)}, 1, "copy");
}

static void a_tensor_in_two_joins_is_copied_once(void **state)
{
    const struct net net = new_net("two_joins", PLAIT_SHAPE(4, 3, 5));
    const struct twin a = negative(net.x[0]);
    const struct twin b = negative(net.x[1]);
    const struct twin c = negative(net.x[2]);
    const struct twin joins[] = {twin_concatenate((struct twin[]){a, b}, 2, -1),
                                 twin_concatenate((struct twin[]){c, a}, 2, 1)};

    (void)state;
    check_net(&net, joins, 2, "activation activation activation copy");
}

static void a_join_inside_another_is_read_too(void **state)
{
    const struct net net = new_net("inside", PLAIT_SHAPE(4, 3, 5));
    const struct twin parts[] = {negative(net.x[0]), negative(net.x[1])};
    const struct twin inner = twin_concatenate(parts, 2, -1);
    const struct twin wide[] = {inner, twin_concatenate((struct twin[]){net.x[2], net.x[2]}, 2, -1)};
    const struct twin outputs[] = {twin_concatenate(wide, 2, 1), negative(inner)};

    (void)state;
    check_net(&net, outputs, 2, "activation activation copy copy activation");
}

static void a_part_that_is_an_output_is_copied(void **state)
{
    const struct net net = new_net("part", PLAIT_SHAPE(4, 3, 5));
    const struct twin a = negative(net.x[0]);
    const struct twin outputs[] = {twin_concatenate((struct twin[]){a, negative(net.x[1])}, 2, -1), a};

    (void)state;
    check_net(&net, outputs, 2, "activation activation copy");
}

static void an_output_may_be_an_input(void **state)
{
    const struct net net = new_net("output_input", PLAIT_SHAPE(4, 3, 5));

    (void)state;
    check_net(&net, (struct twin[]){net.x[1], net.x[0], net.x[1]}, 3, "copy copy copy");
}

static void an_output_may_be_given_twice(void **state)
{
    const struct net net = new_net("twice", PLAIT_SHAPE(4, 3, 5));
    const struct twin a = negative(net.x[0]);

    (void)state;
    check_net(&net, (struct twin[]){a, negative(a), a}, 3, "activation activation copy");
}

static void flattening_costs_nothing(void **state)
{
    (void)state;
    const struct net into = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    const struct twin parts[] = {twin_flatten(negative(into.x[0])), twin_flatten(negative(into.x[1]))};
    check_net(&into, (struct twin[]){twin_concatenate(parts, 2, 1)}, 1, "activation activation");

    const struct net of = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    const struct twin join = twin_concatenate((struct twin[]){negative(of.x[0]), negative(of.x[1])}, 2, -1);
    check_net(&of, (struct twin[]){twin_flatten(twin_flatten(join))}, 1, "activation activation");

    const struct net between = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    check_net(&between, (struct twin[]){negative(twin_flatten(negative(between.x[0])))}, 1, "activation activation");

    const struct net input = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    check_net(&input, (struct twin[]){negative(twin_flatten(input.x[0]))}, 1, "activation");
}

static void flattening_copies_where_it_must(void **state)
{
    (void)state;
    const struct net input = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    check_net(&input, (struct twin[]){twin_flatten(input.x[0])}, 1, "copy");

    const struct net output = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    const struct twin a = negative(output.x[0]);
    check_net(&output, (struct twin[]){a, twin_flatten(a)}, 2, "activation copy");

    const struct net both = new_net("flatten", PLAIT_SHAPE(4, 3, 5));
    const struct twin b = negative(both.x[0]);
    check_net(&both, (struct twin[]){twin_flatten(b), negative(b)}, 2, "activation activation");
}

/* A slice along the channels has gaps in each sample, even if it is one channel; one along the rows has not. */
static void a_slice_is_flattened_in_place_if_it_can_be(void **state)
{
    (void)state;
    for (int ways = 0; ways < 4; ways++) {
        const bool rows = ways & 1;
        const struct net net = new_net("slice", PLAIT_SHAPE(4, 3, ways & 2 ? 1 : 5));
        const struct twin a = negative(net.x[0]);
        const struct twin join = twin_concatenate((struct twin[]){negative(net.x[1]), a}, 2, rows ? 1 : -1);
        check_net(&net, (struct twin[]){join, negative(twin_flatten(a))}, 2,
                  rows ? "activation activation activation" : "activation activation copy activation");
    }
}

static void what_nobody_needs_is_not_computed(void **state)
{
    const struct net net = new_net("unneeded", PLAIT_SHAPE(4, 3, 5));

    (void)state;
    (void)twin_merge(MERGE_ADD, net.x, 3);
    check_net(&net, (struct twin[]){negative(net.x[1])}, 1, "activation");
}

static void samples_without_axes_are_tensors_too(void **state)
{
    const struct net net = new_net("scalars", (plait_shape){.rank = 0});
    const struct twin flat[] = {twin_flatten(net.x[0]), twin_flatten(negative(net.x[1]))};

    (void)state;
    check_net(&net, (struct twin[]){twin_concatenate(flat, 2, -1), twin_merge(MERGE_ADD, net.x, 3)}, 2,
              "copy activation add");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_cost_nothing_along_every_axis),
        cmocka_unit_test(joins_of_joins_cost_nothing),
        cmocka_unit_test(a_join_is_read_where_it_lies),
        cmocka_unit_test(inputs_of_the_graph_are_copied_into_a_join),
        cmocka_unit_test(a_tensor_may_be_joined_with_itself),
        cmocka_unit_test(a_join_of_one_is_its_input),
        cmocka_unit_test(a_tensor_in_two_joins_is_copied_once),
        cmocka_unit_test(a_join_inside_another_is_read_too),
        cmocka_unit_test(a_part_that_is_an_output_is_copied),
        cmocka_unit_test(an_output_may_be_an_input),
        cmocka_unit_test(an_output_may_be_given_twice),
        cmocka_unit_test(flattening_costs_nothing),
        cmocka_unit_test(flattening_copies_where_it_must),
        cmocka_unit_test(a_slice_is_flattened_in_place_if_it_can_be),
        cmocka_unit_test(what_nobody_needs_is_not_computed),
        cmocka_unit_test(samples_without_axes_are_tensors_too),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
