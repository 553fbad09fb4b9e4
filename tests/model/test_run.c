/* SPDX-License-Identifier: MIT */
/* Running models: any batch, device tensors, events, both kinds of queue, and what a model needs to live. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "check.h"
#include "trial.h"
#include "weights.h"

#include <string.h>

enum { BATCH = 17, PLANNED = 4, CLASSES = 10 };

/* A model of the two-branch graph on a context. */
static plait_model *new_model(plait_context *context, const struct two_branch *net)
{
    const plait_model_opts opts = {.batch = PLANNED, .accuracy = PLAIT_STRICT};
    plait_model *model = NULL;

    check_ok(plait_model_create(context, two_branch_inputs(net), two_branch_outputs(net), &opts, &model));
    return model;
}

/* The reference of the first `batch` samples. */
static struct reference first_samples(struct reference all, size_t batch)
{
    all.count = all.count / all.shape.dims[0] * batch;
    all.shape.dims[0] = batch;
    return all;
}

static void any_batch_can_be_predicted(void **state)
{
    static const size_t batches[] = {1, PLANNED - 1, PLANNED, PLANNED + 1, 2 * PLANNED, BATCH};
    const struct two_branch net = two_branch_new("any_batch", BATCH);

    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_model *model = new_model(fixture_context(out_of_order), &net);
        for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
            const struct reference want = first_samples(net.output.ref, batches[i]);
            float *y = scratch(want.count + 1, sizeof *y);
            y[want.count] = 77;
            check_ok(plait_model_predict(model, batches[i], two_branch_values(&net), &y));
            check_verdict(compare(y, &want, GATE_HARD, 0), "batch %zu", batches[i]);
            assert_true(y[want.count] == 77);
        }
        plait_model_free(model);
    }
    plait_graph_free(net.graph);
}

/* Where kernels work in the arrays themselves, those that overlap must not be. */
static void arrays_may_be_the_same(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(33));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(33));
    const plait_node y = plait_softmax(plait_subtract(PLAIT_NODES(plait_relu(a, NULL), b), NULL), NULL);
    struct random random = random_stream("same_arrays");
    const size_t count = (size_t)33 * BATCH;
    float *x = random_floats(&random, DATA_NORMAL, count);
    float *copy = scratch(count, sizeof *copy);
    float *want = scratch(count, sizeof *want);
    plait_model *model = NULL;

    (void)state;
    memcpy(copy, x, count * sizeof *x);
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(a, b), PLAIT_NODES(y),
                                &(plait_model_opts){.batch = PLANNED}, &model));
    check_ok(plait_model_predict(model, BATCH, (const float *const[]){x, copy}, &want));
    check_ok(plait_model_predict(model, BATCH, (const float *const[]){x, x}, &copy));
    assert_memory_equal(copy, want, count * sizeof *x);
    check_ok(plait_model_predict(model, BATCH, (const float *const[]){x, x}, &x));
    assert_memory_equal(x, want, count * sizeof *x);
    plait_model_free(model);
    plait_graph_free(graph);
}

/* Arrays need no more alignment than a float. */
static void arrays_may_lie_anywhere(void **state)
{
    const struct two_branch net = two_branch_new("anywhere", BATCH);
    plait_model *model = new_model(fixture_context(false), &net);
    const size_t count = (size_t)5 * 4 * 3 * BATCH;

    (void)state;
    for (size_t shift = 1; shift < 16; shift += 2) {
        const float *moved[2];
        float *y = (float *)scratch(net.output.ref.count + shift, sizeof *y) + shift;
        for (size_t i = 0; i < 2; i++) {
            float *x = (float *)scratch(count + shift, sizeof *x) + shift;
            memcpy(x, two_branch_values(&net)[i], count * sizeof *x);
            moved[i] = x;
        }
        check_ok(plait_model_predict(model, BATCH, moved, &y));
        check_verdict(compare(y, &net.output.ref, GATE_HARD, 0), "shift %zu", shift);
    }
    plait_model_free(model);
    plait_graph_free(net.graph);
}

