/* SPDX-License-Identifier: MIT */
/* Contexts on the application's objects, and their budget. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "check.h"
#include "cl_fault.h"
#include "fixture.h"

#include <string.h>

static cl_uint references(cl_command_queue queue)
{
    cl_uint count = 0;

    assert_int_equal(clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof count, &count, NULL), CL_SUCCESS);
    return count;
}

static void adopted_objects_are_retained(void **state)
{
    const cl_command_queue queue = fixture_cl_queue(false);
    const cl_uint before = references(queue);
    plait_context *context = NULL;
    plait_device_info info;

    (void)state;
    check_ok(plait_context_adopt(fixture_cl_context(), queue, NULL, &context));
    assert_int_equal(references(queue), before + 1);
    check_ok(plait_context_device(context, &info));
    assert_true(info.name[0] != 0);
    check_message(plait_context_device(context, NULL), PLAIT_ERR_INVALID, "info is NULL");
    plait_context_free(context);
    assert_int_equal(references(queue), before);
}

static void bad_arguments_of_adopt_are_refused(void **state)
{
    plait_context *context = NULL;
    cl_int code = CL_SUCCESS;
    const cl_context cl = fixture_cl_context();
    const cl_device_id device = fixture_cl_device();
    const cl_command_queue queue = fixture_cl_queue(false);
    const cl_context other = clCreateContext(NULL, 1, &device, NULL, NULL, &code);

    (void)state;
    assert_int_equal(code, CL_SUCCESS);
    check_message(plait_context_adopt(NULL, queue, NULL, &context), PLAIT_ERR_INVALID, "context is NULL");
    check_message(plait_context_adopt(cl, NULL, NULL, &context), PLAIT_ERR_INVALID, "queue is NULL");
    check_message(plait_context_adopt(cl, queue, NULL, NULL), PLAIT_ERR_INVALID, "out is NULL");
    check_message(plait_context_adopt(other, queue, NULL, &context), PLAIT_ERR_INVALID, "the queue belongs to context");
    assert_null(context);
    clReleaseContext(other);
}

static void profiling_needs_a_queue_that_keeps_times(void **state)
{
    const plait_context_opts opts = {.profiling = 1};
    plait_context *context = NULL;
    cl_int code = CL_SUCCESS;

    (void)state;
    check_message(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &opts, &context),
                  PLAIT_ERR_INVALID, "CL_QUEUE_PROFILING_ENABLE");
    assert_null(context);
    const cl_command_queue timed =
        clCreateCommandQueue(fixture_cl_context(), fixture_cl_device(), CL_QUEUE_PROFILING_ENABLE, &code);
    assert_int_equal(code, CL_SUCCESS);
    check_ok(plait_context_adopt(fixture_cl_context(), timed, &opts, &context));
    plait_context_free(context);
    clReleaseCommandQueue(timed);
}

/* Every OpenCL call of adopting fails once. */
static void failures_while_adopting_leave_nothing(void **state)
{
    const long live = cl_fault_live();
    plait_context *context = NULL;
    plait_status status = PLAIT_ERR_OPENCL;
    size_t n = 0;

    (void)state;
    while (status != PLAIT_OK) {
        cl_fault_at(++n, CL_INVALID_VALUE, false);
        status = plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), NULL, &context);
        cl_fault_at(0, 0, false);
        check_that(status == PLAIT_OK || status == PLAIT_ERR_OPENCL, "call %zu", n);
        assert_true((context != NULL) == (status == PLAIT_OK));
        assert_true(context || cl_fault_live() == live);
    }
    assert_in_range(n, 10, 100);
    plait_context_free(context);
    assert_int_equal(cl_fault_live(), live);
}

static plait_context *with_budget(uint64_t bytes)
{
    const plait_context_opts opts = {.memory_budget_bytes = bytes};
    plait_context *context = NULL;

    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &opts, &context));
    return context;
}

