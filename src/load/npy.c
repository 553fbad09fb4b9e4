/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files, as numpy.lib.format describes them: a magic string with the format's version, the
 * length of a header, the header, which is a Python dict, and the bare values. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "shape/shape.h"

#include <errno.h>
#include <plait/load.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(float) == 4,
               "values are copied between files and memory as they are");

enum { MOST_INTEGER = 1 << 24 };

static const char magic[6] = {(char)0x93, 'N', 'U', 'M', 'P', 'Y'};

/* ---- Reading ---------------------------------------------------------------------------------------- */

/* A file and the bytes that are left of it: nothing is allocated for more than there is. */
struct source {
    const char *path;
    FILE *file;
    size_t left;
};

static plait_status source_open(struct source *source)
{
    source->file = fopen(source->path, "rb");
    if (!source->file) {
        return error_set(PLAIT_ERR_IO, "npy \"%s\": cannot be opened: %s", source->path, strerror(errno));
    }
    if (fseek(source->file, 0, SEEK_END) != 0) {
        return error_set(PLAIT_ERR_IO, "npy \"%s\": cannot be read: %s", source->path, strerror(errno));
    }
    const long bytes = ftell(source->file);
    if (bytes < 0 || fseek(source->file, 0, SEEK_SET) != 0) {
        return error_set(PLAIT_ERR_IO, "npy \"%s\": cannot be read: %s", source->path, strerror(errno));
    }
    source->left = (size_t)bytes;
    return PLAIT_OK;
}

/* Reads the next bytes into `out`, or with NULL only checks that they are there. */
static plait_status source_take(struct source *source, void *out, size_t bytes, const char *what)
{
    if (bytes > source->left) {
        return error_set(PLAIT_ERR_FORMAT,
                         "npy \"%s\": the file ends within its %s: %zu bytes are needed, %zu are left", source->path,
                         what, bytes, source->left);
    }
    if (out && fread(out, 1, bytes, source->file) != bytes) {
        return error_set(PLAIT_ERR_IO, "npy \"%s\": cannot be read: %s", source->path, strerror(errno));
    }
    source->left -= out ? bytes : 0;
    return PLAIT_OK;
}

/* The part of a header that is still to be parsed; ends with 0. */
struct cursor {
    const char *at;
};

struct header {
    const char *descr;
    size_t descr_length;
    bool has_order;
    bool fortran_order;
    bool has_shape;
    plait_shape shape; /* `rank` counts all axes, `dims` holds the first PLAIT_MAX_RANK */
};

static bool take(struct cursor *cursor, const char *wanted)
{
    const size_t length = strlen(wanted);

    cursor->at += strspn(cursor->at, " \t\n");
    if (strncmp(cursor->at, wanted, length) != 0) {
        return false;
    }
    cursor->at += length;
    return true;
}

static bool take_string(struct cursor *cursor, const char **text, size_t *length)
{
    const char *quote = take(cursor, "'") ? "'" : "\"";

    if (*quote == '"' && !take(cursor, quote)) {
        return false;
    }
    *text = cursor->at;
    *length = strcspn(cursor->at, quote);
    cursor->at += *length;
    return take(cursor, quote);
}

static bool take_bool(struct cursor *cursor, bool *value)
{
    *value = take(cursor, "True");
    return *value || take(cursor, "False");
}

static bool take_size(struct cursor *cursor, size_t *value)
{
    const char *begin = cursor->at += strspn(cursor->at, " ");

    *value = 0;
    for (; *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        if (!size_mul(*value, 10, value) || !size_add(*value, (size_t)(*cursor->at - '0'), value)) {
            return false;
        }
    }
    return cursor->at > begin;
}

/* "()", "(3,)" or "(3, 4)". */
static bool take_shape(struct cursor *cursor, plait_shape *shape)
{
    size_t dim;

    if (!take(cursor, "(")) {
        return false;
    }
    for (shape->rank = 0; !take(cursor, ")"); shape->rank++) {
        if (!take_size(cursor, &dim)) {
            return false;
        }
        if (shape->rank < PLAIT_MAX_RANK) {
            shape->dims[shape->rank] = dim;
        }
        if (!take(cursor, ",")) {
            shape->rank++;
            return shape->rank > 1 && take(cursor, ")");
        }
    }
    return true;
}

/* Takes `key` in quotes and the colon after it. */
static bool take_key(struct cursor *cursor, const char *key)
{
    const char *begin = cursor->at;
    const char *text;
    size_t length;

    if (take_string(cursor, &text, &length) && length == strlen(key) && memcmp(text, key, length) == 0 &&
        take(cursor, ":")) {
        return true;
    }
    cursor->at = begin;
    return false;
}

