/* SPDX-License-Identifier: MIT */
#include "load/hdf5_storage.h"

#include "base/error.h"
#include "load/hdf5_header.h"

#include <inttypes.h>

enum { CLASS_COMPACT = 0, CLASS_CONTIGUOUS = 1, CLASS_CHUNKED = 2, CLASS_VIRTUAL = 3 };

/* A dataset on its way to its storage. */
struct source {
    struct hdf5_file *file;
    const struct hdf5_space *space;
    const struct hdf5_type *type;
    uint64_t bytes; /* of all values */
};

static plait_status refuse_unwritten(void)
{
    return error_set(PLAIT_ERR_FORMAT,
                     "its values were never written: it has only a fill value, which plait does not read");
}

static plait_status check_bytes(const struct source *source, uint64_t stored)
{
    if (stored != source->bytes) {
        return error_set(PLAIT_ERR_FORMAT, "%" PRIu64 " values of %zu bytes where %" PRIu64 " bytes are stored",
                         source->space->count, source->type->bytes, stored);
    }
    return PLAIT_OK;
}

static plait_status parse_compact(const struct source *source, struct hdf5_part *body, struct hdf5_storage *out)
{
    plait_status status = PLAIT_OK;
    const uint64_t bytes = hdf5_take(body, 2);

    TRY(check_bytes(source, bytes));
    out->values = hdf5_take_part(body, bytes);
out:
    return status;
}

static plait_status parse_contiguous(const struct source *source, struct hdf5_part *body, struct hdf5_storage *out)
{
    plait_status status = PLAIT_OK;
    const uint64_t address = hdf5_take(body, 8);
    const uint64_t bytes = hdf5_take(body, 8);

    TRY(hdf5_part_check(body, "layout message"));
    TRY(check_bytes(source, bytes));
    if (bytes > 0 && address == HDF5_UNDEFINED) {
        return refuse_unwritten();
    }
    TRY(hdf5_window(source->file, bytes > 0 ? address : 0, bytes, "data", &out->values));
out:
    return status;
}

/* ---- Chunks ----------------------------------------------------------------------------------------- */

/* The chunk's size along each axis, `width` bytes each; the last axis is the bytes of a value. */
static plait_status take_chunk(const struct source *source, struct hdf5_part *body, uint64_t axes, size_t width,
                               struct hdf5_storage *out)
{
    if (axes != source->space->rank + 1 || axes < 2) {
        return error_set(PLAIT_ERR_FORMAT, "it has chunks of %" PRIu64 " axes and values of %zu", axes - 1,
                         source->space->rank);
    }
    out->chunk_bytes = source->type->bytes;
    for (size_t i = 0; i + 1 < axes; i++) {
        out->chunk[i] = hdf5_take(body, width);
        out->chunk_bytes = hdf5_product(out->chunk_bytes, out->chunk[i]);
    }
    const uint64_t value_bytes = hdf5_take(body, width);
    if (value_bytes != source->type->bytes || out->chunk_bytes == 0) {
        return error_set(PLAIT_ERR_FORMAT,
                         "it has chunks of %" PRIu64 " bytes, with values of %" PRIu64 " bytes where they have %zu",
                         out->chunk_bytes, value_bytes, source->type->bytes);
    }
    return PLAIT_OK;
}

/* Layout version 3: a B-tree. */
static plait_status parse_chunks_old(const struct source *source, struct hdf5_part *body, struct hdf5_storage *out)
{
    const uint64_t axes = hdf5_take(body, 1);

    out->index = HDF5_INDEX_TREE1;
    out->index_address = hdf5_take(body, 8);
    return take_chunk(source, body, axes, 4, out);
}

/* Layout version 4: the index that suits the dataset, after some parameters, which all but the index of a
 * single chunk repeat in their own heads. */
