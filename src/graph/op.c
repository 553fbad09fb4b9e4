/* SPDX-License-Identifier: MIT */
#include "graph/op.h"

#include <assert.h>

struct text *step_kernel(struct step *step, const char *name)
{
    assert(step->kernel_count < STEP_MAX_KERNELS);
    struct kernel_request *request = &step->kernels[step->kernel_count++];

    request->name = name;
    return &request->options;
}
