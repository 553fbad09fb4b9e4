/* SPDX-License-Identifier: MIT */
#include "device/profile.h"

#include "base/memory.h"
#include "device/stream.h"

struct entry {
    cl_event event;
    size_t step;
};

struct profile {
    struct entry *entries;
    size_t count;
    size_t capacity;
};

plait_status profile_create(const plait_context *context, struct profile **out)
{
    *out = NULL;
    return context->profiling ? mem_alloc(out, 1, sizeof **out) : PLAIT_OK;
}

plait_status profile_add(struct profile *profile, size_t step, cl_event event)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&profile->entries, &profile->capacity, profile->count + 1, sizeof *profile->entries));
    TRY(error_from_cl(clRetainEvent(event), "clRetainEvent of a launch"));
    profile->entries[profile->count++] = (struct entry){event, step};
out:
    return status;
}

static plait_status launch_seconds(cl_event event, double *seconds)
{
    plait_status status = PLAIT_OK;
    cl_ulong begin = 0;
    cl_ulong end = 0;

    TRY(error_from_cl(clWaitForEvents(1, &event), "clWaitForEvents of a launch"));
    TRY(error_from_cl(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof begin, &begin, NULL),
                      "clGetEventProfilingInfo"));
    TRY(error_from_cl(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL),
                      "clGetEventProfilingInfo"));
    *seconds = (double)(end - begin) * 1e-9;
out:
    return status;
}

plait_status profile_seconds(const struct profile *profile, size_t step, double *seconds)
{
    plait_status status = PLAIT_OK;
    double sum = 0;

    for (size_t i = 0; profile && i < profile->count; i++) {
        double taken = 0;
        if (profile->entries[i].step == step) {
            TRY(launch_seconds(profile->entries[i].event, &taken));
            sum += taken;
        }
    }
    *seconds = sum;
out:
    return status;
}

void profile_clear(struct profile *profile)
{
    if (!profile) {
        return;
    }
    for (size_t i = 0; i < profile->count; i++) {
        (void)clReleaseEvent(profile->entries[i].event);
    }
    profile->count = 0;
}

void profile_free(struct profile *profile)
{
    if (profile) {
        profile_clear(profile);
        mem_free(profile->entries);
        mem_free(profile);
    }
}
