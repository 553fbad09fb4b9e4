/* SPDX-License-Identifier: MIT */
/* Launches without work, and arguments that do not fit the kernel. */
#include "device/launch.h"

#include "check.h"
#include "cl_fault.h"
#include "device/stream.h"
#include "fixture.h"

static struct kernel *new_kernel(void)
{
    struct kernel *kernel = NULL;

    check_ok(kernel_create(fixture_context(false), "pointwise_reference", "-D RANK=1", &kernel));
    return kernel;
}

static void no_work_items_are_no_launch(void **state)
{
    static const struct range ranges[] = {
        {.global = {0}, .local = {1}}, {.global = {8, 0}, .local = {8, 1}}, {.global = {8, 8, 0}, .local = {1, 1, 4}}};
    struct kernel *kernel = new_kernel();
    struct stream stream;

    (void)state;
    check_ok(stream_begin(&stream, fixture_context(false), 0, NULL));
    cl_fault_at(0, 0, false);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        check_ok(launch(&stream, kernel, ranges[i], ARGS(arg_int(1))));
    }
    assert_int_equal(cl_fault_calls(), 0);
    check_ok(stream_end(&stream, PLAIT_OK, NULL));
    kernel_free(kernel);
}

static void a_wrong_argument_is_named(void **state)
{
    struct kernel *kernel = new_kernel();
    struct stream stream;

    (void)state;
    check_ok(stream_begin(&stream, fixture_context(false), 0, NULL));
    check_message(launch(&stream, kernel, (struct range){.global = {1}, .local = {1}}, ARGS(arg_int(1))),
                  PLAIT_ERR_OPENCL, "kernel pointwise_reference: clSetKernelArg 0: CL_INVALID_ARG_SIZE (-51)");
    check_ok(stream_end(&stream, PLAIT_OK, NULL));
    kernel_free(kernel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_work_items_are_no_launch),
        cmocka_unit_test(a_wrong_argument_is_named),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
