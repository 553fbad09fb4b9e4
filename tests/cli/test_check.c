/* SPDX-License-Identifier: MIT */
/* `plait check` runs every kernel that plait has for the device: one that is new needs a row there. */
#include "cli/cli.h" /* before cmocka, which has a macro `fail` */

#include "check.h"
#include "cl_fault.h"
#include "device/device.h"
#include "device/kernel_sources.h"
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

enum { KERNELS_MAX = 256 };

static bool ran[KERNELS_MAX];

static void note(const char *kernel)
{
    for (size_t i = 0; i < kernel_source_count; i++) {
        ran[i] = ran[i] || strcmp(kernel_sources[i].name, kernel) == 0;
    }
}

/* Whether no layer can run it: it is for measuring, or for a library that is not there. */
static bool is_for_no_layer(const char *kernel)
{
    const struct device_traits *traits = context_traits(fixture_context(false));

    return strcmp(kernel, "peak") == 0 || strcmp(kernel, "sweep") == 0 ||
           (strcmp(kernel, "dense_epilogue") == 0 && !traits->has_clblast);
}

static void every_kernel_runs(void **state)
{
    char name[] = "check";
    char option[] = "--device";
    char *device = getenv("PLAIT_TEST_DEVICE");
    char *arguments[] = {name, option, device, NULL};

    (void)state;
    assert_in_range(kernel_source_count, 1, KERNELS_MAX);
    if (context_traits(fixture_context(false))->kind != PLAIT_DEVICE_CPU) {
        skip(); /* other devices have no use for the kernels of CPUs */
    }
    cl_fault_watch(note);
    const int code = command_check(device ? 3 : 1, arguments);
    cl_fault_watch(NULL);
    assert_int_equal(code, EXIT_DONE);
    for (size_t i = 0; i < kernel_source_count; i++) {
        check_that(ran[i] || is_for_no_layer(kernel_sources[i].name),
                   "plait check never runs kernels/%s.cl; give it a row in src/cli/check_*.c", kernel_sources[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kernel_runs)};

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