static void an_empty_batch_does_nothing(void **state)
{
    const struct two_branch net = two_branch_new("empty_batch", 1);
    plait_model *model = new_model(fixture_context(false), &net);
    float y[CLASSES] = {5};
    float *const outputs[] = {y};
    plait_tensor *x[2];
    plait_tensor *out;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        check_ok(plait_tensor_create(fixture_context(false), PLAIT_SHAPE(1, 5, 4, 3), &x[i]));
    }
    check_ok(plait_tensor_create(fixture_context(false), PLAIT_SHAPE(1, CLASSES), &out));
    check_ok(plait_tensor_write(out, y, CLASSES));
    check_ok(plait_model_predict(model, 0, two_branch_values(&net), outputs));
    assert_true(y[0] == 5);
    check_ok(plait_model_run(model, 0, (const plait_tensor *const *)x, &out));
    check_ok(plait_tensor_read(out, y, CLASSES));
    assert_true(y[0] == 5 && y[1] == 0);
    plait_tensor_free(x[0]);
    plait_tensor_free(x[1]);
    plait_tensor_free(out);
    plait_model_free(model);
    plait_graph_free(net.graph);
}

/* Tensors for the inputs and the output of the two-branch model. */
struct tensors {
    plait_tensor *x[2];
    plait_tensor *y;
};

static struct tensors new_tensors(plait_context *context, const struct two_branch *net, size_t batch)
{
    struct tensors tensors;

    for (size_t i = 0; i < 2; i++) {
        const size_t count = net->inputs[i].ref.count / net->inputs[i].ref.shape.dims[0] * batch;
        check_ok(plait_tensor_create(context, PLAIT_SHAPE(batch, 5, 4, 3), &tensors.x[i]));
        check_ok(plait_tensor_write(tensors.x[i], two_branch_values(net)[i], count));
    }
    check_ok(plait_tensor_create(context, PLAIT_SHAPE(batch, CLASSES), &tensors.y));
    return tensors;
}

static void free_tensors(struct tensors *tensors)
{
    plait_tensor_free(tensors->x[0]);
    plait_tensor_free(tensors->x[1]);
    plait_tensor_free(tensors->y);
}

static plait_status enqueue(plait_model *model, size_t batch, struct tensors *tensors, cl_uint wait_count,
                            const cl_event *wait_list, cl_event *event)
{
    return plait_model_enqueue(model, batch, (const plait_tensor *const *)tensors->x, &tensors->y, wait_count,
                               wait_list, event);
}

static void samples_beyond_the_batch_are_left_alone(void **state)
{
    const struct two_branch net = two_branch_new("beyond", BATCH);
    plait_model *model = new_model(fixture_context(false), &net);
    struct tensors tensors = new_tensors(fixture_context(false), &net, BATCH);
    const struct reference want = first_samples(net.output.ref, PLANNED + 1);
    float *y = scratch(BATCH * CLASSES, sizeof *y);

    (void)state;
    for (size_t i = 0; i < BATCH * CLASSES; i++) {
        y[i] = 77;
    }
    check_ok(plait_tensor_write(tensors.y, y, BATCH * CLASSES));
    check_ok(enqueue(model, PLANNED + 1, &tensors, 0, NULL, NULL));
    check_ok(plait_tensor_read(tensors.y, y, BATCH * CLASSES));
    check_verdict(compare(y, &want, GATE_HARD, 0), "the batch");
    for (size_t i = want.count; i < BATCH * CLASSES; i++) {
        assert_true(y[i] == 77);
    }
    free_tensors(&tensors);
    plait_model_free(model);
    plait_graph_free(net.graph);
}

static cl_int state_of(cl_event event)
{
    cl_int state = CL_QUEUED;

    assert_int_equal(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL), CL_SUCCESS);
    return state;
}

