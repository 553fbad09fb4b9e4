/* SPDX-License-Identifier: MIT */
#include "weights.h"

#include <math.h>

plait_array random_weights(struct random *random, plait_shape shape, double deviation)
{
    size_t count = 1;

    for (size_t i = 0; i < shape.rank; i++) {
        count *= shape.dims[i];
    }
    float *values = random_floats(random, DATA_NORMAL, count);
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)(values[i] * deviation);
    }
    return (plait_array){values, shape};
}

plait_conv2d_opts random_conv2d(struct random *random, size_t channels, size_t kernel, size_t filters)
{
    const double deviation = 1 / sqrt((double)(kernel * kernel * channels));

    return (plait_conv2d_opts){
        .kernel = random_weights(random, PLAIT_SHAPE(kernel, kernel, channels, filters), deviation),
        .bias = random_weights(random, PLAIT_SHAPE(filters), 0.1),
        .padding = PLAIT_SAME,
    };
}

plait_dense_opts random_dense(struct random *random, size_t channels, size_t units)
{
    return (plait_dense_opts){
        .kernel = random_weights(random, PLAIT_SHAPE(channels, units), 1 / sqrt((double)channels)),
        .bias = random_weights(random, PLAIT_SHAPE(units), 0.1),
    };
}

plait_batch_normalization_opts random_batch_normalization(struct random *random, size_t channels)
{
    return (plait_batch_normalization_opts){
        .gamma = random_weights(random, PLAIT_SHAPE(channels), 1),
        .beta = random_weights(random, PLAIT_SHAPE(channels), 0.1),
        .moving_mean = random_weights(random, PLAIT_SHAPE(channels), 0.1),
        .moving_variance = {random_floats(random, DATA_POSITIVE, channels), PLAIT_SHAPE(channels)},
    };
}

enum { ROWS = 5, COLS = 4, CHANNELS = 3, KERNEL = 3, FILTERS = 4, CLASSES = 10 };

static struct twin branch(struct random *random, struct twin x)
{
    const plait_conv2d_opts first = random_conv2d(random, CHANNELS, KERNEL, FILTERS);
    const plait_batch_normalization_opts bn = random_batch_normalization(random, FILTERS);
    const plait_conv2d_opts second = random_conv2d(random, FILTERS, KERNEL, FILTERS);

    x = twin_batch_normalization(twin_conv2d(x, &first), &bn);
    return twin_conv2d(twin_relu(x, NULL), &second);
}

struct two_branch two_branch_new(const char *name, size_t batch)
{
    struct random random = random_stream(name);
    struct two_branch model = {.graph = twin_graph()};
    struct twin ends[2];

    for (size_t i = 0; i < 2; i++) {
        const float *values = random_floats(&random, DATA_NORMAL, batch * ROWS * COLS * CHANNELS);
        model.inputs[i] = twin_input(model.graph, PLAIT_SHAPE(ROWS, COLS, CHANNELS), batch, values);
        ends[i] = branch(&random, model.inputs[i]);
    }
    plait_dense_opts dense = random_dense(&random, ROWS * COLS * 2 * FILTERS, CLASSES);
    dense.activation = PLAIT_SOFTMAX;
    model.output = twin_dense(twin_flatten(twin_concatenate(ends, 2, -1)), &dense);
    return model;
}

plait_nodes two_branch_inputs(const struct two_branch *model)
{
    plait_node *nodes = scratch(2, sizeof *nodes);

    nodes[0] = model->inputs[0].node;
    nodes[1] = model->inputs[1].node;
    return (plait_nodes){nodes, 2};
}

plait_nodes two_branch_outputs(const struct two_branch *model)
{
    return (plait_nodes){&model->output.node, 1};
}

const float *const *two_branch_values(const struct two_branch *model)
{
    const float **values = scratch(2, sizeof *values);

    values[0] = reference_floats(&model->inputs[0].ref);
    values[1] = reference_floats(&model->inputs[1].ref);
    return values;
}
