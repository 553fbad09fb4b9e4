/* SPDX-License-Identifier: MIT */
/* Inputs: shapes, names, mistakes. */
#include "check.h"

#include <plait/layers.h>
#include <stdint.h>

static plait_graph *new_graph(void)
{
    plait_graph *graph = NULL;

    check_ok(plait_graph_create(&graph));
    return graph;
}

static void shapes_are_kept(void **state)
{
    static const plait_shape shapes[] = {{0}, {1, {1}}, {3, {32, 32, 3}}, {7, {1, 2, 3, 4, 5, 6, 7}}, {1, {INT32_MAX}}};
    plait_graph *graph = new_graph();

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const plait_shape shape = plait_node_shape(plait_input(graph, NULL, shapes[i]));
        assert_int_equal(shape.rank, shapes[i].rank);
        assert_memory_equal(shape.dims, shapes[i].dims, sizeof shape.dims);
    }
    check_ok(plait_graph_check(graph));
    plait_graph_free(graph);
}

static void names_are_numbered(void **state)
{
    plait_graph *graph = new_graph();

    (void)state;
    assert_string_equal(plait_node_name(plait_input(graph, NULL, PLAIT_SHAPE(2))), "input_layer");
    assert_string_equal(plait_node_name(plait_input(graph, "left", PLAIT_SHAPE(2))), "left");
    assert_string_equal(plait_node_name(plait_input(graph, NULL, PLAIT_SHAPE(2))), "input_layer_1");
    check_ok(plait_graph_check(graph));
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    static const struct {
        plait_shape shape;
        const char *message;
    } cases[] = {
        {{8, {1, 1, 1, 1, 1, 1, 1, 1}}, "input \"x\": shape has 8 axes; besides the batch there may be 7"},
        {{3, {32, 0, 3}}, "input \"x\": shape {32,0,3} has size 0 along axis 2; every size must be at least 1"},
        {{2, {65536, 32768}}, "input \"x\": output shape {65536,32768} has more than 2147483647 elements"},
        {{3, {SIZE_MAX / 2, 2, 3}}, "has more than 2147483647 elements"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_graph *graph = new_graph();
        const plait_node x = plait_input(graph, "x", cases[i].shape);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, cases[i].message);
        assert_int_equal(plait_node_shape(x).rank, 0);
        plait_graph_free(graph);
    }
}

static void no_graph(void **state)
{
    const plait_node x = plait_input(NULL, "x", PLAIT_SHAPE(2));

    (void)state;
    assert_ptr_equal(x.graph, NULL);
    assert_int_equal(plait_node_shape(x).rank, 0);
    assert_string_equal(plait_node_name(x), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_kept),
        cmocka_unit_test(names_are_numbered),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(no_graph),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