/* The run waits for the application's event and completes its own. */
static void a_run_waits_and_is_waited_for(void **state)
{
    const struct two_branch net = two_branch_new("events", PLANNED);

    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_model *model = new_model(fixture_context(out_of_order), &net);
        struct tensors tensors = new_tensors(fixture_context(out_of_order), &net, PLANNED);
        float y[PLANNED * CLASSES];
        cl_int code = CL_SUCCESS;
        cl_event end = NULL;
        const cl_event gate = clCreateUserEvent(fixture_cl_context(), &code);
        assert_int_equal(code, CL_SUCCESS);
        check_ok(enqueue(model, PLANNED, &tensors, 1, &gate, &end));
        assert_int_equal(clFlush(fixture_cl_queue(out_of_order)), CL_SUCCESS);
        assert_true(state_of(end) > CL_COMPLETE);
        assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
        assert_int_equal(clWaitForEvents(1, &end), CL_SUCCESS);
        assert_int_equal(state_of(end), CL_COMPLETE);
        check_ok(plait_tensor_read(tensors.y, y, PLANNED * CLASSES));
        check_verdict(compare(y, &net.output.ref, GATE_HARD, 0), "queue %d", out_of_order);
        clReleaseEvent(gate);
        clReleaseEvent(end);
        free_tensors(&tensors);
        plait_model_free(model);
    }
    plait_graph_free(net.graph);
}

static void an_empty_run_waits_too(void **state)
{
    const struct two_branch net = two_branch_new("empty_run", 1);

    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_model *model = new_model(fixture_context(out_of_order), &net);
        struct tensors tensors = new_tensors(fixture_context(out_of_order), &net, 1);
        cl_event end = NULL;
        check_ok(enqueue(model, 0, &tensors, 0, NULL, &end));
        assert_non_null(end);
        assert_int_equal(clWaitForEvents(1, &end), CL_SUCCESS);
        clReleaseEvent(end);
        free_tensors(&tensors);
        plait_model_free(model);
    }
    plait_graph_free(net.graph);
}

/* Halves x again and again, each run reading what the one before wrote, with nothing but the queue between. */
static void runs_of_a_context_follow_each_other(void **state)
{
    enum { COUNT = 50000, RUNS = 20 };
    struct random random = random_stream("follow");
    const float *x = random_floats(&random, DATA_NORMAL, COUNT);
    float *y = scratch(COUNT, sizeof *y);
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, NULL, PLAIT_SHAPE(COUNT));
    const plait_node half = plait_average(PLAIT_NODES(a, plait_subtract(PLAIT_NODES(a, a), NULL)), NULL);

    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_context *context = fixture_context(out_of_order);
        plait_model *model = NULL;
        plait_tensor *tensors[2];
        check_ok(plait_model_create(context, PLAIT_NODES(a), PLAIT_NODES(half), NULL, &model));
        for (size_t i = 0; i < 2; i++) {
            check_ok(plait_tensor_create(context, PLAIT_SHAPE(1, COUNT), &tensors[i]));
        }
        check_ok(plait_tensor_write(tensors[0], x, COUNT));
        for (size_t run = 0; run < RUNS; run++) {
            const plait_tensor *const from = tensors[run % 2];
            check_ok(plait_model_run(model, 1, &from, &tensors[1 - run % 2]));
        }
        check_ok(plait_tensor_read(tensors[RUNS % 2], y, COUNT));
        for (size_t i = 0; i < COUNT; i++) {
            check_that(y[i] == x[i] / (1 << RUNS), "queue %d: element %zu is %g after %d halvings of %g", out_of_order,
                       i, (double)y[i], RUNS, (double)x[i]);
        }
        plait_tensor_free(tensors[0]);
        plait_tensor_free(tensors[1]);
        plait_model_free(model);
    }
    plait_graph_free(graph);
}

