/* SPDX-License-Identifier: MIT */
/* Which variant was measured to be the fastest for a step, on which device. */
#ifndef DEVICE_TUNINGS_H
#define DEVICE_TUNINGS_H

#include "base/text.h"

#include <plait/tune.h>
#include <stdbool.h>
#include <stdint.h>

/* Texts are printable, so that a line of a file can hold all of them. */
struct tuning {
    char *device; /* tunings_device; */
    char *step;   /* plan/variant.h; neither means anything here */
    char *variant;
    uint64_t nanoseconds; /* that it took for a batch */
};

/* All zero is an empty list. */
struct tunings {
    struct tuning *items;
    size_t count;
    size_t capacity;
};

/* Where the cache is: `wanted`, or if that is NULL the default, both NULL where there is none. Freed with mem_free. */
plait_status tunings_path(const char *wanted, char **out);

/* What must be the same for a measurement to stand: plait's version, device, driver. */
void tunings_device(const plait_context *context, struct text *device);

/* Those of the context's device, in its cache. */
plait_status tunings_load(const plait_context *context, struct tunings *out);

/* Makes sure that the context's cache can be written. */
plait_status tunings_prepare(const plait_context *context);

/* Keeps one in the context's cache, which there must be. */
plait_status tunings_keep(const plait_context *context, const char *step, const char *variant, double seconds);

/* The one for a step, of a list for one device; NULL: none. */
const struct tuning *tunings_find(const struct tunings *tunings, const char *step);

/* Appends a copy. */
plait_status tunings_add(struct tunings *tunings, const struct tuning *tuning);

void tunings_free(struct tunings *tunings);

/* Whether its texts are what a row may hold. */
bool tuning_is_sound(const struct tuning *tuning);

uint64_t tuning_checksum(const struct tuning *tuning);

#endif
