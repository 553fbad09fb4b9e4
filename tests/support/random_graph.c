/* SPDX-License-Identifier: MIT */
#include "random_graph.h"

#include "check.h"
#include "oracle_pooling.h"
#include "shape/shape.h"
#include "weights.h"

enum { MOST_ELEMENTS = 1500 };

static struct twin any(const struct net *net)
{
    return net->items[random_between(net->random, 0, net->count - 1)];
}

/* A value of the same rank and the same sizes but along `axis`, or x itself. */
static struct twin any_that_joins(const struct net *net, struct twin x, size_t axis)
{
    for (int tries = 0; tries < 8; tries++) {
        const struct twin y = any(net);
        plait_shape shape = y.ref.shape;
        if (axis < shape.rank) {
            shape.dims[axis] = x.ref.shape.dims[axis];
        }
        if (shape_equal(shape, x.ref.shape)) {
            return y;
        }
    }
    return x;
}

/* A value that broadcasts with x, or x itself. */
static struct twin any_that_merges(const struct net *net, struct twin x)
{
    for (int tries = 0; tries < 8; tries++) {
        const struct twin y = any(net);
        plait_shape merged;
        if (shape_broadcast(plait_node_shape(x.node), plait_node_shape(y.node), &merged)) {
            return y;
        }
    }
    return x;
}

static size_t last_size(struct twin x)
{
    return x.ref.shape.dims[x.ref.shape.rank - 1];
}

static struct twin grow_conv2d(struct net *net, struct twin x)
{
    const size_t kernel = 1 + 2 * random_between(net->random, 0, 1);
    plait_conv2d_opts opts = random_conv2d(net->random, last_size(x), kernel, random_between(net->random, 3, 4));

    opts.activation = random_between(net->random, 0, 3) ? PLAIT_LINEAR : PLAIT_RELU;
    return twin_conv2d(x, &opts);
}

static struct twin grow_pooling(struct net *net, struct twin x)
{
    const plait_pooling2d_opts opts = {.padding = random_between(net->random, 0, 1) ? PLAIT_SAME : PLAIT_VALID,
                                       .pool_size = {random_between(net->random, 1, 2), 2}};
    const bool fits = opts.padding == PLAIT_SAME || (x.ref.shape.dims[1] > 1 && x.ref.shape.dims[2] > 1);

    if (!fits) {
        return twin_relu(x, NULL);
    }
    if (random_between(net->random, 0, 1)) {
        return (struct twin){plait_max_pooling2d(x.node, &opts), oracle_pooling2d(POOLING_MAX, x.ref, &opts)};
    }
    return (struct twin){plait_average_pooling2d(x.node, &opts), oracle_pooling2d(POOLING_AVERAGE, x.ref, &opts)};
}

/* A convolution and pooling of it; others may read the convolution as well. */
static struct twin grow_pooled(struct net *net, struct twin x)
{
    if (x.ref.shape.rank != 4) {
        return twin_relu(x, NULL);
    }
    const struct twin y = grow_conv2d(net, x);
    const bool fits = net->count + 1 < SAMPLE_VALUES && shape_count(plait_node_shape(y.node)) <= MOST_ELEMENTS;
    if (fits && random_between(net->random, 0, 1)) {
        net->items[net->count++] = y;
    }
    return grow_pooling(net, y);
}

static struct twin grow_layer(struct net *net, struct twin x)
{
    if (x.ref.shape.rank == 4 && random_between(net->random, 0, 1)) {
        return grow_conv2d(net, x);
    }
    if (random_between(net->random, 0, 1)) {
        const plait_batch_normalization_opts opts = random_batch_normalization(net->random, last_size(x));
        return twin_batch_normalization(x, &opts);
    }
    const plait_dense_opts opts = random_dense(net->random, last_size(x), random_between(net->random, 1, 4));
    return twin_dense(x, &opts);
}

static struct twin grow_merge(struct net *net, struct twin x)
{
    static const enum merge kinds[] = {MERGE_ADD, MERGE_ADD, MERGE_ADD, MERGE_SUBTRACT, MERGE_AVERAGE, MERGE_MAXIMUM};
    const struct twin parts[] = {x, any_that_merges(net, x)};

    return twin_merge(kinds[random_between(net->random, 0, 5)], parts, 2);
}

static struct twin grow_join(struct net *net, struct twin x)
{
    const size_t axis = random_between(net->random, 1, x.ref.shape.rank - 1);
    const struct twin parts[] = {x, any_that_joins(net, x, axis), any_that_joins(net, x, axis)};

    return twin_concatenate(parts, random_between(net->random, 1, 3), (int)axis);
}

static struct twin grow(struct net *net)
{
    const struct twin x = any(net);

    switch (random_between(net->random, 0, 10)) {
    case 0:
    case 1:
        return twin_relu(x, NULL);
    case 2:
        return twin_flatten(x);
    case 3:
    case 4:
        return grow_merge(net, x);
    case 5:
    case 6:
    case 7:
        return grow_join(net, x);
    case 8:
        return grow_pooled(net, x);
    default:
        return grow_layer(net, x);
    }
}

static struct net random_net(struct random *random, size_t batch)
{
    static const plait_shape shapes[] = {{3, {4, 3, 3}}, {3, {4, 3, 1}}, {1, {3}}, {3, {4, 3, 4}}, {2, {5, 4}}};
    struct net net = {.graph = twin_graph(), .random = random, .input_count = random_between(random, 1, 3)};

    while (net.count < net.input_count) {
        const plait_shape shape = shapes[random_between(random, 0, 4)];
        const float *values = random_floats(random, DATA_NORMAL, batch * shape_count(shape));
        net.items[net.count++] = twin_input(net.graph, shape, batch, values);
    }
    const size_t size = random_between(random, net.count + 3, SAMPLE_VALUES);
    while (net.count < size) {
        const struct twin y = grow(&net);
        net.items[net.count] = y;
        net.count += shape_count(plait_node_shape(y.node)) <= MOST_ELEMENTS;
    }
    return net;
}

void random_sample(struct sample *sample, struct random *random)
{
    sample->batch = random_between(random, 1, 4);
    sample->net = random_net(random, sample->batch);
    sample->outs.count = random_between(random, 1, SAMPLE_OUTPUTS);
    sample->outs.items = sample->output_nodes;
    sample->inputs = (plait_nodes){sample->input_nodes, sample->net.input_count};
    for (size_t i = 0; i < sample->net.input_count; i++) {
        sample->input_nodes[i] = sample->net.items[i].node;
    }
    for (size_t i = 0; i < sample->outs.count; i++) {
        sample->outputs[i] = i == 0 ? sample->net.items[sample->net.count - 1] : any(&sample->net);
        sample->output_nodes[i] = sample->outputs[i].node;
    }
}

const float **sample_inputs(const struct sample *sample)
{
    const float **x = scratch(sample->inputs.count, sizeof *x);

    for (size_t i = 0; i < sample->inputs.count; i++) {
        x[i] = reference_floats(&sample->net.items[i].ref);
    }
    return x;
}

float **sample_outputs(const struct sample *sample)
{
    float **y = scratch(sample->outs.count, sizeof *y);

    for (size_t i = 0; i < sample->outs.count; i++) {
        y[i] = scratch(sample->outputs[i].ref.count, sizeof *y[i]);
    }
    return y;
}