/* Weights are borrowed until the model is created. */
static void a_model_outlives_its_graph_and_weights(void **state)
{
    enum { COUNT = 12 };
    struct random random = random_stream("outlives");
    const float *x = random_floats(&random, DATA_INTEGERS, COUNT);
    float kernel[COUNT] = {0};
    float y[1] = {0};
    float *const outputs[] = {y};
    plait_graph *graph = twin_graph();
    const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(COUNT));
    plait_model *model = NULL;

    (void)state;
    kernel[3] = 1;
    const plait_array borrowed = {kernel, PLAIT_SHAPE(COUNT, 1)};
    const plait_node node = plait_dense(input, &(plait_dense_opts){.kernel = borrowed});
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(input), PLAIT_NODES(node), NULL, &model));
    plait_graph_free(graph);
    memset(kernel, 0xff, sizeof kernel);
    check_ok(plait_model_predict(model, 1, &x, outputs));
    assert_true(y[0] == x[3]);
    plait_model_free(model);
}

static void a_model_may_be_freed_while_it_runs(void **state)
{
    const struct two_branch net = two_branch_new("freed", PLANNED);

    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_model *model = new_model(fixture_context(out_of_order), &net);
        struct tensors tensors = new_tensors(fixture_context(out_of_order), &net, PLANNED);
        float y[PLANNED * CLASSES];
        check_ok(enqueue(model, PLANNED, &tensors, 0, NULL, NULL));
        plait_model_free(model);
        check_ok(plait_tensor_read(tensors.y, y, PLANNED * CLASSES));
        check_verdict(compare(y, &net.output.ref, GATE_HARD, 0), "queue %d", out_of_order);
        free_tensors(&tensors);
    }
    plait_graph_free(net.graph);
}

/* A plait context on a queue of its own. */
static plait_context *new_context(bool out_of_order, bool profiling)
{
    const cl_command_queue_properties properties =
        (out_of_order ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0) | (profiling ? CL_QUEUE_PROFILING_ENABLE : 0);
    const plait_context_opts opts = {.profiling = profiling};
    plait_context *context = NULL;
    cl_int code = CL_SUCCESS;
    const cl_command_queue queue = clCreateCommandQueue(fixture_cl_context(), fixture_cl_device(), properties, &code);

    assert_int_equal(code, CL_SUCCESS);
    check_ok(plait_context_adopt(fixture_cl_context(), queue, &opts, &context));
    clReleaseCommandQueue(queue);
    return context;
}

static double device_seconds(const plait_model *model)
{
    double seconds = 0;

    for (size_t i = 0; i < plait_model_step_count(model); i++) {
        plait_step_info info;
        check_ok(plait_model_step(model, i, &info));
        assert_true(info.seconds >= 0);
        seconds += info.seconds;
    }
    return seconds;
}

static void steps_are_timed_if_the_context_profiles(void **state)
{
    const struct two_branch net = two_branch_new("profile", PLANNED);
    float *y = scratch(net.output.ref.count, sizeof *y);

    (void)state;
    for (int ways = 0; ways < 4; ways++) {
        const bool profiling = ways & 1;
        plait_context *context = new_context(ways & 2, profiling);
        plait_model *model = new_model(context, &net);
        for (int runs = 0; runs < 3; runs++) {
            const double seconds = device_seconds(model);
            check_that((seconds > 0) == (profiling && runs > 0), "%g seconds after %d runs", seconds, runs);
            check_ok(plait_model_predict(model, PLANNED, two_branch_values(&net), &y));
            check_verdict(compare(y, &net.output.ref, GATE_HARD, 0), "way %d", ways);
        }
        plait_model_free(model);
        plait_context_free(context);
    }
    plait_graph_free(net.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_batch_can_be_predicted),
        cmocka_unit_test(arrays_may_be_the_same),
        cmocka_unit_test(arrays_may_lie_anywhere),
        cmocka_unit_test(an_empty_batch_does_nothing),
        cmocka_unit_test(samples_beyond_the_batch_are_left_alone),
        cmocka_unit_test(a_run_waits_and_is_waited_for),
        cmocka_unit_test(an_empty_run_waits_too),
        cmocka_unit_test(runs_of_a_context_follow_each_other),
        cmocka_unit_test(a_model_outlives_its_graph_and_weights),
        cmocka_unit_test(a_model_may_be_freed_while_it_runs),
        cmocka_unit_test(steps_are_timed_if_the_context_profiles),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
