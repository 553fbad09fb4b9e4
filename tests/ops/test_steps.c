/* SPDX-License-Identifier: MIT */
/* Steps as samples: layers between splitting and joining, in batches of all sizes, and mistakes. */
#include "layer.h"
#include "oracle_recurrent.h"
#include "oracle_reshaping.h"

#include <plait/model.h>
#include <string.h>

/* The steps of x as samples of the reference. */
static struct twin split(struct twin x)
{
    struct twin y = {plait_split_steps(x.node, NULL), x.ref};

    y.ref.shape.dims[0] *= x.ref.shape.dims[1];
    y.ref.shape.rank--;
    memmove(y.ref.shape.dims + 1, x.ref.shape.dims + 2, (y.ref.shape.rank - 1) * sizeof x.ref.shape.dims[0]);
    return y;
}

static struct twin join(struct twin x, size_t steps)
{
    struct twin y = {plait_join_steps(x.node, steps, NULL), x.ref};

    memmove(y.ref.shape.dims + 2, x.ref.shape.dims + 1, (x.ref.shape.rank - 1) * sizeof x.ref.shape.dims[0]);
    y.ref.shape.rank++;
    y.ref.shape.dims[0] = x.ref.shape.dims[0] / steps;
    y.ref.shape.dims[1] = steps;
    return y;
}

static struct twin convolve(struct twin x, struct random *random)
{
    const size_t channels = x.ref.shape.dims[3];
    const plait_conv2d_opts opts = {
        .kernel = random_array(random, DATA_NORMAL, PLAIT_SHAPE(3, 3, channels, 5)),
        .bias = random_array(random, DATA_NORMAL, PLAIT_SHAPE(5)),
        .padding = PLAIT_SAME,
    };

    return twin_conv2d(x, &opts);
}

static const struct {
    const char *name;
    size_t batch, planned;
    plait_shape x;
    bool joined; /* x is a part of a larger tensor, so that its steps have no common stride */
} cases[] = {
    {"one sample", 1, 1, {4, {3, 6, 5, 2}}, false},
    {"one step", 2, 2, {4, {1, 6, 5, 2}}, false},
    {"less than planned", 2, 5, {4, {4, 5, 5, 3}}, false},
    {"more than planned", 5, 2, {4, {2, 5, 4, 17}}, false},
    {"a part", 3, 2, {4, {2, 5, 4, 3}}, true},
};

/* A convolution, a sum with its own input's relu, and the result joined to another tensor. */
static void pictures(void **state)
{
    struct random random = random_stream("steps");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_graph *graph = twin_graph();
        const size_t count = cases[i].batch * sample_size(cases[i].x);
        const struct twin x = twin_input(graph, cases[i].x, cases[i].batch, random_floats(&random, DATA_NORMAL, count));
        const struct twin part = twin_activate(x, PLAIT_TANH);
        const struct twin pair[] = {part, x};
        struct twin outputs[3];
        struct twin y = split(cases[i].joined ? part : x);
        y = convolve(y, &random);
        y = twin_merge(MERGE_ADD, (const struct twin[]){twin_activate(y, PLAIT_RELU), y}, 2);
        outputs[0] = join(y, cases[i].x.dims[0]);
        outputs[1] = join(twin_flatten(y), cases[i].x.dims[0]);
        outputs[2] = twin_concatenate(pair, 2, -1);
        trial_run(&(struct trial){.name = cases[i].name,
                                  .inputs = &x,
                                  .input_count = 1,
                                  .outputs = outputs,
                                  .output_count = cases[i].joined ? 3 : 2,
                                  .gate = GATE_HARD,
                                  .run = {.planned = cases[i].planned}});
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* Sequences of sequences of sequences, split twice. */
static void twice(void **state)
{
    struct random random = random_stream("steps twice");
    plait_graph *graph = twin_graph();
    const plait_shape shape = PLAIT_SHAPE(2, 3, 4, 5);
    const struct twin x = twin_input(graph, shape, 2, random_floats(&random, DATA_NORMAL, 2 * sample_size(shape)));
    const plait_recurrent_opts opts = {
        .kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(5, 28)),
        .recurrent_kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(7, 28)),
    };
    const struct twin y = join(join(twin_recurrent(LSTM, split(split(x)), &opts, NULL, false).y, 3), 2);

    (void)state;
    trial_run(&(struct trial){.name = "twice",
                              .inputs = &x,
                              .input_count = 1,
                              .outputs = &y,
                              .output_count = 1,
                              .gate = GATE_L2,
                              .limit = 1e-6,
                              .run = {.planned = 3}});
    plait_graph_free(graph);
    scratch_reset();
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    plait_model *model = NULL;
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node number = plait_input(graph, "number", (plait_shape){0});
    const plait_node steps = plait_split_steps(x, NULL);

    (void)state;
    check_message(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(steps), NULL, &model),
                  PLAIT_ERR_GRAPH, "output 0 of the model has steps that were split; join them");
    (void)plait_split_steps(number, NULL);
    (void)plait_join_steps(steps, 3, NULL);
    (void)plait_join_steps(steps, 0, NULL);
    (void)plait_add(PLAIT_NODES(plait_input(graph, "y", PLAIT_SHAPE(3)), steps), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "split_steps \"time_distributed_1\": input has shape {} but must be a sequence, {time, ...}");
    check_has(plait_error_message(),
              "input has 4 samples for each of the model's; it cannot have been split in 3 steps");
    check_has(plait_error_message(), "it cannot have been split in 0 steps");
    check_has(plait_error_message(), "add \"add\": input 1 has 4 samples for each of the model's but input 0 has 1");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures),
        cmocka_unit_test(twice),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