/* Takes one "key: value"; every key may come once. */
static bool take_entry(struct cursor *cursor, struct header *header)
{
    if (!header->descr && take_key(cursor, "descr")) {
        return take_string(cursor, &header->descr, &header->descr_length);
    }
    if (!header->has_order && take_key(cursor, "fortran_order")) {
        header->has_order = true;
        return take_bool(cursor, &header->fortran_order);
    }
    if (!header->has_shape && take_key(cursor, "shape")) {
        header->has_shape = true;
        return take_shape(cursor, &header->shape);
    }
    return false;
}

static bool take_header(struct cursor *cursor, struct header *header)
{
    bool more = take(cursor, "{");

    while (more && !take(cursor, "}")) {
        if (!take_entry(cursor, header)) {
            return false;
        }
        more = take(cursor, ",");
        if (!more && !take(cursor, "}")) {
            return false;
        }
    }
    cursor->at += strspn(cursor->at, " \t\n");
    return header->descr && header->has_order && header->has_shape && *cursor->at == 0;
}

/* Numbers that plait reads. */
struct format {
    const char *descr;
    size_t bytes;
    bool is_integer;
};

static const struct format *find_format(const struct header *header)
{
    static const struct format formats[] = {{"<f4", 4, false}, {"<i4", 4, true}, {"<i8", 8, true}};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *descr = formats[i].descr;
        if (header->descr_length == strlen(descr) && memcmp(header->descr, descr, strlen(descr)) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

/* What the text of a header says, if it is something that plait reads. */
static plait_status parse_header(const char *path, const char *text, plait_shape *shape, const struct format **format)
{
    struct cursor cursor = {text};
    struct header header = {0};

    if (!take_header(&cursor, &header)) {
        return error_set(PLAIT_ERR_FORMAT,
                         "npy \"%s\": the header is no dict of descr, fortran_order and shape; "
                         "what follows is wrong: \"%.20s\"",
                         path, cursor.at);
    }
    *format = find_format(&header);
    if (!*format) {
        return error_set(PLAIT_ERR_FORMAT,
                         "npy \"%s\": values are \"%.*s\" where plait reads \"<f4\", \"<i4\" and \"<i8\"; "
                         "save array.astype(\"<f4\")",
                         path, (int)(header.descr_length < 20 ? header.descr_length : 20), header.descr);
    }
    if (header.fortran_order) {
        return error_set(PLAIT_ERR_FORMAT,
                         "npy \"%s\": fortran_order is True where plait reads False; "
                         "save numpy.ascontiguousarray(array)",
                         path);
    }
    if (header.shape.rank > PLAIT_MAX_RANK) {
        return error_set(PLAIT_ERR_FORMAT, "npy \"%s\": the array has %zu axes where plait reads up to %d; reshape it",
                         path, header.shape.rank, PLAIT_MAX_RANK);
    }
    *shape = header.shape;
    return PLAIT_OK;
}

/* Reads the magic string, the version and the length of the header. */
static plait_status read_preamble(struct source *source, size_t *header_bytes)
{
    plait_status status = PLAIT_OK;
    unsigned char start[8];
    unsigned char length[4] = {0};

    TRY(source_take(source, start, sizeof start, "first bytes"));
    if (memcmp(start, magic, sizeof magic) != 0) {
        return error_set(PLAIT_ERR_FORMAT, "npy \"%s\": this is no .npy file; numpy.save makes one", source->path);
    }
    if (start[6] < 1 || start[6] > 3 || start[7] != 0) {
        return error_set(PLAIT_ERR_FORMAT, "npy \"%s\": format %d.%d where plait reads 1.0, 2.0 and 3.0; save it anew",
                         source->path, start[6], start[7]);
    }
    TRY(source_take(source, length, start[6] == 1 ? 2 : 4, "first bytes"));
    *header_bytes = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
out:
    return status;
}

static plait_status read_shape(struct source *source, plait_shape *shape, const struct format **format)
{
    plait_status status = PLAIT_OK;
    size_t bytes = 0;
    char *text = NULL;

    TRY(read_preamble(source, &bytes));
    TRY(source_take(source, NULL, bytes, "header"));
    TRY(mem_alloc(&text, bytes + 1, 1));
    TRY(source_take(source, text, bytes, "header"));
    TRY(parse_header(source->path, text, shape, format));
out:
    mem_free(text);
    return status;
}

/* Whole numbers as floats, of which float32 must have each. */
static plait_status take_integers(struct source *source, const struct format *format, float *values, size_t count)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < count; i++) {
        int64_t wide = 0;
        int32_t narrow = 0;
        const bool is_wide = format->bytes == sizeof wide;
        TRY(source_take(source, is_wide ? (void *)&wide : (void *)&narrow, format->bytes, "values"));
        wide = is_wide ? wide : narrow;
        if (wide > MOST_INTEGER || wide < -MOST_INTEGER) {
            return error_set(
                PLAIT_ERR_FORMAT,
                "npy \"%s\": value number %zu, counted from 0, is %lld; plait computes with float32, which "
                "has every whole number up to %d alone",
                source->path, i, (long long)wide, MOST_INTEGER);
        }
        values[i] = (float)wide;
    }
out:
    return status;
}

