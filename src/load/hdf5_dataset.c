/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "load/hdf5_attribute.h"
#include "load/hdf5_chunk.h"
#include "load/hdf5_group.h"
#include "load/hdf5_header.h"
#include "load/hdf5_storage.h"
#include "load/hdf5_texts.h"

#include <inttypes.h>
#include <string.h>

/* What the messages of a dataset say. */
struct source {
    struct hdf5_file *file;
    struct hdf5_space space;
    struct hdf5_type type;
    struct hdf5_storage storage;
};

/* ---- Opening ---------------------------------------------------------------------------------------- */

static plait_status find_message(struct hdf5_file *file, uint64_t address, int type, struct hdf5_message *out)
{
    plait_status status = PLAIT_OK;

    TRY(hdf5_message_find(file, address, type, out));
    if (out->type == HDF5_END) {
        return error_set(PLAIT_ERR_FORMAT, "it is no dataset");
    }
out:
    return status;
}

/* bfloat16 is no type of the format: Keras writes two opaque bytes and says so in an attribute. */
static plait_status resolve_opaque(struct hdf5_file *file, uint64_t address, struct hdf5_type *type)
{
    plait_status status = PLAIT_OK;
    struct hdf5_texts texts = {0};
    bool found;
    bool scalar;

    TRY(hdf5_attribute_read(file, address, "dtype", &found, &scalar, &texts));
    if (type->bytes != 2 || !found || !scalar || strcmp(texts.items[0], "bfloat16") != 0) {
        status =
            error_set(PLAIT_ERR_FORMAT,
                      "its values are %zu opaque bytes each, and no attribute \"dtype\" says that they are bfloat16",
                      type->bytes);
        goto out;
    }
    type->kind = HDF5_NUMBER;
    type->number = HDF5_BFLOAT16;
out:
    hdf5_texts_free(&texts);
    return status;
}

static plait_status open_source(struct hdf5_file *file, uint64_t address, struct source *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_message message;

    out->file = file;
    TRY(find_message(file, address, HDF5_SPACE, &message));
    TRY(hdf5_space_parse(message.body, &out->space));
    if (out->space.rank == 0 && out->space.count == 0) {
        return error_set(PLAIT_ERR_FORMAT, "it has no shape (a null dataspace), which plait does not read");
    }
    TRY(find_message(file, address, HDF5_TYPE, &message));
    TRY(hdf5_type_parse(message.body, &out->type));
    if (out->type.kind == HDF5_OPAQUE) {
        TRY(resolve_opaque(file, address, &out->type));
    }
    if (out->type.kind != HDF5_NUMBER) {
        return error_set(PLAIT_ERR_FORMAT, "its values are text where numbers should be");
    }
    TRY(hdf5_storage_open(file, address, &out->space, &out->type, &out->storage));
out:
    return status;
}

static const float *floats_in_place(const struct source *source)
{
    const struct hdf5_part *values = &source->storage.values;
    const bool is_aligned = (uintptr_t)values->at % _Alignof(float) == 0;

    return !source->storage.is_chunked && source->type.number == HDF5_FLOAT32 && is_aligned
               ? (const float *)(const void *)values->at
               : NULL;
}

static plait_status open_dataset(struct hdf5_file *file, struct hdf5_dataset *out)
{
    plait_status status = PLAIT_OK;
    struct source source;

    TRY(hdf5_require(file, out->path, &out->header));
    TRY(open_source(file, out->header, &source));
    out->number = source.type.number;
    out->shape.rank = source.space.rank;
    for (size_t i = 0; i < source.space.rank; i++) {
        out->shape.dims[i] = (size_t)source.space.dims[i];
    }
    out->count = (size_t)source.space.count;
    out->floats = floats_in_place(&source);
out:
    return status;
}

plait_status hdf5_dataset_open(struct hdf5_file *file, const char *path, struct hdf5_dataset *out)
{
    struct hdf5_dataset dataset = {.file = file, .path = path};

    hdf5_begin(file);
    const plait_status status = open_dataset(file, &dataset);
    if (status != PLAIT_OK) {
        return hdf5_within(status, file, path);
    }
    *out = dataset;
    return PLAIT_OK;
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

struct reading {
    const struct source *source;
    float *out;
    struct hdf5_unfilter work;
};

static plait_status convert(const struct source *source, const unsigned char *src, uint64_t count, float *out)
{
    size_t bad;

    if (!hdf5_convert(source->type.number, src, (size_t)count, out, &bad)) {
        return error_set(PLAIT_ERR_FORMAT, "a float64 value is beyond the range of float32");
    }
    return PLAIT_OK;
}

/* Copies a chunk's rows, without what stands out over the dataset's edges. */
static plait_status copy_rows(const struct reading *reading, const struct hdf5_chunk *chunk, const unsigned char *bytes)
{
    plait_status status = PLAIT_OK;
    const struct hdf5_space *space = &reading->source->space;
    const uint64_t *size = reading->source->storage.chunk;
    const size_t last = space->rank - 1;
    uint64_t used[PLAIT_MAX_RANK]; /* of the chunk's values along each axis */
    uint64_t at[PLAIT_MAX_RANK] = {0};
    bool more = true;

    for (size_t i = 0; i <= last; i++) {
        const uint64_t left = space->dims[i] - chunk->place[i] * size[i];
        used[i] = left < size[i] ? left : size[i];
    }
    while (more) {
        uint64_t from = 0;
        uint64_t to = 0;
        for (size_t i = 0; i <= last; i++) {
            from = from * size[i] + at[i];
            to = to * space->dims[i] + chunk->place[i] * size[i] + at[i];
        }
        TRY(convert(reading->source, bytes + from * reading->source->type.bytes, used[last], reading->out + to));
        more = false;
        for (size_t i = last; i > 0 && !more; i--) {
            more = ++at[i - 1] < used[i - 1];
            at[i - 1] = more ? at[i - 1] : 0;
        }
    }
out:
    return status;
}

static plait_status read_chunk(void *user, const struct hdf5_chunk *chunk, struct hdf5_part stored)
{
    plait_status status = PLAIT_OK;
    struct reading *reading = user;
    const struct hdf5_storage *storage = &reading->source->storage;
    struct hdf5_part part;

    TRY(hdf5_unfilter(&storage->filters, chunk->skipped, stored, storage->chunk_bytes, &reading->work, &part));
    TRY(copy_rows(reading, chunk, part.at));
out:
    return status;
}

static plait_status read_dataset(const struct hdf5_dataset *dataset, float *out)
{
    plait_status status = PLAIT_OK;
    struct source source;
    struct reading reading = {.source = &source, .out = out};

    TRY(open_source(dataset->file, dataset->header, &source));
    if (source.storage.is_chunked) {
        TRY(hdf5_chunks_visit(source.file, &source.space, &source.storage, read_chunk, &reading));
    } else {
        TRY(convert(&source, source.storage.values.at, source.space.count, out));
    }
out:
    hdf5_unfilter_free(&reading.work);
    return status;
}

plait_status hdf5_dataset_read(const struct hdf5_dataset *dataset, float *out)
{
    hdf5_begin(dataset->file);
    return hdf5_within(read_dataset(dataset, out), dataset->file, dataset->path);
}
