/* SPDX-License-Identifier: MIT */
/* Stands in for cache.c where plait is built without PLAIT_CACHE. */
#include "device/cache.h"

static plait_status refuse(const char *path)
{
    return error_set(PLAIT_ERR_UNSUPPORTED,
                     "cache \"%s\": this plait was built without a cache; build it with -D PLAIT_CACHE=ON, which needs "
                     "SQLite",
                     path);
}

plait_status cache_read(const char *path, const char *device, struct tunings *out)
{
    (void)path, (void)device, (void)out;
    return PLAIT_OK;
}

plait_status cache_write(const char *path, const struct tuning *items, size_t count)
{
    (void)items, (void)count;
    return refuse(path);
}

plait_status cache_read_program(const char *path, struct cached_program *program)
{
    (void)path, (void)program;
    return PLAIT_OK;
}

plait_status cache_write_program(const char *path, const struct cached_program *program, bool *works)
{
    (void)path, (void)program;
    *works = false;
    return PLAIT_OK;
}

plait_status cache_delete(const char *path, const char *device)
{
    (void)device;
    return refuse(path);
}
