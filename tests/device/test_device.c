/* SPDX-License-Identifier: MIT */
/* Finding devices, and opening one by name. */
#define _POSIX_C_SOURCE 200809L /* fork, setenv */
#include "check.h"
#include "cl_fault.h"

#include <plait/context.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a process without any OpenCL platform sees; 0 if all is as it should be. */
static int look_without_devices(void)
{
    plait_device_info info;
    plait_context *context = (plait_context *)&info; /* not NULL */
    size_t count = 77;

    if (plait_device_count(&count) != PLAIT_OK || count != 0) {
        return 1;
    }
    if (plait_device_get(0, &info) != PLAIT_ERR_INVALID) {
        return 2;
    }
    if (plait_context_create(NULL, NULL, &context) != PLAIT_ERR_NO_DEVICE || context) {
        return 3;
    }
    return strstr(plait_error_message(), "no OpenCL device on this machine; install") ? 0 : 4;
}

/* Must come before the first OpenCL call of the program: the loader looks for drivers only once. */
static void a_machine_without_devices_is_told_so(void **state)
{
    int status = 0;

    (void)state;
    (void)fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(setenv("OCL_ICD_VENDORS", "/nonexistent", 1) == 0 ? look_without_devices() : 9);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static size_t device_count(void)
{
    size_t count = 0;

    check_ok(plait_device_count(&count));
    check_that(count > 0, "this machine has no OpenCL device to test with");
    return count;
}

static plait_device_info describe(size_t index)
{
    plait_device_info info;

    check_ok(plait_device_get(index, &info));
    return info;
}

static void devices_are_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < device_count(); i++) {
        const plait_device_info info = describe(i);
        assert_true(info.name[0] && info.platform[0] && info.vendor[0] && info.driver[0]);
        assert_memory_equal(info.opencl, "OpenCL ", 7);
        assert_in_range(info.kind, PLAIT_DEVICE_CPU, PLAIT_DEVICE_OTHER);
        assert_true(info.compute_units > 0 && info.global_bytes > 0 && info.local_bytes > 0);
        assert_in_range(info.max_alloc_bytes, 1, info.global_bytes);
    }
}

static void gpus_come_first(void **state)
{
    static const int place[] = {[PLAIT_DEVICE_GPU] = 0, [PLAIT_DEVICE_CPU] = 1, [PLAIT_DEVICE_OTHER] = 2};

    (void)state;
    for (size_t i = 1; i < device_count(); i++) {
        assert_true(place[describe(i - 1).kind] <= place[describe(i).kind]);
    }
}

/* Opens the device and says which one it is. */
static plait_device_info opened(const char *name)
{
    plait_context *context = NULL;
    plait_device_info info;

    check_ok(plait_context_create(name, NULL, &context));
    check_ok(plait_context_device(context, &info));
    assert_int_equal(plait_context_bytes(context), 0);
    plait_context_free(context);
    return info;
}

static void no_name_means_the_first_device(void **state)
{
    (void)state;
    const plait_device_info first = describe(0);
    assert_string_equal(opened(NULL).name, first.name);
    assert_string_equal(opened("").name, first.name);
}

static void a_number_means_that_device(void **state)
{
    (void)state;
    for (size_t i = 0; i < device_count(); i++) {
        assert_string_equal(opened(scratch_text("%zu", i)).name, describe(i).name);
    }
}

static void a_part_of_a_name_in_any_case_is_enough(void **state)
{
    (void)state;
    const plait_device_info first = describe(0);
    for (int of_platform = 0; of_platform < 2; of_platform++) {
        const char *whole = of_platform ? first.platform : first.name;
        char *part = scratch(strlen(whole), 1);
        for (size_t i = 1; whole[i]; i++) {
            part[i - 1] = (char)(whole[i] >= 'a' && whole[i] <= 'z' ? whole[i] - 'a' + 'A' : whole[i]);
        }
        const plait_device_info found = opened(part);
        assert_int_equal(strcasecmp((of_platform ? found.platform : found.name) + 1, part), 0);
    }
}

static void an_unknown_name_lists_the_devices(void **state)
{
    static const char *const unknown[] = {"no such device", "99", "99999999999999999999999", "-1"};
    plait_context *context = (plait_context *)&context;

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        check_message(plait_context_create(unknown[i], NULL, &context), PLAIT_ERR_NO_DEVICE, unknown[i]);
        assert_null(context);
        check_has(plait_error_message(), describe(0).name);
    }
}

static void bad_arguments_are_refused(void **state)
{
    plait_device_info info;

    (void)state;
    check_message(plait_device_count(NULL), PLAIT_ERR_INVALID, "count is NULL");
    check_message(plait_device_get(0, NULL), PLAIT_ERR_INVALID, "info is NULL");
    check_message(plait_device_get(device_count(), &info), PLAIT_ERR_INVALID, "see plait_device_count");
    check_message(plait_device_get(SIZE_MAX, &info), PLAIT_ERR_INVALID, "see plait_device_count");
    check_message(plait_context_create(NULL, NULL, NULL), PLAIT_ERR_INVALID, "out is NULL");
    check_message(plait_context_device(NULL, &info), PLAIT_ERR_INVALID, "context is NULL");
    assert_int_equal(plait_context_bytes(NULL), 0);
    plait_context_free(NULL);
}

/* A platform or device that does not answer is left out; the others stay. */
static void broken_drivers_hide_nothing_else(void **state)
{
    const size_t all = device_count();
    size_t count = 0;

    (void)state;
    static const char *const calls[] = {"clGetDeviceIDs", "clGetDeviceInfo", "clGetPlatformInfo"};
    for (size_t i = 0; i < 3; i++) {
        cl_fault_at_call(calls[i], 1, CL_INVALID_PLATFORM, false);
        check_ok(plait_device_count(&count));
        cl_fault_at(0, 0, false);
        check_that(count < all, "%s failed, but %zu of %zu devices are there", calls[i], count, all);
        cl_fault_at_call(calls[i], 1, CL_INVALID_PLATFORM, true);
        check_ok(plait_device_count(&count));
        cl_fault_at(0, 0, false);
        assert_int_equal(count, 0);
    }
    assert_int_equal(device_count(), all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_without_devices_is_told_so),
        cmocka_unit_test(devices_are_described),
        cmocka_unit_test(gpus_come_first),
        cmocka_unit_test(no_name_means_the_first_device),
        cmocka_unit_test(a_number_means_that_device),
        cmocka_unit_test(a_part_of_a_name_in_any_case_is_enough),
        cmocka_unit_test(an_unknown_name_lists_the_devices),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(broken_drivers_hide_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