static plait_status read_values(struct source *source, plait_shape shape, const struct format *format, float **values)
{
    plait_status status = PLAIT_OK;
    float *read = NULL;
    size_t count;
    size_t bytes;

    if (!shape_size(shape, &count) || !size_mul(count, format->bytes, &bytes)) {
        return error_set(PLAIT_ERR_TOO_LARGE, "npy \"%s\": the size of shape %s overflows", source->path,
                         shape_name(shape).text);
    }
    TRY(source_take(source, NULL, bytes, "values"));
    if (bytes < source->left) {
        return error_set(PLAIT_ERR_FORMAT, "npy \"%s\": %zu bytes of values where shape %s has %zu", source->path,
                         source->left, shape_name(shape).text, bytes);
    }
    TRY(mem_alloc(&read, count, sizeof *read));
    TRY(format->is_integer ? take_integers(source, format, read, count) : source_take(source, read, bytes, "values"));
    *values = read;
    read = NULL;
out:
    mem_free(read);
    return status;
}

plait_status plait_npy_read(const char *path, plait_array *out)
{
    plait_status status = PLAIT_OK;
    struct source source = {path, NULL, 0};
    plait_shape shape = {0};
    const struct format *format = NULL;
    float *values = NULL;

    if (!path || !out) {
        return error_set(PLAIT_ERR_INVALID, "plait_npy_read: %s is NULL", !path ? "path" : "out");
    }
    TRY(source_open(&source));
    TRY(read_shape(&source, &shape, &format));
    TRY(read_values(&source, shape, format, &values));
    *out = (plait_array){values, shape};
out:
    if (source.file) {
        (void)fclose(source.file);
    }
    return status;
}

void plait_array_free(plait_array *array)
{
    if (array) {
        mem_free((void *)array->data);
        *array = (plait_array){0};
    }
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

enum {
    PREAMBLE_BYTES = 10, /* magic, version, two bytes for the header's length */
    ALIGNMENT = 64,      /* of the values in the file, as NumPy does */
};

static void write_header(plait_shape shape, struct text *header)
{
    text_add(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (size_t i = 0; i < shape.rank; i++) {
        text_add(header, "%zu%s", shape.dims[i], shape.rank == 1 ? "," : i + 1 < shape.rank ? ", " : "");
    }
    text_add(header, "), }");
    const size_t used = (PREAMBLE_BYTES + header->length + 1) % ALIGNMENT;
    text_add(header, "%*s\n", used > 0 ? (int)(ALIGNMENT - used) : 0, "");
}

static bool write_all(FILE *file, const struct text *header, const float *values, size_t count)
{
    const unsigned char start[4] = {1, 0, (unsigned char)(header->length & 255), (unsigned char)(header->length >> 8)};

    return fwrite(magic, sizeof magic, 1, file) == 1 && fwrite(start, sizeof start, 1, file) == 1 &&
           fwrite(header->data, header->length, 1, file) == 1 && fwrite(values, sizeof *values, count, file) == count;
}

/* Writes the file beside `path` first, so that a failure leaves an older file as it was. */
static plait_status write_file(const char *path, const struct text *header, const float *values, size_t count)
{
    plait_status status = PLAIT_OK;
    struct text part = {0};
    FILE *file = NULL;

    text_add(&part, "%s.part", path);
    TRY(part.status);
    file = fopen(part.data, "wb");
    bool written = file && write_all(file, header, values, count);
    written = file && fclose(file) == 0 && written;
    if (!written || rename(part.data, path) != 0) {
        status = error_set(PLAIT_ERR_IO, "npy \"%s\": cannot be written: %s", path, strerror(errno));
        (void)(file && remove(part.data));
    }
out:
    text_free(&part);
    return status;
}

plait_status plait_npy_write(const char *path, const plait_array *array)
{
    plait_status status = PLAIT_OK;
    struct text header = {0};
    size_t count;

    if (!path || !array || !array->data) {
        return error_set(PLAIT_ERR_INVALID, "plait_npy_write: %s is NULL",
                         !path    ? "path"
                         : !array ? "array"
                                  : "array's data");
    }
    if (!shape_size(array->shape, &count)) {
        return error_set(PLAIT_ERR_INVALID, "plait_npy_write: rank %zu is above %d, or the size of the array overflows",
                         array->shape.rank, PLAIT_MAX_RANK);
    }
    write_header(array->shape, &header);
    TRY(header.status);
    TRY(write_file(path, &header, array->data, count));
out:
    text_free(&header);
    return status;
}
