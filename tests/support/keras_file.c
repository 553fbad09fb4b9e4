/* SPDX-License-Identifier: MIT */
#include "keras_file.h"

#include "base/memory.h"
#include "load/file.h"
#include "load/zip.h"

#include <string.h>
#include <zip.h>

const char *keras_path(const char *file)
{
    return scratch_text(PLAIT_SOURCE_DIR "/tests/golden/data/keras/%s", file);
}

/* A member of a golden file, in scratch memory with a zero after it. */
static char *read_member(const char *file, const char *member, size_t *size)
{
    struct file opened;
    struct archive archive;
    unsigned char *bytes;

    check_ok(file_open(keras_path(file), SIZE_MAX, &opened));
    check_ok(archive_open(file, opened.bytes, opened.size, SIZE_MAX, &archive));
    check_ok(archive_read(&archive, member, SIZE_MAX, &bytes, size));
    char *copy = scratch(*size + 1, 1);
    memcpy(copy, bytes, *size);
    mem_free(bytes);
    archive_close(&archive);
    file_close(&opened);
    return copy;
}

const char *keras_config(const char *file)
{
    size_t size;

    return read_member(file, "config.json", &size);
}

const char *keras_replace(const char *text, const char *old, const char *new)
{
    const char *found = strstr(text, old);

    check_that(found != NULL, "\"%s\" is not in the text", old);
    const size_t before = (size_t)(found - text);
    const size_t after = strlen(found) - strlen(old);
    char *out = scratch(before + strlen(new) + after + 1, 1);
    memcpy(out, text, before);
    memcpy(out + before, new, strlen(new));
    memcpy(out + before + strlen(new), found + strlen(old), after);
    return out;
}

static void add_member(zip_t *zip, const char *name, const char *bytes, size_t size)
{
    zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);

    assert_non_null(source);
    assert_true(zip_file_add(zip, name, source, 0) >= 0);
}

void keras_write(const char *path, const char *config, const char *weights_of)
{
    int error = 0;
    size_t size;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);

    check_that(zip != NULL, "%s: libzip's error %d", path, error);
    add_member(zip, "metadata.json", "{}", 2);
    if (config) {
        add_member(zip, "config.json", config, strlen(config));
    }
    if (weights_of) {
        const char *weights = read_member(weights_of, "model.weights.h5", &size);
        add_member(zip, "model.weights.h5", weights, size);
    }
    assert_int_equal(zip_close(zip), 0);
}
