/* SPDX-License-Identifier: MIT */
#include "layer.h"

size_t sample_size(plait_shape shape)
{
    size_t count = 1;

    for (size_t i = 0; i < shape.rank; i++) {
        count *= shape.dims[i];
    }
    return count;
}

plait_array random_array(struct random *random, enum data data, plait_shape shape)
{
    return (plait_array){random_floats(random, data, sample_size(shape)), shape};
}

static size_t batch_of(const struct layer_case *c)
{
    return c->batch ? c->batch : 2;
}

static struct twin new_input(plait_graph *graph, plait_shape shape, size_t batch, enum data data, struct random *random)
{
    return twin_input(graph, shape, batch, random_floats(random, data, batch * sample_size(shape)));
}

static void run(struct layer_test *test, struct trial trial, struct twin layer)
{
    trial.gate = test->gate;
    trial.limit = test->limit;
    check_ok(plait_graph_check(layer.node.graph));
    trial_run_variants(&trial, layer, &test->seen);
    plait_graph_free(layer.node.graph);
    scratch_reset();
}

void layer_trial(struct layer_test *test, const struct layer_case *c, struct random *random)
{
    layer_trial_values(test, c, random_floats(random, test->data, batch_of(c) * sample_size(c->shape)));
}

void layer_trial_values(struct layer_test *test, const struct layer_case *c, const float *values)
{
    const struct twin x = twin_input(twin_graph(), c->shape, batch_of(c), values);
    const struct twin y = test->make(x, c->opts);

    run(test,
        (struct trial){.name = c->name,
                       .inputs = &x,
                       .input_count = 1,
                       .outputs = &y,
                       .output_count = 1,
                       .run = {.planned = c->planned}},
        y);
}

/* Joins a computed copy of x behind another tensor of its shape, so that it lies in rows longer than its own. */
static struct twin join(struct twin before, struct twin x, int axis)
{
    return twin_concatenate((const struct twin[]){before, x, before}, 3, axis);
}

static void try_joined(struct layer_test *test, const struct layer_case *c, struct random *random, size_t axis)
{
    plait_graph *graph = twin_graph();
    const size_t batch = batch_of(c);
    struct twin inputs[2];
    struct twin outputs[2];

    inputs[0] = new_input(graph, c->shape, batch, test->data, random);
    const struct twin x = twin_activate(inputs[0], PLAIT_LINEAR); /* not from outside, so it may lie anywhere */
    const struct twin y = test->make(x, c->opts);
    const plait_shape shape = plait_node_shape(y.node);
    inputs[1] = new_input(graph, shape, batch, test->data, random);
    outputs[0] = join(inputs[0], x, (int)(axis % c->shape.rank + 1));
    outputs[1] = shape.rank > 0 ? join(inputs[1], y, (int)(axis % shape.rank + 1)) : y;
    run(test,
        (struct trial){.name = scratch_text("%s, joined along axis %zu", c->name, axis + 1),
                       .inputs = inputs,
                       .input_count = shape.rank > 0 ? 2 : 1,
                       .outputs = outputs,
                       .output_count = 2,
                       .run = {.planned = c->planned}},
        y);
}

void layer_trial_joined(struct layer_test *test, const struct layer_case *c, struct random *random)
{
    for (size_t axis = 0; axis < c->shape.rank; axis++) {
        try_joined(test, c, random, axis);
    }
}

void layer_trial_table(struct layer_test *test, const struct layer_case *cases, size_t count)
{
    struct random random = random_stream("table");

    for (size_t i = 0; i < count; i++) {
        layer_trial(test, &cases[i], &random);
        if (i % 4 == 0) {
            layer_trial_joined(test, &cases[i], &random);
        }
    }
    check_variants(&test->seen, "cpu");
    check_verdict(compare_enough(0.7), "table");
}