static plait_status parse_chunks_new(const struct source *source, struct hdf5_part *body, struct hdf5_storage *out)
{
    static const unsigned char parameter_bytes[] = {0, 0, 0, 1, 5, 6};
    enum { EDGES_UNFILTERED = 1, SINGLE_FILTERED = 2 };
    plait_status status = PLAIT_OK;
    const uint64_t flags = hdf5_take(body, 1);
    const uint64_t axes = hdf5_take(body, 1);
    const uint64_t width = hdf5_take(body, 1);

    if (width < 1 || width > 8) {
        return error_set(PLAIT_ERR_FORMAT, "the sizes of its chunks have %" PRIu64 " bytes", width);
    }
    TRY(take_chunk(source, body, axes, (size_t)width, out));
    const uint64_t index = hdf5_take(body, 1);
    if (flags & EDGES_UNFILTERED) {
        return error_set(PLAIT_ERR_FORMAT, "chunks at its edges are not filtered, which plait does not read");
    }
    if (index < HDF5_INDEX_SINGLE || index > HDF5_INDEX_TREE2) {
        return error_set(PLAIT_ERR_FORMAT, "its chunks have an index of kind %" PRIu64 " where plait reads 1 to 5",
                         index);
    }
    out->index = (enum hdf5_index)index;
    out->single_bytes = out->chunk_bytes;
    if (index == HDF5_INDEX_SINGLE && flags & SINGLE_FILTERED) {
        out->single_bytes = hdf5_take(body, 8);
        out->single_skipped = (uint32_t)hdf5_take(body, 4);
    }
    (void)hdf5_take_bytes(body, parameter_bytes[index]);
    out->index_address = hdf5_take(body, 8);
out:
    return status;
}

static plait_status parse_chunks(const struct source *source, uint64_t version, struct hdf5_part *body,
                                 struct hdf5_storage *out)
{
    plait_status status = PLAIT_OK;

    out->is_chunked = true;
    TRY(version == 3 ? parse_chunks_old(source, body, out) : parse_chunks_new(source, body, out));
    TRY(hdf5_part_check(body, "layout message"));
    if (source->space->count > 0 && out->index_address == HDF5_UNDEFINED) {
        return refuse_unwritten();
    }
    if (source->bytes / HDF5_MOST_RATIO > source->file->size) {
        return error_set(PLAIT_ERR_FORMAT, "%" PRIu64 " values of %zu bytes cannot come of a file of %zu bytes",
                         source->space->count, source->type->bytes, source->file->size);
    }
out:
    return status;
}

/* ---- Any storage ------------------------------------------------------------------------------------ */

static plait_status parse_layout(const struct source *source, struct hdf5_part body, struct hdf5_storage *out)
{
    plait_status status = PLAIT_OK;
    const uint64_t version = hdf5_take(&body, 1);
    const uint64_t class = hdf5_take(&body, 1);

    if (version != 3 && version != 4) {
        return error_set(PLAIT_ERR_FORMAT, "layout message version %" PRIu64 " where plait reads 3 and 4", version);
    }
    switch (class) {
    case CLASS_COMPACT:
        TRY(parse_compact(source, &body, out));
        break;
    case CLASS_CONTIGUOUS:
        TRY(parse_contiguous(source, &body, out));
        break;
    case CLASS_CHUNKED:
        TRY(parse_chunks(source, version, &body, out));
        break;
    case CLASS_VIRTUAL:
        return error_set(PLAIT_ERR_FORMAT, "it is a virtual dataset, made of others, which plait does not read");
    default:
        return error_set(PLAIT_ERR_FORMAT, "its layout is of class %" PRIu64 " where plait reads 0 to 2", class);
    }
    TRY(hdf5_part_check(&body, "layout message"));
out:
    return status;
}

plait_status hdf5_storage_open(struct hdf5_file *file, uint64_t address, const struct hdf5_space *space,
                               const struct hdf5_type *type, struct hdf5_storage *out)
{
    plait_status status = PLAIT_OK;
    const struct source source = {file, space, type, hdf5_product(space->count, type->bytes)};
    struct hdf5_message message;

    *out = (struct hdf5_storage){0};
    TRY(hdf5_message_find(file, address, HDF5_EXTERNAL, &message));
    if (message.type != HDF5_END) {
        return error_set(PLAIT_ERR_FORMAT, "its values are in other files, which plait does not read");
    }
    TRY(hdf5_message_find(file, address, HDF5_LAYOUT, &message));
    if (message.type == HDF5_END) {
        return error_set(PLAIT_ERR_FORMAT, "it is no dataset");
    }
    TRY(parse_layout(&source, message.body, out));
    TRY(hdf5_message_find(file, address, HDF5_FILTERS, &message));
    if (message.type != HDF5_END) {
        TRY(hdf5_filters_parse(message.body, &out->filters));
    }
out:
    return status;
}
