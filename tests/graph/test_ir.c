/* SPDX-License-Identifier: MIT */
/* Graphs: names, poison, and the report of all mistakes at once. */
#include "graph/ir.h"

#include "base/memory.h"
#include "check.h"

#include <plait/layers.h>
#include <string.h>

static plait_graph *new_graph(void)
{
    plait_graph *graph = NULL;

    check_ok(plait_graph_create(&graph));
    return graph;
}

static void layers_are_numbered_as_keras_does(void **state)
{
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));

    (void)state;
    assert_string_equal(plait_node_name(x), "input_layer");
    assert_string_equal(plait_node_name(plait_input(graph, NULL, PLAIT_SHAPE(4))), "input_layer_1");
    assert_string_equal(plait_node_name(plait_input(graph, "", PLAIT_SHAPE(4))), "input_layer_2");
    assert_string_equal(plait_node_name(plait_relu(x, NULL)), "re_lu");
    assert_string_equal(plait_node_name(plait_relu(x, NULL)), "re_lu_1");
    assert_string_equal(plait_node_name(plait_add(PLAIT_NODES(x), NULL)), "add");
    assert_string_equal(plait_node_name(plait_activate(x, PLAIT_TANH, NULL)), "activation");
    assert_string_equal(plait_node_name(plait_activate(x, PLAIT_SOFTMAX, NULL)), "activation_1");
    assert_string_equal(plait_node_name(plait_softmax(x, NULL)), "softmax");
    assert_string_equal(plait_node_name(plait_flatten(x, NULL)), "flatten");
    assert_string_equal(plait_node_name(plait_concatenate(PLAIT_NODES(x, x), -1, NULL)), "concatenate");
    assert_string_equal(plait_node_name(plait_relu(x, &(plait_relu_opts){.name = "re_lu_2"})), "re_lu_2");
    assert_string_equal(plait_node_name(plait_relu(x, NULL)), "re_lu_3");
    check_ok(plait_graph_check(graph));
    plait_graph_free(graph);
}

static void a_layer_with_activation_is_one_layer(void **state)
{
    const float kernel[6] = {1, 2, 3, 4, 5, 6};
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3));
    const plait_array weights = {kernel, PLAIT_SHAPE(3, 2)};
    const plait_node y = plait_dense(x, &(plait_dense_opts){.kernel = weights, .activation = PLAIT_RELU});

    (void)state;
    check_ok(plait_graph_check(graph));
    assert_string_equal(plait_node_name(y), "dense");
    assert_string_equal(plait_node_name(plait_dense(y, &(plait_dense_opts){.kernel = {kernel, PLAIT_SHAPE(2, 3)}})),
                        "dense_1");
    check_ok(plait_graph_check(graph));
    assert_int_equal(graph_node(graph, 1)->layer, y.id);
    assert_int_equal(graph_node(graph, y.id)->layer, y.id);
    plait_graph_free(graph);
}

static void given_names_are_copied(void **state)
{
    char name[] = "left";
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, name, PLAIT_SHAPE(4));

    (void)state;
    memset(name, '#', 4);
    assert_string_equal(plait_node_name(x), "left");
    plait_graph_free(graph);
}

static void a_name_is_given_once(void **state)
{
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, "same", PLAIT_SHAPE(4));
    const plait_node y = plait_relu(x, &(plait_relu_opts){.name = "same"});

    (void)state;
    assert_int_equal(plait_node_shape(y).rank, 0);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "relu \"same\": ");
    check_has(plait_error_message(), "has a layer of this name already");
    plait_graph_free(graph);
}

