/* SPDX-License-Identifier: MIT */
/* Kernels: built once, and what is said when one does not build. */
#include "device/program.h"

#include "check.h"
#include "cl_fault.h"
#include "device/cl.h"
#include "device/kernel_sources.h"
#include "fixture.h"

#include <string.h>

/* A context of its own, whose programs are not built yet. */
static plait_context *new_context(void)
{
    plait_context *context = NULL;

    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), NULL, &context));
    return context;
}

static void the_sources_are_embedded_in_order(void **state)
{
    (void)state;
    assert_true(kernel_source_count > 0);
    for (size_t i = 0; i < kernel_source_count; i++) {
        assert_int_equal(strlen(kernel_sources[i].text), kernel_sources[i].length);
        assert_null(strstr(kernel_sources[i].text, "\n#include"));
        check_has(kernel_sources[i].text, scratch_text(" %s(", kernel_sources[i].name));
        assert_true(i == 0 || strcmp(kernel_sources[i - 1].name, kernel_sources[i].name) < 0);
    }
}

static void a_program_is_built_once(void **state)
{
    plait_context *context = new_context();
    struct kernel *kernels[3] = {NULL};

    (void)state;
    cl_fault_at_call("clBuildProgram", 0, 0, false);
    check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernels[0]));
    assert_int_equal(cl_fault_calls(), 1);
    check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernels[1]));
    assert_int_equal(cl_fault_calls(), 1);
    check_ok(kernel_create(context, "pointwise_reference", "-D RANK=2", &kernels[2]));
    assert_int_equal(cl_fault_calls(), 2);
    cl_fault_at(0, 0, false);
    assert_ptr_not_equal(kernels[0], kernels[1]);
    for (size_t i = 0; i < 3; i++) {
        kernel_free(kernels[i]);
    }
    kernel_free(NULL);
    plait_context_free(context);
}

static void what_pocl_refuses_is_built_with_its_own_declarations(void **state)
{
    plait_context *context = new_context();
    struct kernel *kernel = NULL;

    (void)state;
    if (device_is_pocl(&context->info)) {
        cl_fault_at_call("clBuildProgram", 1, CL_BUILD_PROGRAM_FAILURE, false);
        check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
        assert_int_equal(cl_fault_calls(), 2);
        cl_fault_at(0, 0, false);
        kernel_free(kernel);
    }
    plait_context_free(context);
}

static void a_kernel_that_does_not_build_shows_the_log(void **state)
{
    plait_context *context = new_context();
    struct kernel *kernel = NULL;
    const long live = cl_fault_live();

    (void)state;
    check_message(kernel_create(context, "pointwise_reference", "-D __kernel=no_type", &kernel), PLAIT_ERR_BUILD,
                  "kernel pointwise_reference with \"-D __kernel=no_type\" does not build on \"");
    check_has(plait_error_message(), "no_type'");
    assert_null(kernel);
    assert_int_equal(cl_fault_live(), live);
    check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
    kernel_free(kernel);
    plait_context_free(context);
}

static void a_kernel_that_is_none_is_refused(void **state)
{
    plait_context *context = new_context();
    struct kernel *kernel = NULL;

    (void)state;
    check_message(kernel_create(context, "no_such_kernel", "", &kernel), PLAIT_ERR_UNSUPPORTED, "no_such_kernel");
    assert_null(kernel);
    plait_context_free(context);
}

static void failing_calls_are_named(void **state)
{
    static const struct {
        const char *call;
        cl_int code;
        plait_status status;
    } cases[] = {
        {"clCreateProgramWithSource", CL_OUT_OF_HOST_MEMORY, PLAIT_ERR_HOST_MEMORY},
        {"clBuildProgram", CL_OUT_OF_HOST_MEMORY, PLAIT_ERR_HOST_MEMORY},
        {"clBuildProgram", CL_BUILD_PROGRAM_FAILURE, PLAIT_ERR_BUILD},
        {"clCreateKernel", CL_OUT_OF_RESOURCES, PLAIT_ERR_DEVICE_MEMORY},
        {"clCreateKernel", CL_INVALID_KERNEL_NAME, PLAIT_ERR_OPENCL},
    };
    const long live = cl_fault_live();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plait_context *context = new_context();
        struct kernel *kernel = NULL;
        cl_fault_at_call(cases[i].call, 1, cases[i].code, true);
        check_message(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel), cases[i].status,
                      "pointwise_reference");
        cl_fault_at(0, 0, false);
        check_has(plait_error_message(), scratch_text("%d)", (int)cases[i].code));
        assert_null(kernel);
        check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
        kernel_free(kernel);
        plait_context_free(context);
        assert_int_equal(cl_fault_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sources_are_embedded_in_order),
        cmocka_unit_test(a_program_is_built_once),
        cmocka_unit_test(what_pocl_refuses_is_built_with_its_own_declarations),
        cmocka_unit_test(a_kernel_that_does_not_build_shows_the_log),
        cmocka_unit_test(a_kernel_that_is_none_is_refused),
        cmocka_unit_test(failing_calls_are_named),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
