/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "device/tunings.h"

#include "base/hash.h"
#include "base/memory.h"
#include "device/cache.h"
#include "device/cl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_TEXT = 4000,     /* bytes of one text of a tuning, */
    LINE = 4 * MOST_TEXT, /* and of a line with all of them */
};

static const char file_head[] = "plait tunings 1\n";

/* ---- Lists ------------------------------------------------------------------------------------------ */

static bool is_printable(const char *text)
{
    size_t length = 0;

    for (; text[length]; length++) {
        const unsigned char c = (unsigned char)text[length];
        if (c < ' ' || c == 0x7F || length == MOST_TEXT) {
            return false;
        }
    }
    return length > 0;
}

bool tuning_is_sound(const struct tuning *tuning)
{
    return is_printable(tuning->device) && is_printable(tuning->step) && is_printable(tuning->variant);
}

uint64_t tuning_checksum(const struct tuning *tuning)
{
    const char *const texts[] = {tuning->device, tuning->step, tuning->variant};
    uint64_t hash = HASH_EMPTY;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hash = hash_text(hash_text(hash, texts[i]), "\t");
    }
    for (uint64_t rest = tuning->nanoseconds; rest > 0; rest >>= 8) {
        hash = hash_bytes(hash, &(unsigned char){rest & 0xFF}, 1);
    }
    return hash;
}

static void free_tuning(struct tuning *tuning)
{
    mem_free(tuning->device);
    mem_free(tuning->step);
    mem_free(tuning->variant);
}

plait_status tunings_add(struct tunings *tunings, const struct tuning *tuning)
{
    plait_status status = PLAIT_OK;
    struct tuning copy = {.nanoseconds = tuning->nanoseconds};

    TRY(mem_text(&copy.device, tuning->device));
    TRY(mem_text(&copy.step, tuning->step));
    TRY(mem_text(&copy.variant, tuning->variant));
    TRY(mem_grow(&tunings->items, &tunings->capacity, tunings->count + 1, sizeof copy));
    tunings->items[tunings->count++] = copy;
    copy = (struct tuning){0}; /* now the list's */
out:
    free_tuning(&copy);
    return status;
}

void tunings_free(struct tunings *tunings)
{
    for (size_t i = 0; i < tunings->count; i++) {
        free_tuning(&tunings->items[i]);
    }
    mem_free(tunings->items);
    *tunings = (struct tunings){0};
}

static int compare_step(const void *step, const void *tuning)
{
    return strcmp(step, ((const struct tuning *)tuning)->step);
}

const struct tuning *tunings_find(const struct tunings *tunings, const char *step)
{
    return tunings->count == 0 ? NULL
                               : bsearch(step, tunings->items, tunings->count, sizeof *tunings->items, compare_step);
}

/* ---- The context's cache ---------------------------------------------------------------------------- */

plait_status tunings_path(const char *wanted, char **out)
{
    plait_status status = PLAIT_OK;
    struct text path = {0};
    const char *folder = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");

    *out = NULL;
    if (wanted) {
        return wanted[0] ? mem_text(out, wanted) : PLAIT_OK;
    }
    if (folder && folder[0] == '/') { /* others are to be ignored, says the XDG specification */
        text_add(&path, "%s", folder);
    } else if (home && home[0] == '/') {
        text_add(&path, "%s/.cache", home);
    } else {
        return PLAIT_OK;
    }
    text_add(&path, "/plait/cache.sqlite");
    TRY(path.status);
    TRY(mem_text(out, text_string(&path)));
out:
    text_free(&path);
    return status;
}

void tunings_device(const plait_context *context, struct text *device)
{
    const plait_device_info *info = &context->info;

    text_add(device, "plait %d.%d.%d, %s, %s, %u units, %s, driver %s", PLAIT_VERSION_MAJOR, PLAIT_VERSION_MINOR,
             PLAIT_VERSION_PATCH, info->platform, info->name, (unsigned)info->compute_units, info->opencl,
             info->driver);
    for (size_t i = 0; i < device->length; i++) {
        const unsigned char c = (unsigned char)device->data[i];
        device->data[i] = (char)(c < ' ' || c == 0x7F ? ' ' : c);
    }
}

