/* SPDX-License-Identifier: MIT */
/* Every function of a model with every argument wrong: the right status, a message, and no OpenCL call. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "check.h"
#include "cl_fault.h"
#include "fixture.h"
#include "weights.h"

#include <string.h>

enum { BATCH = 2, CLASSES = 10 };

/* A model, its graph, and sound arguments for running it. */
static struct {
    struct two_branch net;
    plait_model *model;
    plait_tensor *x[2];
    plait_tensor *y;
    float values[BATCH * CLASSES];
} it;

static int open_model(void **state)
{
    const plait_model_opts opts = {.batch = BATCH};

    (void)fixture_open(state);
    it.net = two_branch_new("arguments", BATCH);
    check_ok(plait_model_create(fixture_context(false), two_branch_inputs(&it.net), two_branch_outputs(&it.net), &opts,
                                &it.model));
    for (size_t i = 0; i < 2; i++) {
        check_ok(plait_tensor_create(fixture_context(false), PLAIT_SHAPE(BATCH, 5, 4, 3), &it.x[i]));
    }
    check_ok(plait_tensor_create(fixture_context(false), PLAIT_SHAPE(BATCH, CLASSES), &it.y));
    return 0;
}

static int close_model(void **state)
{
    plait_tensor_free(it.x[0]);
    plait_tensor_free(it.x[1]);
    plait_tensor_free(it.y);
    plait_model_free(it.model);
    plait_graph_free(it.net.graph);
    return fixture_close(state);
}

