/* SPDX-License-Identifier: MIT */
/* Copies between views, as the planner inserts them: every variant, from and to slices along every axis. */
#include "ops/copy.h"
#include "random.h"
#include "trial.h"

#include <string.h>

static struct twin random_input(plait_graph *graph, struct random *random, plait_shape shape, size_t batch)
{
    size_t count = batch;

    for (size_t axis = 0; axis < shape.rank; axis++) {
        count *= shape.dims[axis];
    }
    return twin_input(graph, shape, batch, random_floats(random, DATA_SPECIAL, count));
}

/* x lies in a slice of one join and is copied from there into a slice of another, which lies along an
 * axis of its own, and to an output. */
static void run_slices(struct random *random, plait_shape shape, size_t batch, const char *variant)
{
    plait_graph *graph = twin_graph();
    const struct twin input = random_input(graph, random, shape, batch);
    const struct twin x = twin_relu(input, NULL);
    const int rank = (int)shape.rank;
    const struct twin outputs[] = {
        x,
        twin_concatenate((struct twin[]){input, x}, 2, (int)random_between(random, 1, shape.rank)),
        twin_concatenate((struct twin[]){x, input, x}, 3, -(int)random_between(random, 1, (size_t)rank)),
    };

    trial_run(&(struct trial){
        .name = scratch_text("slices, copy=%s", variant),
        .inputs = &input,
        .input_count = 1,
        .outputs = outputs,
        .output_count = 3,
        .gate = GATE_BITS,
        .run = {.planned = random_between(random, batch, 4), .variants = scratch_text("copy=%s", variant)}});
    plait_graph_free(graph);
    scratch_reset();
}

static void slices(void **state)
{
    (void)state;
    for (size_t v = 0; v < op_copy.variant_count; v++) {
        struct random random = random_stream("slices");
        for (size_t round = 0; round < test_rounds(16); round++) {
            plait_shape shape = {.rank = random_between(&random, 1, 5)};
            for (size_t axis = 0; axis < shape.rank; axis++) {
                shape.dims[axis] = random_between(&random, 1, axis + 1 == shape.rank ? 40 : 3);
            }
            run_slices(&random, shape, random_between(&random, 1, 3), op_copy.variants[v]->name);
        }
    }
}

/* Seven axes of which none can be joined with its neighbour. */
static void most_axes(void **state)
{
    struct random random = random_stream("most_axes");

    (void)state;
    for (size_t v = 0; v < op_copy.variant_count; v++) {
        plait_graph *graph = twin_graph();
        const struct twin input = random_input(graph, &random, PLAIT_SHAPE(2, 2, 2, 2, 2, 2, 2), 2);
        struct twin y = twin_relu(input, NULL);
        for (int axis = 1; axis <= 7; axis++) {
            y = twin_concatenate((struct twin[]){y, twin_relu(y, NULL)}, 2, axis);
        }
        trial_run(&(struct trial){.name = "most axes",
                                  .inputs = &input,
                                  .input_count = 1,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_BITS,
                                  .run = {.variants = scratch_text("copy=%s", op_copy.variants[v]->name)}});
        plait_graph_free(graph);
        scratch_reset();
    }
}

static void an_input_is_an_output(void **state)
{
    struct random random = random_stream("an_input_is_an_output");
    plait_graph *graph = twin_graph();
    const struct twin x = random_input(graph, &random, PLAIT_SHAPE(3, 5), 2);
    const struct twin outputs[] = {x, x};

    (void)state;
    trial_run(&(struct trial){
        .name = "an input", .inputs = &x, .input_count = 1, .outputs = outputs, .output_count = 2, .gate = GATE_BITS});
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),
        cmocka_unit_test(most_axes),
        cmocka_unit_test(an_input_is_an_output),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
