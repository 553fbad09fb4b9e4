/* SPDX-License-Identifier: MIT */
/* Every OpenCL call and every allocation of a model's life fails once, and from some point on: the right
 * status and message, nothing leaks, and the same work done again gives the same bits. */
#include "base/memory.h"
#include "check.h"
#include "cl_fault.h"
#include "device/chain.h"
#include "fixture.h"
#include "weights.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, OUTPUTS = BATCH * 10 };

/* What is done with a context; returns the first failure. */
struct job {
    struct two_branch net;
    const float *const *x;
    float y[OUTPUTS];
    plait_node life; /* relu of the first input */
    float life_y[60];
    plait_node every[5]; /* outputs whose planning takes every turn */
};

static plait_status run_on_tensors(plait_model *model, plait_context *context, struct job *job)
{
    plait_tensor *x[2] = {NULL};
    plait_tensor *y = NULL;
    plait_status status = plait_tensor_create(context, PLAIT_SHAPE(BATCH, 10), &y);

    for (size_t i = 0; i < 2 && status == PLAIT_OK; i++) {
        status = plait_tensor_create(context, PLAIT_SHAPE(BATCH, 5, 4, 3), &x[i]);
        if (status == PLAIT_OK) {
            status = plait_tensor_write(x[i], job->x[i], BATCH * 60);
        }
    }
    if (status == PLAIT_OK) {
        status = plait_model_run(model, BATCH, (const plait_tensor *const *)x, &y);
    }
    if (status == PLAIT_OK) {
        status = plait_tensor_read(y, job->y, OUTPUTS);
    }
    plait_tensor_free(x[0]);
    plait_tensor_free(x[1]);
    plait_tensor_free(y);
    return status;
}

static plait_status use_model(plait_model *model, plait_context *context, struct job *job)
{
    float *const outputs[] = {job->y};
    plait_step_info info;
    char text[16000];
    plait_status status = plait_model_predict(model, BATCH, job->x, outputs);

    if (status == PLAIT_OK) {
        /* with arrays that overlap, values are staged */
        status = plait_model_predict(model, BATCH, (const float *const[]){job->x[0], job->x[0]}, outputs);
    }
    if (status == PLAIT_OK) {
        status = run_on_tensors(model, context, job);
    }
    if (status == PLAIT_OK) {
        status = plait_model_step(model, 0, &info);
    }
    if (status == PLAIT_OK) {
        status = plait_model_report(model, text, sizeof text, NULL);
    }
    if (status == PLAIT_OK) {
        status = plait_model_summary(model, 0, text, sizeof text, NULL);
    }
    return status;
}

static plait_status do_job(plait_context *context, struct job *job)
{
    const plait_model_opts opts = {.batch = BATCH, .accuracy = PLAIT_STRICT};
    plait_model *model = NULL;
    plait_status status =
        plait_model_create(context, two_branch_inputs(&job->net), two_branch_outputs(&job->net), &opts, &model);

    memset(job->y, 0, sizeof job->y);
    if (status == PLAIT_OK) {
        status = use_model(model, context, job);
    }
    plait_model_free(model);
    return status;
}

/* Outputs that are folded through a join, have a shortcut, are copied, flattened, given twice, or inputs. */
static void build_every(struct job *job)
{
    struct random random = random_stream("every");
    const plait_node x = job->net.inputs[0].node;
    const plait_conv2d_opts conv = random_conv2d(&random, 3, 3, 3);
    const plait_batch_normalization_opts bn = random_batch_normalization(&random, 6);
    const plait_node a = plait_conv2d(x, &conv);
    const plait_node joined = plait_concatenate(PLAIT_NODES(plait_conv2d(x, &conv), plait_conv2d(x, &conv)), -1, NULL);

    job->every[0] = plait_batch_normalization(plait_batch_normalization(joined, &bn), &bn);
    job->every[1] =
        plait_concatenate(PLAIT_NODES(a, x, plait_relu(plait_add(PLAIT_NODES(x, a), NULL), NULL)), -1, NULL);
    job->every[2] = plait_flatten(plait_add(PLAIT_NODES(x, plait_conv2d(x, &conv)), NULL), NULL);
    job->every[3] = plait_flatten(plait_flatten(a, NULL), NULL);
    job->every[4] = job->net.inputs[1].node;
}

static struct job new_job(void)
{
    struct job job = {.net = two_branch_new("faults", BATCH)};

