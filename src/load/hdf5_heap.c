/* SPDX-License-Identifier: MIT */
#include "load/hdf5_heap.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

/* ---- Local heap ------------------------------------------------------------------------------------- */

plait_status hdf5_local_heap(struct hdf5_file *file, uint64_t address, struct hdf5_part *segment)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    TRY(hdf5_window(file, address, 32, "local heap", &part));
    TRY(hdf5_take_signature(&part, "HEAP"));
    (void)hdf5_take(&part, 4); /* version */
    const uint64_t bytes = hdf5_take(&part, 8);
    (void)hdf5_take(&part, 8); /* free list */
    TRY(hdf5_window(file, hdf5_take(&part, 8), bytes, "local heap's segment", segment));
out:
    return status;
}

plait_status hdf5_local_text(struct hdf5_file *file, struct hdf5_part segment, uint64_t offset, const char **text)
{
    const unsigned char *begin = offset < segment.left ? segment.at + offset : NULL;
    const unsigned char *end = begin ? memchr(begin, 0, segment.left - (size_t)offset) : NULL;

    if (!end) {
        return error_set(PLAIT_ERR_FORMAT, "a name at %" PRIu64 " ends beyond its local heap (%zu bytes)", offset,
                         segment.left);
    }
    *text = (const char *)begin;
    return hdf5_work(file, (uint64_t)(end - begin));
}

/* ---- Global heap ------------------------------------------------------------------------------------ */

static plait_status open_collection(struct hdf5_file *file, uint64_t address, struct hdf5_collection *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part head;

    TRY(hdf5_window(file, address, 16, "global heap", &head));
    TRY(hdf5_take_signature(&head, "GCOL"));
    (void)hdf5_take(&head, 4); /* version */
    TRY(hdf5_window(file, address, hdf5_take(&head, 8), "global heap", &out->all));
    (void)hdf5_take_bytes(&out->all, 16);
    out->address = address;
    out->rest = out->all;
out:
    return status;
}

/* The next object, each of which is padded to 8 bytes. False at the end, which free space, of index 0,
 * may take up. */
static bool next_object(struct hdf5_collection *collection, uint64_t *index, struct hdf5_part *object)
{
    *index = hdf5_take(&collection->rest, 2);
    (void)hdf5_take(&collection->rest, 6); /* number of references */
    const uint64_t bytes = hdf5_take(&collection->rest, 8);
    if (*index == 0 || bytes > collection->rest.left) {
        return false;
    }
    *object = hdf5_take_part(&collection->rest, bytes);
    (void)hdf5_take_bytes(&collection->rest, (-bytes % 8));
    return true;
}

plait_status hdf5_global_object(struct hdf5_file *file, struct hdf5_collection *collection, uint64_t address,
                                uint64_t index, struct hdf5_part *object)
{
    plait_status status = PLAIT_OK;
    uint64_t found = 0;

    if (collection->address != address) {
        TRY(open_collection(file, address, collection));
    }
    for (size_t rounds = 0; rounds < 2; rounds++) {
        while (next_object(collection, &found, object)) {
            TRY(hdf5_work(file, 16));
            if (found == index) {
                return PLAIT_OK;
            }
        }
        collection->rest = collection->all;
    }
    return error_set(PLAIT_ERR_FORMAT, "the global heap at %" PRIu64 " has no object %" PRIu64, address, index);
out:
    return status;
}

/* ---- Fractal heap ----------------------------------------------------------------------------------- */

/* The table's geometry, the last part of the header. */
static plait_status take_table(struct hdf5_part *part, uint64_t max_object_bytes, struct hdf5_fractal *out)
{
    enum { MOST_BITS = 48 }; /* of a heap's size, far beyond any file's: keeps products within 64 bits */

    out->width = hdf5_take(part, 2);
    out->first_bytes = hdf5_take(part, 8);
    out->max_direct_bytes = hdf5_take(part, 8);
    const size_t heap_bits = (size_t)hdf5_take(part, 2);
    (void)hdf5_take(part, 2); /* rows of a new root */
    out->root = hdf5_take(part, 8);
    out->root_rows = (size_t)hdf5_take(part, 2);
    if (!hdf5_is_power_of_two(out->width) || !hdf5_is_power_of_two(out->first_bytes) ||
        !hdf5_is_power_of_two(out->max_direct_bytes) || out->first_bytes > out->max_direct_bytes || heap_bits > 64 ||
        hdf5_log2(out->width) + hdf5_log2(out->max_direct_bytes) > MOST_BITS || out->root_rows > MOST_BITS) {
        return error_set(PLAIT_ERR_FORMAT,
                         "the fractal heap at %" PRIu64 " is damaged: %" PRIu64 " blocks a row, of %" PRIu64
                         " to %" PRIu64 " bytes, %zu rows, sizes of %zu bits",
                         out->address, out->width, out->first_bytes, out->max_direct_bytes, out->root_rows, heap_bits);
    }
    out->offset_bytes = (heap_bits + 7) / 8;
    const size_t direct_length = hdf5_width(out->max_direct_bytes);
    const size_t object_length = hdf5_width(max_object_bytes);
    out->length_bytes = direct_length < object_length ? direct_length : object_length;
    return PLAIT_OK;
}

