/* SPDX-License-Identifier: MIT */
/* How long the steps of a run took on the device. */
#ifndef DEVICE_PROFILE_H
#define DEVICE_PROFILE_H

#include <plait/context.h>

/* The events of a run's launches; opaque outside device/. */
struct profile;

/* An empty profile, or NULL if the context does not profile. */
plait_status profile_create(const plait_context *context, struct profile **out);

/* Forgets all launches. NULL is allowed here and below. */
void profile_clear(struct profile *profile);

/* Device seconds of a step's launches, 0 for a NULL profile; waits until they have ended. */
plait_status profile_seconds(const struct profile *profile, size_t step, double *seconds);

void profile_free(struct profile *profile);

#endif