    job.x = two_branch_values(&job.net);
    job.life = plait_relu(job.net.inputs[0].node, NULL);
    build_every(&job);
    return job;
}

/* The right result, and that the context is as good as new. */
static void check_again(plait_context *context, struct job *job, const float *right, const char *after)
{
    const plait_status status = do_job(context, job);

    check_that(status == PLAIT_OK, "after %s: %s", after, status == PLAIT_OK ? "" : plait_error_message());
    check_that(memcmp(job->y, right, sizeof job->y) == 0, "after %s: other bits", after);
}

/* 1, or with PLAIT_TEST_QUICK 7: every how many-th call is made to fail. */
static size_t every(void)
{
    return test_rounds(8) > 1 ? 1 : 7;
}

/* ---- OpenCL calls ----------------------------------------------------------------------------------- */

static const struct fault {
    cl_int code;
    plait_status status;
} faults[] = {
    {CL_OUT_OF_RESOURCES, PLAIT_ERR_DEVICE_MEMORY},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, PLAIT_ERR_DEVICE_MEMORY},
    {CL_OUT_OF_HOST_MEMORY, PLAIT_ERR_HOST_MEMORY},
    {CL_BUILD_PROGRAM_FAILURE, PLAIT_ERR_BUILD},
    {CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, PLAIT_ERR_OPENCL},
    {CL_INVALID_COMMAND_QUEUE, PLAIT_ERR_DEVICE_LOST},
};

/* A failing clBuildProgram is a failure to build, whatever its code, but for a lack of host memory. */
static plait_status expected(const struct fault *fault)
{
    const bool build = strcmp(cl_fault_name(), "clBuildProgram") == 0;

    return build && fault->code != CL_OUT_OF_HOST_MEMORY ? PLAIT_ERR_BUILD : fault->status;
}

/* Whether the fault is as if a chain had not built, which is done without. */
static bool is_for_chain(const plait_context *context, const struct fault *fault)
{
    return context && context_chains(context) && fault->code == CL_BUILD_PROGRAM_FAILURE &&
           strcmp(cl_fault_name(), "clCreateKernel") == 0;
}

/* Waits for all that was enqueued, so that the context keeps no event that later runs would wait for. */
static void settle(plait_context *context)
{
    plait_tensor *tensor = NULL;
    float value;

    check_ok(plait_tensor_create(context, PLAIT_SHAPE(1), &tensor));
    check_ok(plait_tensor_read(tensor, &value, 1));
    plait_tensor_free(tensor);
}

/* Checks what came of the n-th call failing, and ends the fault; `context` may be NULL. */
static void check_fault(plait_context *context, const struct fault *fault, size_t n, plait_status status, long live)
{
    const uint64_t held = plait_context_bytes(context);
    const char *what = scratch_text("call %zu, %s, failing with %d", n, cl_fault_name(), (int)fault->code);

    check_that(status == expected(fault) || (status == PLAIT_OK && is_for_chain(context, fault)), "%s: gave %s: %s",
               what, plait_status_name(status), plait_error_message());
    check_has(plait_error_message(), scratch_text("%d)", (int)fault->code));
    check_that(held == 0, "%s: %llu bytes are still held", what, (unsigned long long)held);
    cl_fault_at(0, 0, false);
    if (context) {
        settle(context);
    }
    check_that(cl_fault_live() == live, "%s: objects leak: %s", what, cl_fault_live_text());
}

/* Fails each call of a job on a context that has its kernels already. */
static void fail_each_call(bool out_of_order, const struct fault *fault, bool sticky)
{
    plait_context *context = fixture_context(out_of_order);
    struct job job = new_job();
    float right[OUTPUTS];

    cl_fault_at_call("clCreateKernel", 1, CL_BUILD_PROGRAM_FAILURE, false); /* all programs are to be there: */
    (void)do_job(context, &job);                                            /* also those in place of a chain */
    cl_fault_at(0, 0, false);
    check_ok(do_job(context, &job));
    check_ok(do_job(context, &job));
    memcpy(right, job.y, sizeof right);
    const long live = cl_fault_live();
    cl_fault_at(0, 0, false);
    check_ok(do_job(context, &job));
    const size_t calls = cl_fault_calls();
    assert_in_range(calls, 50, 1000);
    for (size_t n = 1; n <= calls; n += every()) {
        cl_fault_at(n, fault->code, sticky);
        const plait_status status = do_job(context, &job);
        check_fault(context, fault, n, status, live);
        if (n % 8 == 1) {
            check_again(context, &job, right, scratch_text("call %zu", n));
        }
    }
    check_again(context, &job, right, "all");
    plait_graph_free(job.net.graph);
    scratch_reset();
}