static void the_budget_is_kept_to_the_byte(void **state)
{
    plait_context *context = with_budget(4000);
    plait_tensor *most = NULL;
    plait_tensor *more = NULL;

    (void)state;
    check_message(plait_tensor_create(context, PLAIT_SHAPE(1001), &more), PLAIT_ERR_DEVICE_MEMORY,
                  "4004 bytes are needed");
    assert_null(more);
    assert_int_equal(plait_context_bytes(context), 0);
    check_ok(plait_tensor_create(context, PLAIT_SHAPE(900), &most));
    assert_int_equal(plait_context_bytes(context), 3600);
    cl_fault_at(0, 0, false);
    check_message(plait_tensor_create(context, PLAIT_SHAPE(101), &more), PLAIT_ERR_DEVICE_MEMORY,
                  "404 bytes are needed, 3600 of 4000 are held");
    assert_int_equal(cl_fault_calls(), 0); /* refused before the device was asked */
    check_ok(plait_tensor_create(context, PLAIT_SHAPE(100), &more));
    assert_int_equal(plait_context_bytes(context), 4000);
    plait_tensor_free(most);
    assert_int_equal(plait_context_bytes(context), 400);
    plait_tensor_free(more);
    assert_int_equal(plait_context_bytes(context), 0);
    plait_context_free(context);
}

static void a_buffer_beyond_the_devices_largest_is_refused(void **state)
{
    plait_device_info info;
    plait_tensor *tensor = NULL;

    (void)state;
    check_ok(plait_context_device(fixture_context(false), &info));
    const uint64_t floats = info.max_alloc_bytes / sizeof(float) + 1;
    if (floats <= INT32_MAX) {
        check_message(plait_tensor_create(fixture_context(false), PLAIT_SHAPE((size_t)floats), &tensor),
                      PLAIT_ERR_DEVICE_MEMORY, "the largest it allows has");
    }
    assert_null(tensor);
}

static void a_lack_of_device_memory_gives_all_back(void **state)
{
    static const char *const calls[] = {"clCreateBuffer", "clEnqueueMigrateMemObjects"};
    plait_context *context = with_budget(0);
    plait_tensor *tensor = NULL;
    const long live = cl_fault_live();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        cl_fault_at_call(calls[i], 1, CL_MEM_OBJECT_ALLOCATION_FAILURE, false);
        check_message(plait_tensor_create(context, PLAIT_SHAPE(100), &tensor), PLAIT_ERR_DEVICE_MEMORY,
                      "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)");
        cl_fault_at(0, 0, false);
        check_has(plait_error_message(), calls[i]);
        assert_null(tensor);
        assert_int_equal(plait_context_bytes(context), 0);
        assert_int_equal(cl_fault_live(), live);
    }
    plait_context_free(context);
}

/* No more than every lane of every unit could do at 10 GHz, with two units for products. */
static void the_peak_is_measured(void **state)
{
    double gflops = 0;
    plait_device_info info;

    (void)state;
    check_ok(plait_context_device(fixture_context(false), &info));
    check_ok(plait_context_peak(fixture_context(false), &gflops));
    assert_true(gflops > 0.1);
    assert_true(info.kind != PLAIT_DEVICE_CPU || gflops < 2 * 2 * 16 * 10.0 * info.compute_units);
    check_message(plait_context_peak(NULL, &gflops), PLAIT_ERR_INVALID, "context is NULL");
    check_message(plait_context_peak(fixture_context(false), NULL), PLAIT_ERR_INVALID, "gflops is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adopted_objects_are_retained),
        cmocka_unit_test(bad_arguments_of_adopt_are_refused),
        cmocka_unit_test(failures_while_adopting_leave_nothing),
        cmocka_unit_test(profiling_needs_a_queue_that_keeps_times),
        cmocka_unit_test(the_budget_is_kept_to_the_byte),
        cmocka_unit_test(a_buffer_beyond_the_devices_largest_is_refused),
        cmocka_unit_test(a_lack_of_device_memory_gives_all_back),
        cmocka_unit_test(the_peak_is_measured),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