/* Fails unless the call is refused with a message that has `part` in it, without an OpenCL call. */
#define refused(call, status, part)                                                                   \
    do {                                                                                              \
        cl_fault_at(0, 0, false);                                                                     \
        check_message(call, status, part);                                                            \
        check_that(cl_fault_calls() == 0, "%s: %zu OpenCL calls were made", #call, cl_fault_calls()); \
    } while (0)

static void create(void **state)
{
    plait_context *context = fixture_context(false);
    const plait_nodes in = two_branch_inputs(&it.net);
    const plait_nodes out = two_branch_outputs(&it.net);
    plait_model *model = NULL;

    (void)state;
    refused(plait_model_create(NULL, in, out, NULL, &model), PLAIT_ERR_INVALID, "context is NULL");
    refused(plait_model_create(context, in, out, NULL, NULL), PLAIT_ERR_INVALID, "out is NULL");
    refused(plait_model_create(context, (plait_nodes){NULL, 2}, out, NULL, &model), PLAIT_ERR_INVALID, "no inputs");
    refused(plait_model_create(context, (plait_nodes){in.items, 0}, out, NULL, &model), PLAIT_ERR_INVALID, "no inputs");
    refused(plait_model_create(context, in, (plait_nodes){NULL, 1}, NULL, &model), PLAIT_ERR_INVALID, "no outputs");
    refused(plait_model_create(context, in, (plait_nodes){out.items, 0}, NULL, &model), PLAIT_ERR_INVALID,
            "no outputs");
    const plait_node none = {0};
    refused(plait_model_create(context, PLAIT_NODES(none, in.items[0]), out, NULL, &model), PLAIT_ERR_INVALID,
            "input 0 is no node");
    refused(plait_model_create(context, in, PLAIT_NODES(out.items[0], none), NULL, &model), PLAIT_ERR_INVALID,
            "output 1 is no node");
    const plait_node far = {.graph = it.net.graph, .id = 1000};
    refused(plait_model_create(context, in, PLAIT_NODES(far), NULL, &model), PLAIT_ERR_INVALID,
            "is node 1000, but the");
    assert_null(model);
}

static void create_with_a_graph_that_does_not_fit(void **state)
{
    plait_context *context = fixture_context(false);
    const plait_nodes in = two_branch_inputs(&it.net);
    const plait_nodes out = two_branch_outputs(&it.net);
    plait_model *model = NULL;
    plait_graph *other = twin_graph();
    const plait_node x = plait_input(other, NULL, PLAIT_SHAPE(3));

    (void)state;
    refused(plait_model_create(context, PLAIT_NODES(in.items[0], x), out, NULL, &model), PLAIT_ERR_INVALID,
            "input 1 belongs to another graph");
    refused(plait_model_create(context, PLAIT_NODES(in.items[0]), out, NULL, &model), PLAIT_ERR_GRAPH,
            "input \"input_layer_1\": the outputs depend on it, but it is not among the model's inputs");
    refused(plait_model_create(context, PLAIT_NODES(in.items[0], in.items[1], out.items[0]), out, NULL, &model),
            PLAIT_ERR_GRAPH, "input 2 of the model must be made by plait_input");
    refused(plait_model_create(context, PLAIT_NODES(in.items[0], in.items[1], in.items[0]), out, NULL, &model),
            PLAIT_ERR_GRAPH, "is input 0 and 2 of the model");
    (void)plait_concatenate(PLAIT_NODES(x), 5, &(plait_layer_opts){.name = "wrong"});
    refused(plait_model_create(context, PLAIT_NODES(x), PLAIT_NODES(x), NULL, &model), PLAIT_ERR_GRAPH,
            "concatenate \"wrong\": ");
    assert_null(model);
    plait_graph_free(other);
}

static void create_with_wrong_options(void **state)
{
    plait_context *context = fixture_context(false);
    const plait_nodes in = two_branch_inputs(&it.net);
    const plait_nodes out = two_branch_outputs(&it.net);
    plait_model *model = NULL;

    (void)state;
    refused(plait_model_create(context, in, out, &(plait_model_opts){.accuracy = (plait_accuracy)7}, &model),
            PLAIT_ERR_INVALID, "accuracy is 7");
    refused(plait_model_create(context, in, out, &(plait_model_opts){.batch = SIZE_MAX}, &model), PLAIT_ERR_TOO_LARGE,
            "use a smaller batch");
    refused(plait_model_create(context, in, out, &(plait_model_opts){.batch = (size_t)1 << 30}, &model),
            PLAIT_ERR_TOO_LARGE, "for a batch of 1073741824 has more than 2147483647 elements");
    refused(plait_model_create(context, in, out, &(plait_model_opts){.variants = "conv2d=none"}, &model),
            PLAIT_ERR_INVALID, "conv2d \"conv2d\": there is no variant \"none\"; there are: ");
    assert_null(model);
}

static void memory(void **state)
{
    const plait_nodes in = two_branch_inputs(&it.net);
    const plait_nodes out = two_branch_outputs(&it.net);
    plait_memory bytes;

    (void)state;
    refused(plait_model_plan_memory(NULL, in, out, NULL, &bytes), PLAIT_ERR_INVALID, "context is NULL");
    refused(plait_model_plan_memory(fixture_context(false), in, out, NULL, NULL), PLAIT_ERR_INVALID, "memory is NULL");
    refused(plait_model_plan_memory(fixture_context(false), PLAIT_NODES(in.items[0]), out, NULL, &bytes),
            PLAIT_ERR_GRAPH, "not among the model's inputs");
    refused(plait_model_memory(NULL, &bytes), PLAIT_ERR_INVALID, "model is NULL");
    refused(plait_model_memory(it.model, NULL), PLAIT_ERR_INVALID, "memory is NULL");
}

static void predict(void **state)
{
    const float *const *x = two_branch_values(&it.net);
    float *const y[] = {it.values};
    const float *const no_second[] = {x[0], NULL};
    float *const no_output[] = {NULL};

    (void)state;
    refused(plait_model_predict(NULL, 1, x, y), PLAIT_ERR_INVALID, "model is NULL");
    refused(plait_model_predict(it.model, 1, NULL, y), PLAIT_ERR_INVALID, "inputs is NULL");
    refused(plait_model_predict(it.model, 1, x, NULL), PLAIT_ERR_INVALID, "outputs is NULL");
    refused(plait_model_predict(it.model, 1, no_second, y), PLAIT_ERR_INVALID, "input 1 is NULL");
    refused(plait_model_predict(it.model, 1, x, no_output), PLAIT_ERR_INVALID, "output 0 is NULL");
    check_ok(plait_model_predict(it.model, 1, x, y));
}

static void run(void **state)
{
    const plait_tensor *const x[] = {it.x[0], it.x[1]};
    const plait_tensor *const no_second[] = {it.x[0], NULL};
    plait_tensor *y[] = {it.y};
    plait_tensor *no_output[] = {NULL};

    (void)state;
    refused(plait_model_run(NULL, 1, x, y), PLAIT_ERR_INVALID, "model is NULL");
    refused(plait_model_run(it.model, 1, NULL, y), PLAIT_ERR_INVALID, "inputs is NULL");
    refused(plait_model_run(it.model, 1, x, NULL), PLAIT_ERR_INVALID, "outputs is NULL");
    refused(plait_model_run(it.model, 1, no_second, y), PLAIT_ERR_INVALID, "input 1 is NULL");
    refused(plait_model_run(it.model, 1, x, no_output), PLAIT_ERR_INVALID, "output 0 is NULL");
    refused(plait_model_enqueue(it.model, 1, x, y, 1, NULL, NULL), PLAIT_ERR_INVALID, "wait_count is 1");
    refused(plait_model_enqueue(it.model, 1, x, y, 0, &(cl_event){NULL}, NULL), PLAIT_ERR_INVALID, "wait_count is 0");
    check_ok(plait_model_run(it.model, BATCH, x, y));
}

static plait_tensor *new_tensor(plait_context *context, plait_shape shape)
{
    plait_tensor *tensor = NULL;

    check_ok(plait_tensor_create(context, shape, &tensor));
    return tensor;
}

/* Runs with another first input. */
static plait_status run_on(const plait_tensor *x)
{
    const plait_tensor *const inputs[] = {x, it.x[1]};

    return plait_model_run(it.model, BATCH, inputs, &it.y);
}

static void run_on_tensors_that_do_not_fit(void **state)
{
    static const plait_shape wrong[] = {
        {4, {BATCH - 1, 5, 4, 3}},
        {4, {BATCH, 4, 5, 3}},
        {3, {BATCH, 5, 12}},
        {4, {5, 4, 3, BATCH}},
        {5, {BATCH, 5, 4, 3, 1}},
        {2, {BATCH, 60}},
        {0, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plait_tensor *x = new_tensor(fixture_context(false), wrong[i]);
        refused(run_on(x), PLAIT_ERR_INVALID, "but must have {2,5,4,3}, or more samples");
        plait_tensor_free(x);
    }
    plait_tensor *y = new_tensor(fixture_context(false), PLAIT_SHAPE(BATCH, CLASSES + 1));
    refused(plait_model_run(it.model, BATCH, (const plait_tensor *const *)it.x, &y), PLAIT_ERR_INVALID,
            "output 0 has shape {2,11} but must have {2,10}");
    plait_tensor_free(y);
    plait_tensor *foreign = new_tensor(fixture_context(true), PLAIT_SHAPE(BATCH, 5, 4, 3));
    refused(run_on(foreign), PLAIT_ERR_INVALID, "input 0 belongs to another context");
    plait_tensor_free(foreign);
    plait_tensor *more = new_tensor(fixture_context(false), PLAIT_SHAPE(BATCH + 1, 5, 4, 3));
    check_ok(run_on(more));
    plait_tensor_free(more);
}

static plait_tensor *adopt(cl_mem mem, size_t first, plait_shape shape)
{
    plait_tensor *tensor = NULL;

    check_ok(plait_tensor_adopt(fixture_context(false), mem, first * sizeof(float), shape, &tensor));
    return tensor;
}

static void run_on_tensors_that_overlap(void **state)
{
    enum { IN = BATCH * 60, OUT = BATCH * CLASSES };
    cl_int code = CL_SUCCESS;
    const cl_mem mem = clCreateBuffer(fixture_cl_context(), CL_MEM_READ_WRITE, 1000 * sizeof(float), NULL, &code);
    plait_tensor *x = adopt(mem, 100, PLAIT_SHAPE(BATCH, 5, 4, 3));

    (void)state;
    assert_int_equal(code, CL_SUCCESS);
    static const struct {
        size_t first;
        bool overlaps;
    } places[] = {{100 - OUT, false}, {101 - OUT, true}, {100, true}, {99 + IN, true}, {100 + IN, false}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        plait_tensor *y = adopt(mem, places[i].first, PLAIT_SHAPE(BATCH, CLASSES));
        const plait_tensor *const inputs[] = {x, x};
        if (places[i].overlaps) {
            refused(plait_model_run(it.model, BATCH, inputs, &y), PLAIT_ERR_INVALID, "output 0 overlaps input 0");
        } else {
            check_ok(plait_model_run(it.model, BATCH, inputs, &y));
        }
        plait_tensor_free(y);
    }
    plait_tensor_free(x);
    clReleaseMemObject(mem);
}

static void run_on_buffers_that_forbid_it(void **state)
{
    cl_int code = CL_SUCCESS;
    const cl_mem write_only = clCreateBuffer(fixture_cl_context(), CL_MEM_WRITE_ONLY, 1000, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    const cl_mem read_only = clCreateBuffer(fixture_cl_context(), CL_MEM_READ_ONLY, 1000, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    plait_tensor *x = adopt(write_only, 0, PLAIT_SHAPE(BATCH, 5, 4, 3));
    plait_tensor *y = adopt(read_only, 0, PLAIT_SHAPE(BATCH, CLASSES));

    (void)state;
    refused(run_on(x), PLAIT_ERR_INVALID, "the buffer of input 0 must be readable");
    refused(plait_model_run(it.model, BATCH, (const plait_tensor *const *)it.x, &y), PLAIT_ERR_INVALID,
            "the buffer of output 0 must be CL_MEM_READ_WRITE");
    plait_tensor_free(x);
    plait_tensor_free(y);
    clReleaseMemObject(write_only);
    clReleaseMemObject(read_only);
}

static void descriptions(void **state)
{
    plait_step_info info;
    char text[10];

    (void)state;
    refused(plait_model_step(NULL, 0, &info), PLAIT_ERR_INVALID, "model is NULL");
    refused(plait_model_step(it.model, 0, NULL), PLAIT_ERR_INVALID, "info is NULL");
    refused(plait_model_step(it.model, plait_model_step_count(it.model), &info), PLAIT_ERR_INVALID,
            "see plait_model_step_count");
    refused(plait_model_step(it.model, SIZE_MAX, &info), PLAIT_ERR_INVALID, "see plait_model_step_count");
    refused(plait_model_report(NULL, text, sizeof text, NULL), PLAIT_ERR_INVALID, "model is NULL");
    refused(plait_model_report(it.model, NULL, 10, NULL), PLAIT_ERR_INVALID, "NULL");
    refused(plait_model_report(it.model, text, sizeof text, NULL), PLAIT_ERR_INVALID, "there is room for 10");
    refused(plait_model_summary(NULL, 0, text, sizeof text, NULL), PLAIT_ERR_INVALID, "model is NULL");
    refused(plait_model_summary(it.model, 0, text, sizeof text, NULL), PLAIT_ERR_INVALID, "there is room for 10");
    assert_int_equal(plait_model_step_count(NULL), 0);
    assert_int_equal(plait_model_input_count(NULL), 0);
    assert_int_equal(plait_model_output_count(NULL), 0);
    assert_int_equal(plait_model_input_shape(NULL, 0).rank, 0);
    assert_int_equal(plait_model_output_shape(NULL, 0).rank, 0);
    plait_model_free(NULL);
}

static void shapes(void **state)
{
    (void)state;
    assert_int_equal(plait_model_input_count(it.model), 2);
    assert_int_equal(plait_model_output_count(it.model), 1);
    const plait_shape x = plait_model_input_shape(it.model, 1);
    assert_true(x.rank == 3 && x.dims[0] == 5 && x.dims[1] == 4 && x.dims[2] == 3);
    const plait_shape y = plait_model_output_shape(it.model, 0);
    assert_true(y.rank == 1 && y.dims[0] == CLASSES);
    assert_int_equal(plait_model_input_shape(it.model, 2).rank, 0);
    assert_int_equal(plait_model_output_shape(it.model, 1).rank, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create),
        cmocka_unit_test(create_with_a_graph_that_does_not_fit),
        cmocka_unit_test(create_with_wrong_options),
        cmocka_unit_test(memory),
        cmocka_unit_test(predict),
        cmocka_unit_test(run),
        cmocka_unit_test(run_on_tensors_that_do_not_fit),
        cmocka_unit_test(run_on_tensors_that_overlap),
        cmocka_unit_test(run_on_buffers_that_forbid_it),
        cmocka_unit_test(descriptions),
        cmocka_unit_test(shapes),
    };

    return cmocka_run_group_tests(tests, open_model, close_model);
}
