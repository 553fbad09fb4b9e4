/* SPDX-License-Identifier: MIT */
/* Steps on an out-of-order queue: those that touch the same memory follow each other, and no others do.
 *
 * What a step touches is taken from what its variant is given when it runs, element by element, and what waits for what
 * from the wait lists that OpenCL gets: the plan is not asked. */
#include "check.h"
#include "cl_order.h"
#include "compare.h"
#include "device/cl.h"
#include "fixture.h"
#include "model/model.h"
#include "random_graph.h"
#include "shape/shape.h"
#include "weights.h"

#include <string.h>

enum { MOST_STEPS = 128, MOST_CALLS = 512, MOST_BUFFERS = 16 };

/* The elements of one buffer that one call of a step reads and writes, as bits. */
struct touched {
    const struct buffer *buffer;
    uint64_t *reads;
    uint64_t *writes;
    size_t words;
};

/* One call of a step's variant. */
struct call {
    size_t step;
    size_t part; /* of the batch, counted through all runs */
    bool whole;  /* the part has as many samples as the plan */
    struct touched touched[MOST_BUFFERS];
    size_t count;
};

/* The model that is traced. */
static struct {
    plait_model *model;
    struct variant variants[MOST_STEPS]; /* that tell of their call */
    const struct variant *real[MOST_STEPS];
    struct call calls[MOST_CALLS];
    size_t call_count;
    size_t parts;
} trace;

/* ---- Tracing ---------------------------------------------------------------------------------------- */

static struct touched *touched_of(struct call *call, const struct buffer *buffer)
{
    size_t i = 0;

    while (i < call->count && call->touched[i].buffer != buffer) {
        i++;
    }
    assert_true(i < MOST_BUFFERS);
    if (i == call->count) {
        const size_t words = (buffer->bytes / sizeof(float) + 63) / 64;
        call->touched[i] =
            (struct touched){buffer, scratch(words, sizeof(uint64_t)), scratch(words, sizeof(uint64_t)), words};
        call->count++;
    }
    return &call->touched[i];
}

static void touch(struct call *call, const struct operand *operand, bool writes)
{
    struct touched *touched = touched_of(call, operand->buffer);
    uint64_t *bits = writes ? touched->writes : touched->reads;
    const struct view *view = &operand->view;

    for (size_t e = 0; e < view_count(view); e++) {
        size_t rest = e;
        size_t at = operand->offset;
        for (size_t i = view->rank; i-- > 0;) {
            at += rest % view->dims[i] * view->strides[i];
            rest /= view->dims[i];
        }
        bits[at / 64] |= (uint64_t)1 << at % 64;
    }
}

static plait_status enqueue_traced(const struct step *step, const struct run *run)
{
    const struct plan *plan = trace.model->plan;
    struct call *call = &trace.calls[trace.call_count];
    size_t index = 0;

    while (&plan->steps[index].step != step) {
        index++;
    }
    assert_true(trace.call_count < MOST_CALLS);
    trace.parts += index == 0;
    *call = (struct call){.step = index, .part = trace.parts, .whole = run->batch == plan->batch};
    for (size_t i = 0; i < step->input_count; i++) {
        touch(call, &run->inputs[i], false);
    }
    if (step->has_residual) {
        touch(call, &run->residual, false);
    }
    if (step->scratch_floats > 0) {
        const struct view all = view_of(PLAIT_SHAPE(step->scratch_floats));
        touch(call, &(struct operand){run->scratch, run->scratch_offset, all}, true);
    }
    if (!step->fleeting) {
        touch(call, &run->output, true);
    }
    if (step->tail.kind != TAIL_NONE) {
        touch(call, &run->tail_output, true);
    }
    cl_order_label(trace.call_count++);
    const plait_status status = trace.real[index]->enqueue(step, run);
    cl_order_label(SIZE_MAX);
    return status;
}

static void trace_begin(plait_model *model, enum cl_order order)
{
    trace.model = model;
    trace.call_count = 0;
    trace.parts = 0;
    assert_in_range(model->plan->step_count, 0, MOST_STEPS);
    for (size_t i = 0; i < model->plan->step_count; i++) {
        struct step *step = &model->plan->steps[i].step;
        trace.real[i] = step->variant;
        trace.variants[i] = *step->variant;
        trace.variants[i].enqueue = enqueue_traced;
        step->variant = &trace.variants[i];
    }
    cl_order_begin(order);
}