plait_status tunings_load(const plait_context *context, struct tunings *out)
{
    plait_status status = PLAIT_OK;
    struct text device = {0};

    if (!context->cache) {
        return PLAIT_OK;
    }
    tunings_device(context, &device);
    TRY(device.status);
    TRY(cache_read(context->cache, text_string(&device), out));
out:
    text_free(&device);
    return status;
}

plait_status tunings_prepare(const plait_context *context)
{
    return context->cache ? cache_write(context->cache, NULL, 0)
                          : error_set(PLAIT_ERR_INVALID, "the context has no cache to keep results in; set "
                                                         "XDG_CACHE_HOME or plait_context_opts.cache");
}

plait_status tunings_keep(const plait_context *context, const char *step, const char *variant, double seconds)
{
    plait_status status = PLAIT_OK;
    struct text device = {0};
    struct tuning tuning = {.nanoseconds = (uint64_t)(seconds * 1e9)};

    tunings_device(context, &device);
    TRY(device.status);
    tuning.device = device.data;
    TRY(mem_text(&tuning.step, step));
    TRY(mem_text(&tuning.variant, variant));
    TRY(cache_write(context->cache, &tuning, 1));
out:
    text_free(&device);
    mem_free(tuning.step);
    mem_free(tuning.variant);
    return status;
}

/* ---- For users -------------------------------------------------------------------------------------- */

/* The path of a cache, which must be there. */
static plait_status find_cache(const char *cache, char **path)
{
    plait_status status = PLAIT_OK;

    TRY(tunings_path(cache, path));
    if (!*path) {
        status = error_set(PLAIT_ERR_INVALID, "there is no cache: %s; set XDG_CACHE_HOME to a folder, or name a file",
                           cache ? "its path is empty" : "neither XDG_CACHE_HOME nor HOME is an absolute path");
    }
out:
    return status;
}

static plait_status read_all(const char *cache, struct tunings *tunings)
{
    plait_status status = PLAIT_OK;
    char *path = NULL;

    TRY(find_cache(cache, &path));
    TRY(cache_read(path, NULL, tunings));
out:
    mem_free(path);
    return status;
}

plait_status plait_tunings_visit(const char *cache, void (*visit)(void *user, const plait_tuning *tuning), void *user)
{
    plait_status status = PLAIT_OK;
    struct tunings tunings = {0};

    if (!visit) {
        return error_set(PLAIT_ERR_INVALID, "plait_tunings_visit: visit is NULL");
    }
    TRY(read_all(cache, &tunings));
    for (size_t i = 0; i < tunings.count; i++) {
        const struct tuning *it = &tunings.items[i];
        visit(user, &(plait_tuning){.device = it->device,
                                    .step = it->step,
                                    .variant = it->variant,
                                    .seconds = (double)it->nanoseconds * 1e-9});
    }
out:
    tunings_free(&tunings);
    return status;
}

plait_status plait_tunings_delete(const char *cache, const plait_context *context)
{
    plait_status status = PLAIT_OK;
    struct text device = {0};
    char *path = NULL;

    TRY(find_cache(cache, &path));
    if (context) {
        tunings_device(context, &device);
        TRY(device.status);
    }
    TRY(cache_delete(path, context ? text_string(&device) : NULL));
out:
    text_free(&device);
    mem_free(path);
    return status;
}

/* A line: checksum, device, step, variant, nanoseconds, with tabs between. */
static void add_line(struct text *text, const struct tuning *it)
{
    text_add(text, "%016" PRIx64 "\t%s\t%s\t%s\t%" PRIu64 "\n", tuning_checksum(it), it->device, it->step, it->variant,
             it->nanoseconds);
}