static void poison_spreads_in_silence(void **state)
{
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 5));
    plait_node y = plait_concatenate(PLAIT_NODES(x, x), 7, &(plait_layer_opts){.name = "joined"});

    (void)state;
    for (int i = 0; i < 3; i++) {
        y = plait_relu(plait_add(PLAIT_NODES(y, x), NULL), NULL);
        y = plait_batch_normalization(plait_flatten(y, NULL), NULL);
        y = plait_conv2d(plait_softmax(y, NULL), NULL);
        y = plait_dense(plait_activate(y, PLAIT_RELU, NULL), NULL);
    }
    assert_int_equal(plait_node_shape(y).rank, 0);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "concatenate \"joined\": ");
    assert_null(strchr(plait_error_message(), '\n'));
    plait_graph_free(graph);
}

static void all_mistakes_are_reported_in_order(void **state)
{
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 5));
    const plait_node y = plait_input(graph, "y", PLAIT_SHAPE(4, 6));

    (void)state;
    (void)plait_add(PLAIT_NODES(x, y), &(plait_layer_opts){.name = "first"});
    (void)plait_concatenate(PLAIT_NODES(x, y), 1, &(plait_layer_opts){.name = "second"});
    (void)plait_subtract(PLAIT_NODES(x), &(plait_layer_opts){.name = "third"});
    (void)plait_activate(x, (plait_activation)99, &(plait_layer_opts){.name = "fourth"});
    check_status(plait_graph_check(graph), PLAIT_ERR_GRAPH);
    const char *at = plait_error_message();
    static const char *const begins[] = {
        "add \"first\": ", "\nconcatenate \"second\": ", "\nsubtract \"third\": ", "\nactivation \"fourth\": "};
    for (size_t i = 0; i < 4; i++) {
        const char *found = strstr(at, begins[i]);
        check_that(found != NULL, "no \"%s\" in %s", begins[i], at);
        at = found + 1;
    }
    assert_null(strchr(at, '\n'));
    plait_graph_free(graph);
}

static void mistakes_beyond_the_message_are_counted(void **state)
{
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)plait_concatenate(PLAIT_NODES(x), 9, NULL);
    }
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, " more mistakes");
    size_t lines = 0;
    for (const char *at = plait_error_message(); (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    check_has(plait_error_message(), scratch_text("... and %zu more mistakes", 1000 - lines));
    plait_graph_free(graph);
}

static void nodes_of_two_graphs_do_not_mix(void **state)
{
    plait_graph *one = new_graph();
    plait_graph *other = new_graph();
    const plait_node x = plait_input(one, NULL, PLAIT_SHAPE(4));
    const plait_node y = plait_input(other, NULL, PLAIT_SHAPE(4));

    (void)state;
    (void)plait_add(PLAIT_NODES(x, y), NULL);
    check_message(plait_graph_check(one), PLAIT_ERR_GRAPH, "add \"add\": input 1 belongs to another graph");
    check_ok(plait_graph_check(other));
    plait_graph_free(one);
    plait_graph_free(other);
}

static void nodes_that_are_none_are_refused(void **state)
{
    plait_graph *graph = new_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));
    const plait_node none = {0};

    (void)state;
    (void)plait_add(PLAIT_NODES(none, x), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "input 0 is no node");
    (void)plait_relu((plait_node){.graph = graph, .id = 77}, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "input 0 is node 77");
    plait_graph_free(graph);
}

static void nothing_comes_of_no_graph(void **state)
{
    const plait_node none = {0};
    const plait_node made[] = {
        plait_input(NULL, "x", PLAIT_SHAPE(4)),
        plait_relu(none, NULL),
        plait_conv2d(none, NULL),
        plait_dense(none, NULL),
        plait_batch_normalization(none, NULL),
        plait_softmax(none, NULL),
        plait_flatten(none, NULL),
        plait_activate(none, PLAIT_RELU, NULL),
        plait_add((plait_nodes){NULL, 0}, NULL),
        plait_concatenate((plait_nodes){NULL, 3}, -1, NULL),
        plait_subtract(PLAIT_NODES(none, none), NULL),
    };

    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        check_that(made[i].graph == NULL, "node %zu", i);
        assert_string_equal(plait_node_name(made[i]), "");
        assert_int_equal(plait_node_shape(made[i]).rank, 0);
    }
    check_message(plait_graph_check(NULL), PLAIT_ERR_INVALID, "NULL");
    check_message(plait_graph_create(NULL), PLAIT_ERR_INVALID, "NULL");
    plait_graph_free(NULL);
}