static void trace_end(void)
{
    for (size_t i = 0; i < trace.model->plan->step_count; i++) {
        trace.model->plan->steps[i].step.variant = trace.real[i];
    }
    cl_order_end();
}

/* ---- Checking --------------------------------------------------------------------------------------- */

static bool share(const uint64_t *a, const uint64_t *b, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        if (a[i] & b[i]) {
            return true;
        }
    }
    return false;
}

/* Whether two calls touch an element that one of them writes. */
static bool calls_conflict(const struct call *a, const struct call *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct touched *x = &a->touched[i];
        for (size_t k = 0; k < b->count; k++) {
            const struct touched *y = &b->touched[k];
            if (x->buffer == y->buffer &&
                (share(x->writes, y->writes, x->words) || share(x->writes, y->reads, x->words) ||
                 share(x->reads, y->writes, x->words))) {
                return true;
            }
        }
    }
    return false;
}

/* needed[i][k]: call i must follow call k, for the memory's sake, directly or not. */
static bool needed[MOST_CALLS][MOST_CALLS];

static void find_needed(void)
{
    for (size_t i = 0; i < trace.call_count; i++) {
        memset(needed[i], 0, sizeof needed[i]);
        for (size_t k = i; k-- > 0;) {
            if (!needed[i][k] && calls_conflict(&trace.calls[i], &trace.calls[k])) {
                needed[i][k] = true;
                for (size_t l = 0; l < k; l++) {
                    needed[i][l] = needed[i][l] || needed[k][l];
                }
            }
        }
    }
}

/* Two commands in the order in which they were enqueued. Those that are no step's, uploads, downloads and markers,
 * stand between all steps. Returns whether the later one waits in vain. */
static bool check_pair(size_t earlier, size_t later, const char *what)
{
    const size_t a = cl_order_label_of(earlier);
    const size_t b = cl_order_label_of(later);
    const bool follows = cl_order_follows(later, earlier);

    if (a == SIZE_MAX || b == SIZE_MAX || a == b) {
        check_that(follows, "%s: command %zu does not wait for %zu", what, later, earlier);
        return false;
    }
    check_that(follows || !needed[b][a], "%s: step %zu does not wait for %zu, and touches the same memory", what,
               trace.calls[b].step, trace.calls[a].step);
    /* the plan's waits are for all samples that it has memory for */
    return trace.calls[a].part == trace.calls[b].part && trace.calls[b].whole && follows && !needed[b][a];
}

/* Returns how many commands wait in vain. */
static size_t check_order(const char *what)
{
    size_t vain = 0;

    find_needed();
    for (size_t later = 0; later < cl_order_count(); later++) {
        for (size_t earlier = 0; earlier < later; earlier++) {
            vain += check_pair(earlier, later, what);
        }
    }
    return vain;
}

/* Whether a step of a layer runs beside one of another, whichever comes first; of the first part that was run. */
static bool run_beside(const char *layer, const char *other)
{
    const struct plan *plan = trace.model->plan;
    bool found = false;

    for (size_t later = 0; later < cl_order_count(); later++) {
        for (size_t earlier = 0; earlier < later; earlier++) {
            const size_t a = cl_order_label_of(earlier);
            const size_t b = cl_order_label_of(later);
            if (a == SIZE_MAX || b == SIZE_MAX || trace.calls[b].part != 1) {
                continue;
            }
            const char *one = plan->steps[trace.calls[a].step].layer;
            const char *two = plan->steps[trace.calls[b].step].layer;
            if ((strcmp(one, layer) == 0 && strcmp(two, other) == 0) ||
                (strcmp(one, other) == 0 && strcmp(two, layer) == 0)) {
                found = true;
                if (cl_order_follows(later, earlier)) {
                    return false;
                }
            }
        }
    }
    check_that(found, "no steps of %s and %s", layer, other);
    return true;
}

