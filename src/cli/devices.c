/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: plait devices\n\n"
                           "Lists every OpenCL device. Commands use the first one unless --device gives a number\n"
                           "or a part of a device's or platform's name.\n";

static const char *kind_text(plait_device_kind kind)
{
    switch (kind) {
    case PLAIT_DEVICE_CPU:
        return "CPU";
    case PLAIT_DEVICE_GPU:
        return "GPU";
    case PLAIT_DEVICE_OTHER:
        break;
    }
    return "other";
}

static const char *reason(size_t count, plait_device_kind kind)
{
    if (count == 1) {
        return "the only one";
    }
    return kind == PLAIT_DEVICE_GPU ? "the first GPU" : "there is no GPU";
}

static int print_device(size_t index, size_t count)
{
    plait_device_info info;

    const plait_status status = plait_device_get(index, &info);
    if (status != PLAIT_OK) {
        return fail("devices", status);
    }
    printf("%zu  %s\n", index, info.name);
    if (index == 0) {
        printf("   the default: %s\n", reason(count, info.kind));
    }
    printf("   %s, %" PRIu32 " compute units, %.1f GiB (largest buffer %.1f GiB), local memory %" PRIu64 " KiB\n",
           kind_text(info.kind), info.compute_units, (double)info.global_bytes / (1 << 30),
           (double)info.max_alloc_bytes / (1 << 30), info.local_bytes / 1024);
    printf("   %s, %s, driver %s\n", info.platform, info.opencl, info.driver);
    return EXIT_DONE;
}

int command_devices(int argc, char **argv)
{
    size_t count = 0;

    if (argc > 1) {
        if (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0) {
            return misuse("devices", help, "there are no options");
        }
        fputs(help, stdout);
        return EXIT_DONE;
    }
    const plait_status status = plait_device_count(&count);
    if (status != PLAIT_OK) {
        return fail("devices", status);
    }
    if (count == 0) {
        fprintf(stderr, "plait devices: there is no OpenCL device; install a GPU's driver, or PoCL for the CPU\n");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        if (print_device(i, count) != EXIT_DONE) {
            return EXIT_FAILED;
        }
    }
    return EXIT_DONE;
}