static void input_shapes_are_checked(void **state)
{
    plait_shape deep = {.rank = PLAIT_MAX_RANK};
    plait_graph *graph = new_graph();

    (void)state;
    for (size_t i = 0; i < PLAIT_MAX_RANK; i++) {
        deep.dims[i] = 1;
    }
    (void)plait_input(graph, "deep", deep);
    (void)plait_input(graph, "empty", PLAIT_SHAPE(4, 0));
    (void)plait_input(graph, "large", PLAIT_SHAPE(1 << 16, 1 << 15));
    (void)plait_input(graph, "huge", PLAIT_SHAPE(SIZE_MAX, SIZE_MAX));
    check_status(plait_graph_check(graph), PLAIT_ERR_GRAPH);
    static const char *const parts[] = {"input \"deep\": shape has 8 axes", "\ninput \"empty\": shape {4,0} has size 0",
                                        "\ninput \"large\": ", "\ninput \"huge\": "};
    for (size_t i = 0; i < 4; i++) {
        check_has(plait_error_message(), parts[i]);
    }
    plait_graph_free(graph);
    graph = new_graph();
    (void)plait_input(graph, NULL, (plait_shape){.rank = 0});
    deep.rank = PLAIT_MAX_RANK - 1;
    (void)plait_input(graph, NULL, deep);
    (void)plait_input(graph, NULL, PLAIT_SHAPE(INT32_MAX));
    check_ok(plait_graph_check(graph));
    plait_graph_free(graph);
}

/* A graph that asks for every kind of memory; returns it even if memory runs out. */
static plait_graph *build(void)
{
    static const float numbers[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    plait_graph *graph = NULL;

    if (plait_graph_create(&graph) != PLAIT_OK) {
        return NULL;
    }
    plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));
    x = plait_dense(x, &(plait_dense_opts){.kernel = {numbers, PLAIT_SHAPE(4, 4)}, .activation = PLAIT_TANH});
    x = plait_concatenate(PLAIT_NODES(x, plait_relu(x, NULL)), -1, NULL);
    (void)plait_concatenate(PLAIT_NODES(x), 9, NULL);
    return graph;
}

static void lack_of_host_memory_is_reported(void **state)
{
    (void)state;
    mem_fail_at(0, false);
    plait_graph_free(build());
    const size_t total = mem_fail_at(0, false);
    assert_in_range(total, 10, 200);
    for (size_t n = 1; n <= total; n++) {
        for (int sticky = 0; sticky < 2; sticky++) {
            mem_fail_at(n, sticky);
            plait_graph *graph = build();
            mem_fail_at(0, false);
            if (graph) {
                check_message(plait_graph_check(graph), PLAIT_ERR_HOST_MEMORY, "host memory ran out");
            }
            check_that(graph || n == 1, "allocation %zu", n);
            plait_graph_free(graph);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_numbered_as_keras_does),
        cmocka_unit_test(a_layer_with_activation_is_one_layer),
        cmocka_unit_test(given_names_are_copied),
        cmocka_unit_test(a_name_is_given_once),
        cmocka_unit_test(poison_spreads_in_silence),
        cmocka_unit_test(all_mistakes_are_reported_in_order),
        cmocka_unit_test(mistakes_beyond_the_message_are_counted),
        cmocka_unit_test(nodes_of_two_graphs_do_not_mix),
        cmocka_unit_test(nodes_that_are_none_are_refused),
        cmocka_unit_test(nothing_comes_of_no_graph),
        cmocka_unit_test(input_shapes_are_checked),
        cmocka_unit_test(lack_of_host_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
