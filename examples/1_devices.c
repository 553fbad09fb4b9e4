/* SPDX-License-Identifier: MIT */
/* Lesson 1: which OpenCL devices are there?
 *
 * Device 0 is the one that plait takes when it is not told which. Any other is chosen by its number or by
 * a part of its name: plait_context_create("nvidia", ...). */
#include "common.h"

static const char *kind_name(plait_device_kind kind)
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

int main(void)
{
    const double gib = 1024.0 * 1024.0 * 1024.0;
    size_t count = 0;

    check(plait_device_count(&count));
    if (count == 0) {
        printf("There is no OpenCL device; on Debian and Ubuntu the package pocl-opencl-icd adds the CPU.\n");
    }
    for (size_t i = 0; i < count; i++) {
        plait_device_info info;
        check(plait_device_get(i, &info));
        printf("%zu  %s (%s)\n", i, info.name, kind_name(info.kind));
        printf("   %s, driver %s, %s\n", info.platform, info.driver, info.opencl);
        printf("   %u compute units, %.1f GiB, at most %.1f GiB in one buffer\n", info.compute_units,
               (double)info.global_bytes / gib, (double)info.max_alloc_bytes / gib);
    }
    return EXIT_SUCCESS;
}
