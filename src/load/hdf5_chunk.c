/* SPDX-License-Identifier: MIT */
#include "load/hdf5_chunk.h"

#include "base/error.h"
#include "load/hdf5_array.h"
#include "load/hdf5_tree.h"

#include <inttypes.h>

/* A walk through the chunks of a dataset. */
struct walk {
    struct hdf5_file *file;
    const struct hdf5_space *space;
    const struct hdf5_storage *storage;
    hdf5_chunk_visit visit;
    void *user;
    uint64_t grid[PLAIT_MAX_RANK]; /* chunks along each axis */
    uint64_t total;
    uint64_t next;       /* number of the chunk that must come next */
    size_t size_bytes;   /* of a chunk's stored size, in new indexes of filtered chunks */
    size_t record_bytes; /* HDF5_INDEX_TREE2 */
    struct hdf5_array array;
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b > 0);
}

static plait_status found(struct walk *walk, const struct hdf5_chunk *chunk)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part stored;
    uint64_t number = 0;

    for (size_t i = 0; i < walk->space->rank; i++) {
        if (chunk->place[i] >= walk->grid[i]) {
            return error_set(PLAIT_ERR_FORMAT, "a chunk lies outside of the dataset");
        }
        number = number * walk->grid[i] + chunk->place[i];
    }
    if (number != walk->next || chunk->address == HDF5_UNDEFINED) {
        return error_set(PLAIT_ERR_FORMAT,
                         "chunk %" PRIu64 " of %" PRIu64 " was never written, or twice: it has only a "
                         "fill value, which plait does not read",
                         walk->next, walk->total);
    }
    walk->next++;
    TRY(hdf5_part(walk->file, chunk->address, chunk->bytes, "chunk", &stored));
    TRY(walk->visit(walk->user, chunk, stored));
out:
    return status;
}

/* ---- Trees ------------------------------------------------------------------------------------------ */

/* A key has the stored size, the filters left out, and where the chunk begins along each axis, with an
 * axis more for the bytes of a value. */
static plait_status visit_key(void *user, const unsigned char *key, uint64_t address)
{
    const struct walk *walk = user;
    struct hdf5_part part = {key, 8 + 8 * walk->space->rank, false};
    struct hdf5_chunk chunk = {.address = address};

    chunk.bytes = hdf5_take(&part, 4);
    chunk.skipped = (uint32_t)hdf5_take(&part, 4);
    for (size_t i = 0; i < walk->space->rank; i++) {
        const uint64_t begin = hdf5_take(&part, 8);
        chunk.place[i] = begin / walk->storage->chunk[i];
        if (begin % walk->storage->chunk[i] != 0) {
            return error_set(PLAIT_ERR_FORMAT, "a chunk begins at %" PRIu64 ", no multiple of its size %" PRIu64, begin,
                             walk->storage->chunk[i]);
        }
    }
    return found(user, &chunk);
}

static plait_status visit_tree1(struct walk *walk)
{
    const struct hdf5_tree1 tree = {HDF5_TREE1_CHUNKS, 8 + 8 * (walk->space->rank + 1), NULL, visit_key, walk};

    return hdf5_tree1_visit(walk->file, walk->storage->index_address, &tree);
}

/* Takes what a record of a tree and an element of an array begin with. */
static void take_chunk(const struct walk *walk, struct hdf5_part *part, struct hdf5_chunk *out)
{
    *out = (struct hdf5_chunk){.address = hdf5_take(part, 8), .bytes = walk->storage->chunk_bytes};
    if (walk->storage->filters.count > 0) {
        out->bytes = hdf5_take(part, walk->size_bytes);
        out->skipped = (uint32_t)hdf5_take(part, 4);
    }
}

static plait_status visit_record(void *user, const unsigned char *record)
{
    const struct walk *walk = user;
    struct hdf5_part part = {record, walk->record_bytes, false};
    struct hdf5_chunk chunk;

    take_chunk(walk, &part, &chunk);
    for (size_t i = 0; i < walk->space->rank; i++) {
        chunk.place[i] = hdf5_take(&part, 8);
    }
    return found(user, &chunk);
}

static plait_status visit_tree2(struct walk *walk)
{
    const bool filtered = walk->storage->filters.count > 0;
    struct hdf5_tree2 tree = {.visit = visit_record, .user = walk};

    walk->record_bytes = 8 + (filtered ? walk->size_bytes + 4 : 0) + 8 * walk->space->rank;
    tree.record_bytes = walk->record_bytes;
    tree.type = filtered ? HDF5_TREE2_FILTERED_CHUNKS : HDF5_TREE2_CHUNKS;
    return hdf5_tree2_visit(walk->file, walk->storage->index_address, &tree);
}

/* ---- Places in order -------------------------------------------------------------------------------- */

/* The axis that may grow without limit: of an extensible array there is one, and it counts as the first. */
static size_t first_axis(const struct walk *walk)
{
    size_t axis = 0;

    while (axis + 1 < walk->space->rank && walk->space->most[axis] != UINT64_MAX) {
        axis++;
    }
    return walk->storage->index == HDF5_INDEX_EXTENSIBLE_ARRAY ? axis : 0;
}

