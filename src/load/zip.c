/* SPDX-License-Identifier: MIT */
#include "load/zip.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <zip.h>

/* What deflate can yield at the most from one byte: 258 bytes for 2 bits, in its limit. */
enum { MOST_RATIO = 1032 };

/* ---- Names ------------------------------------------------------------------------------------------ */

/* A name from a file, fit for a message: cut, and without control characters. */
struct shown {
    char text[64];
};

static struct shown show(const char *name)
{
    struct shown shown = {{0}};

    for (size_t i = 0; name[i] != 0 && i + 1 < sizeof shown.text; i++) {
        const unsigned char c = (unsigned char)name[i];
        shown.text[i] = c < 0x20 || c == 0x7f ? '?' : name[i];
    }
    return shown;
}

static const char separators[] = "/\\";

/* Whether a name stays within the folder that someone might unpack it to. */
static bool stays_inside(const char *name)
{
    if (*name == 0 || strchr(separators, *name) || name[1] == ':') {
        return false;
    }
    for (const char *at = name; *at != 0; at += strspn(at, separators)) {
        const size_t length = strcspn(at, separators);
        if (length == 2 && memcmp(at, "..", 2) == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

static plait_status check_names(const struct archive *archive)
{
    for (size_t i = 0; i < archive_count(archive); i++) {
        const char *name = archive_member(archive, i);
        if (!stays_inside(name)) {
            return error_set(PLAIT_ERR_FORMAT, "member \"%s\" has a name that leads outside", show(name).text);
        }
        if (zip_name_locate(archive->zip, name, ZIP_FL_ENC_RAW) != (zip_int64_t)i) {
            return error_set(PLAIT_ERR_FORMAT, "there are two members \"%s\"", show(name).text);
        }
    }
    return PLAIT_OK;
}

/* ---- Opening ---------------------------------------------------------------------------------------- */

static uint64_t number_at(const unsigned char *bytes, size_t width)
{
    uint64_t value = 0;

    for (size_t i = 0; i < width; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

/* The record that ends an archive and leads to its central directory, in the last 22 to 22 + 65535 bytes.
 * Where there are two, which one counts depends on the reader. */
static plait_status find_end(const unsigned char *bytes, size_t size, size_t *end)
{
    enum { END_BYTES = 22 };
    const size_t first = size > END_BYTES + UINT16_MAX ? size - END_BYTES - UINT16_MAX : 0;
    size_t found = 0;

    for (size_t at = first; size >= END_BYTES && at <= size - END_BYTES; at++) {
        if (memcmp(bytes + at, "PK\5\6", 4) == 0) {
            *end = at;
            found++;
        }
    }
    if (found == 0) {
        return error_set(PLAIT_ERR_FORMAT,
                         "this is no ZIP archive, or it is cut off: its end is missing; copy the file again");
    }
    if (found > 1) {
        return error_set(PLAIT_ERR_FORMAT,
                         "the archive has %zu ends, of which readers may choose either; write it anew", found);
    }
    return PLAIT_OK;
}

/* The number of members as the end says it, before libzip takes memory and time for each. A zip64 archive
 * has a locator before the end, with the address of another end with wider fields. */
static plait_status check_count(const unsigned char *bytes, size_t size)
{
    enum { LOCATOR_BYTES = 20, WIDE_END_BYTES = 56 };
    plait_status status = PLAIT_OK;
    size_t end = 0;
    uint64_t count;

    TRY(find_end(bytes, size, &end));
    count = number_at(bytes + end + 10, 2);
    if (end >= LOCATOR_BYTES && memcmp(bytes + end - LOCATOR_BYTES, "PK\6\7", 4) == 0) {
        const uint64_t wide = number_at(bytes + end - LOCATOR_BYTES + 8, 8);
        if (size < WIDE_END_BYTES || wide > size - WIDE_END_BYTES) {
            return error_set(PLAIT_ERR_FORMAT, "its zip64 end at %" PRIu64 " lies beyond it (%zu bytes)", wide, size);
        }
        count = number_at(bytes + wide + 32, 8);
    }
    if (count > ARCHIVE_MOST_MEMBERS) {
        return error_set(PLAIT_ERR_FORMAT, "it has %" PRIu64 " members where plait reads up to %d", count,
                         ARCHIVE_MOST_MEMBERS);
    }
out:
    return status;
}

static plait_status fail(zip_error_t *error)
{
    const bool no_memory = zip_error_code_zip(error) == ZIP_ER_MEMORY;

    return error_set(no_memory ? PLAIT_ERR_HOST_MEMORY : PLAIT_ERR_FORMAT, "libzip: %s", zip_error_strerror(error));
}

static plait_status open_zip(const void *bytes, size_t size, zip_flags_t flags, struct zip **out)
{
    plait_status status = PLAIT_OK;
    zip_error_t error;

    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &error);
    *out = source ? zip_open_from_source(source, (int)flags, &error) : NULL;
    if (!*out) {
        zip_source_free(source);
        status = fail(&error);
    }
    zip_error_fini(&error);
    return status;
}

plait_status archive_open(const char *name, const void *bytes, size_t size, size_t max_bytes, struct archive *out)
{
    plait_status status = PLAIT_OK;
    struct archive archive = {.name = name, .size = size, .left = max_bytes};

    TRY(check_count(bytes, size));
    TRY(open_zip(bytes, size, ZIP_RDONLY, &archive.zip));
    TRY(check_names(&archive));
    archive_close(&archive);
    /* libzip's own check of the rest, which comes second because it does not say what is wrong. */
    status = open_zip(bytes, size, ZIP_RDONLY | ZIP_CHECKCONS, &archive.zip);
    if (status != PLAIT_OK) {
        (void)error_within(status, "the heads of its members do not fit its central directory: ");
        goto out;
    }
    *out = archive;
    archive.zip = NULL;
out:
    archive_close(&archive);
    return status == PLAIT_OK ? status : error_within(status, "%s: ", name);
}

void archive_close(struct archive *archive)
{
    if (archive->zip) {
        zip_discard(archive->zip);
        archive->zip = NULL;
    }
}

size_t archive_count(const struct archive *archive)
{
    return (size_t)zip_get_num_entries(archive->zip, 0);
}

const char *archive_member(const struct archive *archive, size_t i)
{
    const char *name = zip_get_name(archive->zip, i, ZIP_FL_ENC_RAW);

    return name ? name : "";
}

bool archive_has(const struct archive *archive, const char *member)
{
    return zip_name_locate(archive->zip, member, ZIP_FL_ENC_RAW) >= 0;
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

/* Whether a member is of a kind that is read, and its declared size can be true. */
static plait_status check_kind(const struct archive *archive, const zip_stat_t *stat)
{
    enum { NEEDED = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD };
    const bool is_stored = stat->comp_method == ZIP_CM_STORE;

    if ((stat->valid & NEEDED) != NEEDED) {
        return error_set(PLAIT_ERR_FORMAT, "it has no size or method");
    }
    if (stat->encryption_method != ZIP_EM_NONE) {
        return error_set(PLAIT_ERR_FORMAT, "it is encrypted");
    }
    if (!is_stored && stat->comp_method != ZIP_CM_DEFLATE) {
        return error_set(PLAIT_ERR_FORMAT,
                         "it is compressed by method %u where plait reads 0 (stored) and 8 (deflated)",
                         stat->comp_method);
    }
    if (stat->comp_size > archive->size || (is_stored && stat->comp_size != stat->size) ||
        stat->size / MOST_RATIO > stat->comp_size) {
        return error_set(PLAIT_ERR_FORMAT,
                         "%" PRIu64 " bytes cannot come of %" PRIu64 " %s ones, in an archive of %zu bytes", stat->size,
                         stat->comp_size, is_stored ? "stored" : "deflated", archive->size);
    }
    return PLAIT_OK;
}

static plait_status check_member(const struct archive *archive, zip_int64_t index, size_t max_bytes, size_t *size)
{
    plait_status status = PLAIT_OK;
    zip_stat_t stat;

    if (index < 0) {
        return error_set(PLAIT_ERR_FORMAT, "there is no such member");
    }
    zip_stat_init(&stat);
    if (zip_stat_index(archive->zip, (zip_uint64_t)index, 0, &stat) != 0) {
        return fail(zip_get_error(archive->zip));
    }
    TRY(check_kind(archive, &stat));
    if (stat.size > max_bytes || stat.size > archive->left) {
        return error_set(PLAIT_ERR_TOO_LARGE, "it has %" PRIu64 " bytes where at most %zu are read", stat.size,
                         max_bytes < archive->left ? max_bytes : archive->left);
    }
    *size = (size_t)stat.size;
out:
    return status;
}

/* Reads `size` bytes, and then demands the end, at which libzip checks the CRC. */
static plait_status read_bytes(const struct archive *archive, zip_file_t *file, unsigned char *bytes, size_t size)
{
    enum { AT_ONCE = 4 << 20 };
    zip_int64_t got = 1;
    unsigned char more;

    for (size_t done = 0; done < size && got > 0; done += (size_t)got) {
        got = zip_fread(file, bytes + done, size - done < AT_ONCE ? size - done : AT_ONCE);
        if (archive->file) {
            file_release(archive->file);
        }
        if (got == 0) {
            return error_set(PLAIT_ERR_FORMAT, "it ends after %zu bytes where %zu are declared", done, size);
        }
        if (got < 0) {
            return fail(zip_file_get_error(file));
        }
    }
    got = zip_fread(file, &more, 1);
    if (got > 0) {
        return error_set(PLAIT_ERR_FORMAT, "it goes on after the %zu bytes that are declared", size);
    }
    return got < 0 ? fail(zip_file_get_error(file)) : PLAIT_OK;
}

static plait_status read_member(struct archive *archive, const char *member, size_t max_bytes, unsigned char **bytes,
                                size_t *size)
{
    plait_status status = PLAIT_OK;
    const zip_int64_t index = zip_name_locate(archive->zip, member, ZIP_FL_ENC_RAW);
    zip_file_t *file = NULL;
    unsigned char *read = NULL;
    size_t room = 0;

    TRY(check_member(archive, index, max_bytes, size));
    if (!size_add(*size, 1, &room)) {
        return error_set(PLAIT_ERR_TOO_LARGE, "its size overflows");
    }
    TRY(mem_alloc(&read, room, 1));
    file = zip_fopen_index(archive->zip, (zip_uint64_t)index, 0);
    if (!file) {
        status = fail(zip_get_error(archive->zip));
        goto out;
    }
    TRY(read_bytes(archive, file, read, *size));
    archive->left -= *size;
    *bytes = read;
    read = NULL;
out:
    if (file) {
        (void)zip_fclose(file);
    }
    mem_free(read);
    return status;
}

plait_status archive_read(struct archive *archive, const char *member, size_t max_bytes, unsigned char **bytes,
                          size_t *size)
{
    const plait_status status = read_member(archive, member, max_bytes, bytes, size);

    return status == PLAIT_OK ? status : error_within(status, "%s: member \"%s\": ", archive->name, show(member).text);
}
