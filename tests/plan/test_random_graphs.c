/* SPDX-License-Identifier: MIT */
/* Random graphs: whatever the planner folds, fuses, joins and shares, the values are the oracle's, and the
 * same bits whether memory is shared or not. */
#include "check.h"
#include "plan/plan.h"
#include "shape/shape.h"
#include "trial.h"
#include "weights.h"

#include <math.h>
#include <string.h>

enum { MOST = 24, MOST_ELEMENTS = 1500, MOST_OUTPUTS = 3 };

/* The values of a graph that grows. */
struct net {
    plait_graph *graph;
    struct random *random;
    struct twin items[MOST];
    size_t count;
    size_t input_count; /* the first items */
};

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

    switch (random_between(net->random, 0, 9)) {
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
    const size_t size = random_between(random, net.count + 3, MOST);
    while (net.count < size) {
        const struct twin y = grow(&net);
        net.items[net.count] = y;
        net.count += shape_count(plait_node_shape(y.node)) <= MOST_ELEMENTS;
    }
    return net;
}

/* What a random graph is run as. */
struct sample {
    struct net net;
    struct twin outputs[MOST_OUTPUTS];
    plait_node input_nodes[MOST];
    plait_node output_nodes[MOST_OUTPUTS];
    plait_nodes inputs;
    plait_nodes outs;
    size_t batch;
};

static void draw(struct sample *sample, struct random *random)
{
    sample->batch = random_between(random, 1, 4);
    sample->net = random_net(random, sample->batch);
    sample->outs.count = random_between(random, 1, MOST_OUTPUTS);
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

static float **run(const struct sample *sample, const struct run_opts *opts)
{
    const float **x = scratch(sample->inputs.count, sizeof *x);
    float **y = scratch(sample->outs.count, sizeof *y);

    for (size_t i = 0; i < sample->inputs.count; i++) {
        x[i] = reference_floats(&sample->net.items[i].ref);
    }
    for (size_t i = 0; i < sample->outs.count; i++) {
        y[i] = scratch(sample->outputs[i].ref.count, sizeof *y[i]);
    }
    check_ok(fixture_run(sample->inputs, sample->outs, opts, sample->batch, x, y));
    return y;
}

static void values_are_right_however_memory_is_shared(void **state)
{
    struct random random = random_stream("random_graphs");

    (void)state;
    for (size_t round = 0; round < test_rounds(60); round++) {
        struct sample sample;
        draw(&sample, &random);
        struct run_opts opts = {
            .accuracy = PLAIT_STRICT,
            .planned = random_between(&random, 1, 4),
            .out_of_order = random_between(&random, 0, 1),
        };
        float **shared = run(&sample, &opts);
        opts.disjoint_memory = true;
        float **apart = run(&sample, &opts);
        for (size_t i = 0; i < sample.outs.count; i++) {
            check_verdict(compare_floats(shared[i], apart[i], sample.outputs[i].ref.count),
                          "graph %zu, output %zu: shared and disjoint memory", round, i);
            check_verdict(compare(shared[i], &sample.outputs[i].ref, GATE_ANY, 0), "graph %zu, output %zu", round, i);
        }
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
    check_verdict(compare_enough(0.5), "random graphs");
}

/* ---- The plan itself -------------------------------------------------------------------------------- */

static void check_place(const struct plan *plan, const struct place *place)
{
    size_t last = place->offset;

    assert_in_range(place->storage, 0, plan->storage_count - 1);
    for (size_t i = 0; i < place->view.rank; i++) {
        last += (place->view.dims[i] - 1) * place->view.strides[i];
    }
    assert_true(last < plan->storages[place->storage].floats);
    assert_true(place->view.strides[place->view.rank - 1] <= 1);
}

static void check_places(const struct plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct planned_step *planned = &plan->steps[i];
        for (size_t k = 0; k < planned->step.input_count; k++) {
            check_place(plan, &planned->inputs[k]);
        }
        check_place(plan, &planned->output);
        if (planned->step.has_residual) {
            check_place(plan, &planned->residual);
        }
    }
}

static bool meet(size_t a, size_t a_count, size_t b, size_t b_count)
{
    return a < b + b_count && b < a + a_count;
}

/* Storages of the arena that are needed at the same step do not overlap. */
static void check_storages(const struct plan *plan)
{
    for (size_t i = 0; i < plan->storage_count; i++) {
        const struct storage *a = &plan->storages[i];
        for (size_t k = 0; k < i; k++) {
            const struct storage *b = &plan->storages[k];
            if (a->kind == STORAGE_ARENA && b->kind == STORAGE_ARENA && a->first <= b->last && b->first <= a->last) {
                assert_false(meet(a->offset, a->floats, b->offset, b->floats));
            }
        }
        assert_true(a->kind != STORAGE_ARENA || a->first == SIZE_MAX || a->offset + a->floats <= plan->arena_floats);
    }
}

static struct plan *plan_of(const struct sample *sample, const plait_model_opts *opts)
{
    const struct plan_request request = {.inputs = sample->inputs,
                                         .outputs = sample->outs,
                                         .opts = opts,
                                         .device = context_traits(fixture_context(false))};
    struct plan *plan = NULL;

    check_ok(plan_create(&request, &plan));
    return plan;
}

static void no_plan_reaches_beyond_its_memory(void **state)
{
    struct random random = random_stream("random_plans");

    (void)state;
    for (size_t round = 0; round < test_rounds(400); round++) {
        struct sample sample;
        draw(&sample, &random);
        struct plan *shared = plan_of(&sample, &(plait_model_opts){.batch = sample.batch});
        struct plan *apart = plan_of(&sample, &(plait_model_opts){.batch = sample.batch, .disjoint_memory = 1});
        check_places(shared);
        check_storages(shared);
        assert_true(shared->arena_floats <= apart->arena_floats);
        plan_free(shared);
        plan_free(apart);
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right_however_memory_is_shared),
        cmocka_unit_test(no_plan_reaches_beyond_its_memory),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