/* ---- Random graphs ---------------------------------------------------------------------------------- */

static plait_model *model_of(const struct sample *sample, bool out_of_order, const plait_model_opts *opts)
{
    plait_model *model = NULL;

    check_ok(plait_model_create(fixture_context(out_of_order), sample->inputs, sample->outs, opts, &model));
    return model;
}

static float **predict(plait_model *model, const struct sample *sample)
{
    float **y = sample_outputs(sample);

    check_ok(plait_model_predict(model, sample->batch, sample_inputs(sample), y));
    return y;
}

static void steps_follow_those_whose_memory_they_touch(void **state)
{
    struct random random = random_stream("overlap_order");
    size_t vain = 0; /* graphs */

    (void)state;
    for (size_t round = 0; round < test_rounds(80); round++) {
        struct sample sample;
        random_sample(&sample, &random);
        const plait_model_opts opts = {.batch = random_between(&random, 1, 4),
                                       .less_memory = random_between(&random, 0, 1),
                                       .disjoint_memory = random_between(&random, 0, 3) == 0};
        plait_model *model = model_of(&sample, true, &opts);
        trace_begin(model, ORDER_OF_QUEUE);
        (void)predict(model, &sample);
        vain += check_order(scratch_text("graph %zu", round)) > 0 && !opts.less_memory;
        trace_end();
        plait_model_free(model);
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
    /* with less memory, gaps in what is shared count as well; else only strides that tell too little */
    check_that(vain * 20 <= test_rounds(80), "in %zu of %zu graphs a step waits in vain", vain, test_rounds(80));
}

static void any_order_gives_the_same_bits(void **state)
{
    static const enum cl_order orders[] = {ORDER_OF_QUEUE, ORDER_LAST_FIRST, ORDER_RANDOM};
    struct random random = random_stream("overlap_bits");

    (void)state;
    for (size_t round = 0; round < test_rounds(40); round++) {
        struct sample sample;
        random_sample(&sample, &random);
        const plait_model_opts opts = {.batch = random_between(&random, 1, 4),
                                       .less_memory = random_between(&random, 0, 1)};
        plait_model *model = model_of(&sample, false, &opts);
        float **const want = predict(model, &sample);
        plait_model_free(model);
        model = model_of(&sample, true, &opts);
        for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
            cl_order_begin(orders[i]);
            float **const got = predict(model, &sample);
            cl_order_end();
            for (size_t k = 0; k < sample.outs.count; k++) {
                check_verdict(compare_floats(got[k], want[k], sample.outputs[k].ref.count),
                              "graph %zu, order %d, output %zu", round, (int)orders[i], k);
            }
        }
        plait_model_free(model);
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
}

/* Where steps may overlap, they wait for each other as if no two values shared memory. */
static void shared_memory_makes_no_step_wait(void **state)
{
    struct random random = random_stream("overlap_memory");

    (void)state;
    for (size_t round = 0; round < test_rounds(200); round++) {
        struct sample sample;
        random_sample(&sample, &random);
        plait_model *shared = model_of(&sample, true, &(plait_model_opts){.batch = sample.batch});
        plait_model *apart = model_of(&sample, true, &(plait_model_opts){.batch = sample.batch, .disjoint_memory = 1});
        assert_int_equal(shared->plan->step_count, apart->plan->step_count);
        for (size_t i = 0; i < shared->plan->step_count; i++) {
            const struct planned_step *one = &shared->plan->steps[i];
            const struct planned_step *other = &apart->plan->steps[i];
            assert_int_equal(one->wait_count, other->wait_count);
            assert_memory_equal(one->waits, other->waits, one->wait_count * sizeof *one->waits);
        }
        plait_model_free(shared);
        plait_model_free(apart);
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
}

/* ---- Graphs by hand --------------------------------------------------------------------------------- */

/* Two branches of two layers each that read one input, and are joined along the channels. */
static void build_branches(struct sample *sample, struct random *random)
{
    const plait_shape shape = PLAIT_SHAPE(6, 5, 3);
    struct net *net = &sample->net;
    plait_node ends[2];

    *sample = (struct sample){.batch = 3, .net = {.graph = twin_graph(), .input_count = 1, .count = 1}};
    net->items[0] = twin_input(net->graph, shape, sample->batch,
                               random_floats(random, DATA_NORMAL, sample->batch * shape_count(shape)));
    for (size_t i = 0; i < 2; i++) {
        static const char *const names[2][2] = {{"left 1", "left 2"}, {"right 1", "right 2"}};
        plait_conv2d_opts opts = random_conv2d(random, 3, 3, 5);
        opts.name = names[i][0];
        ends[i] = plait_conv2d(net->items[0].node, &opts);
        opts = random_conv2d(random, 5, 3, 4);
        opts.name = names[i][1];
        ends[i] = plait_conv2d(ends[i], &opts);
    }
    sample->input_nodes[0] = net->items[0].node;
    sample->output_nodes[0] = plait_concatenate((plait_nodes){ends, 2}, -1, NULL);
    sample->inputs = (plait_nodes){sample->input_nodes, 1};
    sample->outs = (plait_nodes){sample->output_nodes, 1};
    sample->outputs[0].ref.count = sample->batch * shape_count(plait_node_shape(sample->output_nodes[0]));
}

static void branches_run_beside_each_other(void **state)
{
    struct random random = random_stream("overlap_branches");
    struct sample sample;

    (void)state;
    build_branches(&sample, &random);
    for (int less = 0; less < 2; less++) {
        const plait_model_opts opts = {.batch = 2, .less_memory = (uint64_t)less};
        plait_model *model = model_of(&sample, true, &opts);
        trace_begin(model, ORDER_OF_QUEUE);
        (void)predict(model, &sample);
        assert_int_equal(check_order("branches"), 0);
        assert_true(run_beside("left 1", "right 1") || less);
        assert_true(run_beside("left 2", "right 2") || less);
        assert_true(run_beside("left 1", "right 2") || less);
        assert_false(run_beside("left 1", "left 2"));
        trace_end();
        plait_model_free(model);
    }
    plait_graph_free(sample.net.graph);
}

/* Runs that are only enqueued, one after the other, on tensors that are each other's results. */
static void runs_follow_each_other(void **state)
{
    enum { RUNS = 5, SIZE = 60 };
    plait_context *context = fixture_context(true);
    plait_graph *graph = twin_graph();
    const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(SIZE));
    const plait_node left = plait_activate(input, PLAIT_TANH, NULL);
    const plait_node right = plait_activate(input, PLAIT_SIGMOID, NULL);
    const plait_node sum = plait_add(PLAIT_NODES(plait_activate(left, PLAIT_SOFTPLUS, NULL), right), NULL);
    float values[2][SIZE] = {{0}};
    plait_tensor *tensors[2];
    plait_model *model = NULL;

    (void)state;
    check_ok(
        plait_model_create(context, PLAIT_NODES(input), PLAIT_NODES(sum), &(plait_model_opts){.batch = 1}, &model));
    for (size_t i = 0; i < 2; i++) {
        check_ok(plait_tensor_create(context, PLAIT_SHAPE(1, SIZE), &tensors[i]));
    }
    for (int round = 0; round < 2; round++) {
        check_ok(plait_tensor_write(tensors[0], (const float[SIZE]){0.5F, -1, 2}, SIZE));
        trace_begin(model, round ? ORDER_LAST_FIRST : ORDER_OF_QUEUE);
        for (size_t i = 0; i < RUNS; i++) {
            const plait_tensor *const inputs[] = {tensors[i % 2]};
            check_ok(plait_model_run(model, 1, inputs, &tensors[(i + 1) % 2]));
        }
        assert_int_equal(check_order("runs"), 0);
        check_ok(plait_tensor_read(tensors[RUNS % 2], values[round], SIZE));
        trace_end();
    }
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    plait_tensor_free(tensors[0]);
    plait_tensor_free(tensors[1]);
    plait_model_free(model);
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_those_whose_memory_they_touch),
        cmocka_unit_test(any_order_gives_the_same_bits),
        cmocka_unit_test(shared_memory_makes_no_step_wait),
        cmocka_unit_test(branches_run_beside_each_other),
        cmocka_unit_test(runs_follow_each_other),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