plait_status hdf5_fractal_open(struct hdf5_file *file, uint64_t address, struct hdf5_fractal *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    *out = (struct hdf5_fractal){.file = file, .address = address};
    TRY(hdf5_window(file, address, 9, "FRHP", &part));
    (void)hdf5_take_bytes(&part, 7); /* signature, version, length of ids */
    if (hdf5_take(&part, 2) != 0) {
        return error_set(PLAIT_ERR_FORMAT, "the fractal heap at %" PRIu64 " is filtered, which plait does not read",
                         address);
    }
    TRY(hdf5_block(file, address, 146, "FRHP", &part));
    (void)hdf5_take(&part, 1); /* version */
    out->id_bytes = (size_t)hdf5_take(&part, 2);
    (void)hdf5_take(&part, 2); /* filters */
    out->checksums = hdf5_take(&part, 1) & 2;
    const uint64_t max_object_bytes = hdf5_take(&part, 4);
    (void)hdf5_take_bytes(&part, 96); /* huge objects, free space, statistics */
    TRY(take_table(&part, max_object_bytes, out));
    if (out->id_bytes < 1 + out->offset_bytes + out->length_bytes) {
        return error_set(PLAIT_ERR_FORMAT, "the fractal heap at %" PRIu64 " has ids of %zu bytes, too few", address,
                         out->id_bytes);
    }
out:
    return status;
}

/* The window of a direct block, whose head counts as part of the heap's offsets. */
static plait_status open_direct(const struct hdf5_fractal *heap, uint64_t address, uint64_t bytes,
                                struct hdf5_part *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part head;

    TRY(hdf5_window(heap->file, address, bytes, "direct block of a fractal heap", out));
    head = *out;
    TRY(hdf5_take_signature(&head, "FHDB"));
    (void)hdf5_take_bytes(&head, 9 + heap->offset_bytes); /* version, address of the heap, offset in it */
    if (heap->checksums) {
        const uint32_t sum = (uint32_t)hdf5_take(&head, 4);
        TRY(hdf5_verify(heap->file, address, bytes, 13 + heap->offset_bytes, sum, "FHDB"));
    }
    TRY(hdf5_part_check(&head, "direct block of a fractal heap"));
out:
    return status;
}

/* The child of a table at *address, of `rows` rows, in which *offset lies: makes *address and *offset those
 * of the child and the offset in it, and sets its size. */
static plait_status descend(const struct hdf5_fractal *heap, size_t rows, uint64_t *address, uint64_t *offset,
                            uint64_t *child_bytes)
{
    plait_status status = PLAIT_OK;
    const uint64_t row_bytes = heap->width * heap->first_bytes;
    const size_t row = *offset < row_bytes ? 0 : hdf5_log2(*offset / row_bytes) + 1;
    struct hdf5_part part;

    if (row >= rows) {
        return error_set(PLAIT_ERR_FORMAT, "an object lies beyond its fractal heap at %" PRIu64, heap->address);
    }
    const uint64_t row_begin = row > 0 ? row_bytes << (row - 1) : 0;
    *child_bytes = row > 0 ? heap->first_bytes << (row - 1) : heap->first_bytes;
    const uint64_t column = (*offset - row_begin) / *child_bytes;
    *offset = (*offset - row_begin) % *child_bytes;
    TRY(hdf5_block(heap->file, *address, 4 + 9 + heap->offset_bytes + 8 * heap->width * rows + 4, "FHIB", &part));
    (void)hdf5_take_bytes(&part, (9 + heap->offset_bytes + 8 * (heap->width * row + column)));
    *address = hdf5_take(&part, 8);
out:
    return status;
}

plait_status hdf5_fractal_object(const struct hdf5_fractal *heap, const unsigned char *id, struct hdf5_part *object)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part = {id + 1, heap->id_bytes - 1, false};
    uint64_t offset = hdf5_take(&part, heap->offset_bytes);
    const uint64_t bytes = hdf5_take(&part, heap->length_bytes);
    uint64_t address = heap->root;
    uint64_t block_bytes = heap->first_bytes;
    size_t rows = heap->root_rows;

    if (id[0] != 0) {
        return error_set(PLAIT_ERR_FORMAT,
                         "it is a huge or tiny object of the fractal heap at %" PRIu64
                         " (kind %d), which plait does not read",
                         heap->address, id[0] >> 4);
    }
    while (rows > 0) {
        TRY(descend(heap, rows, &address, &offset, &block_bytes));
        rows =
            block_bytes > heap->max_direct_bytes ? hdf5_log2(block_bytes / (heap->width * heap->first_bytes)) + 1 : 0;
    }
    TRY(open_direct(heap, address, block_bytes, &part));
    (void)hdf5_take_bytes(&part, (offset < part.left ? offset : part.left));
    *object = hdf5_take_part(&part, bytes);
    TRY(hdf5_work(heap->file, bytes));
    TRY(hdf5_part_check(&part, "direct block of a fractal heap"));
out:
    return status;
}