static void calls_fail_on_an_in_order_queue(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        fail_each_call(false, &faults[i], false);
        fail_each_call(false, &faults[i], true);
    }
}

static void calls_fail_on_an_out_of_order_queue(void **state)
{
    (void)state;
    fail_each_call(true, &faults[0], false);
    fail_each_call(true, &faults[0], true);
}

/* A predict that returns, whatever with, writes to the caller's arrays no more. */
static void a_failed_wait_still_waits(void **state)
{
    enum { SIZE = 300000, LAYERS = 20 };
    struct random random = random_stream("failed_wait");
    const float *x = random_floats(&random, DATA_NORMAL, SIZE);
    float *const y = scratch(SIZE, sizeof *y);
    float *const then = scratch(SIZE, sizeof *then);
    plait_graph *graph = twin_graph();
    const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(SIZE));
    plait_node node = input;
    plait_model *model = NULL;

    (void)state;
    for (int i = 0; i < LAYERS; i++) {
        node = plait_activate(node, PLAIT_SIGMOID, NULL);
    }
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(input), PLAIT_NODES(node), NULL, &model));
    cl_fault_at_call("clWaitForEvents", 1, CL_OUT_OF_RESOURCES, false);
    check_message(plait_model_predict(model, 1, &x, &y), PLAIT_ERR_DEVICE_MEMORY, "clWaitForEvents");
    cl_fault_at(0, 0, false);
    memcpy(then, y, SIZE * sizeof *y);
    assert_int_equal(clFinish(fixture_cl_queue(false)), CL_SUCCESS);
    assert_memory_equal(then, y, SIZE * sizeof *y);
    plait_model_free(model);
    plait_graph_free(graph);
}

/* ---- A whole life: devices, context, kernels built, model --------------------------------------------- */

/* A context of its own, which keeps times, and a model of one kernel, as each life builds it anew. */
static plait_status live_once(struct job *job)
{
    const plait_context_opts opts = {.profiling = 1};
    const plait_node x = job->net.inputs[0].node;
    float *const outputs[] = {job->life_y};
    plait_context *context = NULL;
    plait_model *model = NULL;
    plait_step_info info;
    plait_status status = plait_context_create(getenv("PLAIT_TEST_DEVICE"), &opts, &context);

    if (status == PLAIT_OK) {
        status = plait_model_create(context, PLAIT_NODES(x), PLAIT_NODES(job->life), NULL, &model);
    }
    if (status == PLAIT_OK) {
        status = plait_model_predict(model, 1, job->x, outputs);
    }
    if (status == PLAIT_OK) {
        status = plait_model_step(model, 0, &info);
    }
    plait_model_free(model);
    plait_context_free(context);
    return status;
}

/* Devices that do not answer are passed over, so a failure there may come to nothing or to no device. */
static bool is_passed_over(const char *call)
{
    return strncmp(call, "clGetPlatform", 13) == 0 || strncmp(call, "clGetDevice", 11) == 0;
}

static void fail_each_call_of_a_life(const struct fault *fault, bool sticky)
{
    struct job job = new_job();
    const long live = cl_fault_live();

    check_ok(live_once(&job));
    cl_fault_at(0, 0, false);
    check_ok(live_once(&job));
    const size_t calls = cl_fault_calls();
    for (size_t n = 1; n <= calls; n += every()) {
        cl_fault_at(n, fault->code, sticky);
        const plait_status status = live_once(&job);
        check_that(cl_fault_name() != NULL, "call %zu of %zu was not made", n, calls);
        if (!is_passed_over(cl_fault_name())) {
            check_fault(NULL, fault, n, status, live);
        }
        check_that(cl_fault_live() == live, "call %zu: objects leak: %s", n, cl_fault_live_text());
        cl_fault_at(0, 0, false);
    }
    check_ok(live_once(&job));
    plait_graph_free(job.net.graph);
    scratch_reset();
}

static void calls_fail_at_any_time_of_life(void **state)
{
    (void)state;
    fail_each_call_of_a_life(&faults[0], false);
    fail_each_call_of_a_life(&faults[1], true);
}