/* The number of a chunk in an array, which has room for what the dataset may grow to. */
static uint64_t number_in_array(const struct walk *walk, const uint64_t *place)
{
    const size_t first = first_axis(walk);
    uint64_t number = place[first];

    for (size_t i = 0; i < walk->space->rank; i++) {
        const uint64_t most = divide_up(walk->space->most[i], walk->storage->chunk[i]);
        number = i == first ? number : hdf5_sum(hdf5_product(number, most), place[i]);
    }
    return number;
}

/* The chunk at a place, for the indexes that need no search. */
static plait_status chunk_at(struct walk *walk, const uint64_t *place, struct hdf5_chunk *out)
{
    plait_status status = PLAIT_OK;
    const struct hdf5_storage *storage = walk->storage;
    const uint64_t number = number_in_array(walk, place);
    struct hdf5_part element;

    if (storage->index == HDF5_INDEX_SINGLE) {
        *out = (struct hdf5_chunk){.bytes = storage->single_bytes, .skipped = storage->single_skipped};
        out->address = storage->index_address;
    } else if (storage->index == HDF5_INDEX_IMPLICIT) {
        *out = (struct hdf5_chunk){.bytes = storage->chunk_bytes};
        out->address = hdf5_sum(storage->index_address, hdf5_product(number, storage->chunk_bytes));
    } else {
        TRY(hdf5_array_element(&walk->array, number, &element));
        take_chunk(walk, &element, out);
        TRY(hdf5_part_check(&element, "array of chunks"));
    }
out:
    return status;
}

static plait_status visit_places(struct walk *walk)
{
    plait_status status = PLAIT_OK;
    uint64_t place[PLAIT_MAX_RANK] = {0};
    struct hdf5_chunk chunk;

    while (walk->next < walk->total) {
        TRY(hdf5_work(walk->file, 1));
        TRY(chunk_at(walk, place, &chunk));
        for (size_t i = 0; i < walk->space->rank; i++) {
            chunk.place[i] = place[i];
        }
        TRY(found(walk, &chunk));
        for (size_t i = walk->space->rank; i > 0 && ++place[i - 1] == walk->grid[i - 1]; i--) {
            place[i - 1] = 0;
        }
    }
out:
    return status;
}

static plait_status visit_array(struct walk *walk)
{
    plait_status status = PLAIT_OK;
    const bool extensible = walk->storage->index == HDF5_INDEX_EXTENSIBLE_ARRAY;
    const uint64_t element_bytes = 8 + (walk->storage->filters.count > 0 ? walk->size_bytes + 4 : 0);

    TRY(hdf5_array_open(walk->file, walk->storage->index_address, extensible, &walk->array));
    if (walk->array.element_bytes != element_bytes) {
        return error_set(PLAIT_ERR_FORMAT,
                         "its array of chunks has elements of %" PRIu64 " bytes where %" PRIu64 " should be",
                         walk->array.element_bytes, element_bytes);
    }
    TRY(visit_places(walk));
out:
    return status;
}

/* ---- Any index -------------------------------------------------------------------------------------- */

/* How many bytes new indexes write the stored size of a chunk with: one more than its true size needs. */
static size_t size_width(uint64_t chunk_bytes)
{
    const size_t width = hdf5_width(chunk_bytes) + 1;

    return width < 8 ? width : 8;
}

static plait_status visit_index(struct walk *walk)
{
    switch (walk->storage->index) {
    case HDF5_INDEX_TREE1:
        return visit_tree1(walk);
    case HDF5_INDEX_TREE2:
        return visit_tree2(walk);
    case HDF5_INDEX_FIXED_ARRAY:
    case HDF5_INDEX_EXTENSIBLE_ARRAY:
        return visit_array(walk);
    default:
        return visit_places(walk);
    }
}

plait_status hdf5_chunks_visit(struct hdf5_file *file, const struct hdf5_space *space,
                               const struct hdf5_storage *storage, hdf5_chunk_visit visit, void *user)
{
    plait_status status = PLAIT_OK;
    struct walk walk = {.file = file, .space = space, .storage = storage, .visit = visit, .user = user, .total = 1};

    for (size_t i = 0; i < space->rank; i++) {
        walk.grid[i] = divide_up(space->dims[i], storage->chunk[i]);
        walk.total *= walk.grid[i]; /* no more than values, whose number was checked */
    }
    if (walk.total == 0) {
        return PLAIT_OK;
    }
    if (storage->index == HDF5_INDEX_SINGLE && walk.total > 1) {
        return error_set(PLAIT_ERR_FORMAT, "it has %" PRIu64 " chunks and an index for one", walk.total);
    }
    walk.size_bytes = size_width(storage->chunk_bytes);
    TRY(visit_index(&walk));
    if (walk.next < walk.total) {
        return error_set(PLAIT_ERR_FORMAT,
                         "chunk %" PRIu64 " of %" PRIu64 " was never written: it has only a fill value, "
                         "which plait does not read",
                         walk.next, walk.total);
    }
out:
    return status;
}