plait_status plait_tunings_export(const char *cache, const char *path)
{
    plait_status status = PLAIT_OK;
    struct tunings tunings = {0};
    struct text text = {0};

    if (!path) {
        return error_set(PLAIT_ERR_INVALID, "plait_tunings_export: path is NULL");
    }
    TRY(read_all(cache, &tunings));
    text_add(&text, "%s", file_head);
    for (size_t i = 0; i < tunings.count; i++) {
        add_line(&text, &tunings.items[i]);
    }
    TRY(text.status);
    FILE *file = fopen(path, "wb");
    const bool written = file && fwrite(text.data, 1, text.length, file) == text.length;
    if ((file && fclose(file) != 0) || !written) {
        status = error_set(PLAIT_ERR_IO, "tunings \"%s\": cannot be written: %s", path, strerror(errno));
    }
out:
    text_free(&text);
    tunings_free(&tunings);
    return status;
}

/* Cuts the next field, which ends with `end`, out of a line; NULL if there is none. */
static char *cut(char **line, char end)
{
    char *field = *line;
    char *stop = field ? strchr(field, end) : NULL;

    if (stop) {
        *stop = 0;
        *line = stop + 1;
    }
    return stop ? field : NULL;
}

/* Reads a line as add_line writes it, in place; it must come out the same when it is written again. */
static plait_status parse_line(const char *line, char *copy, struct tuning *tuning, bool *sound)
{
    plait_status status = PLAIT_OK;
    struct text again = {0};

    *tuning = (struct tuning){0};
    (void)cut(&copy, '\t'); /* the checksum */
    tuning->device = cut(&copy, '\t');
    tuning->step = cut(&copy, '\t');
    tuning->variant = cut(&copy, '\t');
    const char *nanoseconds = cut(&copy, '\n');
    *sound = tuning->device && tuning->step && tuning->variant && nanoseconds && tuning_is_sound(tuning);
    if (*sound) {
        tuning->nanoseconds = strtoull(nanoseconds, NULL, 10);
        add_line(&again, tuning);
        TRY(again.status);
        *sound = strcmp(line, text_string(&again)) == 0;
    }
out:
    text_free(&again);
    return status;
}

static plait_status read_lines(FILE *file, const char *path, struct tunings *out)
{
    plait_status status = PLAIT_OK;
    char line[LINE];
    char copy[LINE];
    bool sound = fgets(line, sizeof line, file) && strcmp(line, file_head) == 0;

    if (!sound) {
        return error_set(PLAIT_ERR_FORMAT,
                         "tunings \"%s\": it does not begin with \"%.*s\"; plait tune --export writes "
                         "such files",
                         path, (int)(sizeof file_head - 2), file_head);
    }
    while (fgets(line, sizeof line, file)) {
        struct tuning tuning;
        memcpy(copy, line, strlen(line) + 1);
        TRY(parse_line(line, copy, &tuning, &sound));
        if (!sound || out->count == CACHE_MOST_ROWS) {
            return error_set(PLAIT_ERR_FORMAT, "tunings \"%s\": line %zu is %s; nothing was taken in", path,
                             out->count + 2, sound ? "one too many" : "damaged");
        }
        TRY(tunings_add(out, &tuning));
    }
    if (ferror(file)) {
        status = error_set(PLAIT_ERR_IO, "tunings \"%s\": cannot be read: %s", path, strerror(errno));
    }
out:
    return status;
}

plait_status plait_tunings_import(const char *cache, const char *path, size_t *count)
{
    plait_status status = PLAIT_OK;
    struct tunings tunings = {0};
    char *target = NULL;
    FILE *file = NULL;

    if (!path) {
        return error_set(PLAIT_ERR_INVALID, "plait_tunings_import: path is NULL");
    }
    TRY(find_cache(cache, &target));
    file = fopen(path, "rb");
    if (!file) {
        status = error_set(PLAIT_ERR_IO, "tunings \"%s\": cannot be opened: %s", path, strerror(errno));
        goto out;
    }
    TRY(read_lines(file, path, &tunings));
    TRY(cache_write(target, tunings.items, tunings.count));
    if (count) {
        *count = tunings.count;
    }
out:
    if (file) {
        (void)fclose(file);
    }
    tunings_free(&tunings);
    mem_free(target);
    return status;
}