/* ---- Host memory ------------------------------------------------------------------------------------ */

/* Fails each allocation of `what`; `context` may be NULL. */
static void fail_each_allocation(plait_status (*what)(plait_context *, struct job *), plait_context *context)
{
    struct job job = new_job();
    float right[OUTPUTS];
    const long live_before = cl_fault_live();

    check_ok(what(context, &job));
    check_ok(what(context, &job));
    memcpy(right, job.y, sizeof right);
    const long live = context ? cl_fault_live() : live_before;
    (void)mem_fail_at(0, false);
    check_ok(what(context, &job));
    const size_t total = mem_fail_at(0, false);
    assert_in_range(total, 50, 2000);
    for (size_t n = 1; n <= total; n++) {
        for (int sticky = 0; sticky < 2; sticky++) {
            (void)mem_fail_at(n, sticky);
            const plait_status status = what(context, &job);
            (void)mem_fail_at(0, false);
            check_that(status == PLAIT_ERR_HOST_MEMORY, "allocation %zu failing gave %s", n, plait_status_name(status));
            check_has(plait_error_message(), "host memory");
            if (context) {
                settle(context);
            }
            check_that(cl_fault_live() == live, "allocation %zu: objects leak: %s", n, cl_fault_live_text());
            assert_int_equal(plait_context_bytes(context), 0);
        }
    }
    check_ok(what(context, &job));
    assert_memory_equal(job.y, right, sizeof right);
    plait_graph_free(job.net.graph);
    scratch_reset();
}

static plait_status live_once_of_no_context(plait_context *context, struct job *job)
{
    (void)context;
    return live_once(job);
}

static plait_status plan_every(plait_context *context, struct job *job)
{
    plait_memory memory;

    return plait_model_plan_memory(context, two_branch_inputs(&job->net), (plait_nodes){job->every, 5}, NULL, &memory);
}

static void allocations_fail_while_planning(void **state)
{
    (void)state;
    fail_each_allocation(plan_every, fixture_context(false));
    fail_each_allocation(plan_every, fixture_context(true));
}

static void allocations_fail_on_an_in_order_queue(void **state)
{
    (void)state;
    fail_each_allocation(do_job, fixture_context(false));
}

static void allocations_fail_on_an_out_of_order_queue(void **state)
{
    (void)state;
    fail_each_allocation(do_job, fixture_context(true));
}

static void allocations_fail_at_any_time_of_life(void **state)
{
    (void)state;
    fail_each_allocation(live_once_of_no_context, NULL);
}

/* The first kernel does not build, and there is no memory to say why. */
static void allocations_fail_while_a_failure_is_reported(void **state)
{
    struct job job = new_job();
    const long live = cl_fault_live();
    plait_status status = PLAIT_ERR_HOST_MEMORY;

    (void)state;
    for (size_t n = 1; status == PLAIT_ERR_HOST_MEMORY; n++) {
        assert_in_range(n, 1, 1000);
        cl_fault_at_call("clBuildProgram", 1, CL_BUILD_PROGRAM_FAILURE, true);
        (void)mem_fail_at(n, true);
        status = live_once(&job);
        (void)mem_fail_at(0, false);
        cl_fault_at(0, 0, false);
        assert_int_equal(cl_fault_live(), live);
    }
    assert_int_equal(status, PLAIT_ERR_BUILD);
    plait_graph_free(job.net.graph);
}

static int stop_faults(void **state)
{
    (void)state;
    (void)mem_fail_at(0, false);
    cl_fault_at(0, 0, false);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(calls_fail_on_an_in_order_queue, stop_faults),
        cmocka_unit_test_teardown(calls_fail_on_an_out_of_order_queue, stop_faults),
        cmocka_unit_test_teardown(a_failed_wait_still_waits, stop_faults),
        cmocka_unit_test_teardown(calls_fail_at_any_time_of_life, stop_faults),
        cmocka_unit_test_teardown(allocations_fail_while_planning, stop_faults),
        cmocka_unit_test_teardown(allocations_fail_on_an_in_order_queue, stop_faults),
        cmocka_unit_test_teardown(allocations_fail_on_an_out_of_order_queue, stop_faults),
        cmocka_unit_test_teardown(allocations_fail_at_any_time_of_life, stop_faults),
        cmocka_unit_test_teardown(allocations_fail_while_a_failure_is_reported, stop_faults),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
