/* SPDX-License-Identifier: MIT */
#include "load/hdf5_array.h"

#include "base/error.h"

#include <inttypes.h>

enum {
    HEAD_BYTES = 14, /* signature, version, kind, address of the array */
    SUM_BYTES = 4,
};

/* ---- Heads ------------------------------------------------------------------------------------------ */

static plait_status set_page_count(uint64_t bits, struct hdf5_array *out)
{
    if (bits > 63) {
        return error_set(PLAIT_ERR_FORMAT, "an array of chunks has pages of 2^%" PRIu64 " elements", bits);
    }
    out->page_count = (uint64_t)1 << bits;
    return PLAIT_OK;
}

static plait_status open_fixed(uint64_t address, struct hdf5_array *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    TRY(hdf5_block(out->file, address, 28, "FAHD", &part));
    (void)hdf5_take(&part, 2); /* version, kind */
    out->element_bytes = hdf5_take(&part, 1);
    const uint64_t page_bits = hdf5_take(&part, 1);
    out->count = hdf5_take(&part, 8);
    out->block = hdf5_take(&part, 8);
    TRY(set_page_count(page_bits, out));
out:
    return status;
}

static plait_status open_extensible(uint64_t address, struct hdf5_array *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    TRY(hdf5_block(out->file, address, 72, "EAHD", &part));
    (void)hdf5_take(&part, 2); /* version, kind */
    out->element_bytes = hdf5_take(&part, 1);
    const uint64_t bits = hdf5_take(&part, 1); /* of the number of elements */
    out->index_count = hdf5_take(&part, 1);
    out->first_count = hdf5_take(&part, 1);
    const uint64_t pointers = hdf5_take(&part, 1); /* of the smallest super block that stands alone */
    const uint64_t page_bits = hdf5_take(&part, 1);
    (void)hdf5_take_bytes(&part, 48); /* statistics */
    out->block = hdf5_take(&part, 8);
    TRY(set_page_count(page_bits, out));
    if (!hdf5_is_power_of_two(out->first_count) || !hdf5_is_power_of_two(pointers) || bits > 64 ||
        bits < hdf5_log2(out->first_count) + 2 * hdf5_log2(pointers)) {
        return error_set(PLAIT_ERR_FORMAT,
                         "the extensible array at %" PRIu64 " is damaged: %" PRIu64 " bits, %" PRIu64
                         " elements, %" PRIu64 " pointers",
                         address, bits, out->first_count, pointers);
    }
    out->head_bytes = HEAD_BYTES + (bits + 7) / 8; /* the offset within the array */
    out->levels = 1 + bits - hdf5_log2(out->first_count);
    out->inner_levels = 2 * hdf5_log2(pointers);
    out->inner_blocks = 2 * (pointers - 1);
    out->index_bytes = HEAD_BYTES + out->index_count * out->element_bytes +
                       8 * (out->inner_blocks + out->levels - out->inner_levels) + SUM_BYTES;
out:
    return status;
}

plait_status hdf5_array_open(struct hdf5_file *file, uint64_t address, bool extensible, struct hdf5_array *out)
{
    *out = (struct hdf5_array){.file = file, .extensible = extensible};
    return extensible ? open_extensible(address, out) : open_fixed(address, out);
}

/* ---- Elements --------------------------------------------------------------------------------------- */

/* Leaves `out` at byte `at` of the block, its signature counted. */
static plait_status open_at(const struct hdf5_array *array, uint64_t address, uint64_t bytes, const char *signature,
                            uint64_t at, struct hdf5_part *out)
{
    plait_status status = PLAIT_OK;

    TRY(hdf5_block(array->file, address, bytes, signature, out));
    (void)hdf5_take_bytes(out, at - 4);
    TRY(hdf5_part_check(out, signature));
out:
    return status;
}

struct data_block {
    const char *signature;
    uint64_t address;
    uint64_t head_bytes; /* before its elements, or, if it has pages, before its own checksum */
    uint64_t count;      /* of elements */
};

/* Element `number` of a page of `count` elements, which has no head. One that was never written has no
 * right checksum. */
static plait_status page_element(const struct hdf5_array *array, uint64_t address, uint64_t count, uint64_t number,
                                 struct hdf5_part *element)
{
    plait_status status = PLAIT_OK;
    const uint64_t bytes = hdf5_product(count, array->element_bytes);
    struct hdf5_part sum;

    TRY(hdf5_window(array->file, address, hdf5_sum(bytes, SUM_BYTES), "page", element));
    sum = *element;
    (void)hdf5_take_bytes(&sum, bytes);
    TRY(hdf5_verify(array->file, address, bytes, SIZE_MAX, (uint32_t)hdf5_take(&sum, SUM_BYTES), "page"));
    (void)hdf5_take_bytes(element, number * array->element_bytes);
out:
    return status;
}

/* Element `number` of a data block, which, if it is large, has pages behind its checksum. */
static plait_status data_element(const struct hdf5_array *array, const struct data_block *block, uint64_t number,
                                 struct hdf5_part *element)
{
    plait_status status = PLAIT_OK;
    const uint64_t page = number / array->page_count;
    const uint64_t page_bytes = hdf5_sum(hdf5_product(array->page_count, array->element_bytes), SUM_BYTES);
    const uint64_t pages_at = block->head_bytes + SUM_BYTES;
    struct hdf5_part head;

    if (block->count <= array->page_count) {
        return open_at(array, block->address, hdf5_sum(hdf5_product(block->count, array->element_bytes), pages_at),
                       block->signature, block->head_bytes + number * array->element_bytes, element);
    }
    TRY(hdf5_block(array->file, block->address, pages_at, block->signature, &head));
    const uint64_t left = block->count - page * array->page_count;
    TRY(page_element(array, hdf5_sum(block->address, hdf5_sum(pages_at, hdf5_product(page, page_bytes))),
                     left < array->page_count ? left : array->page_count, number % array->page_count, element));
out:
    return status;
}

static plait_status fixed_element(const struct hdf5_array *array, uint64_t number, struct hdf5_part *element)
{
    const uint64_t pages = array->count / array->page_count + (array->count % array->page_count > 0);
    const uint64_t bitmap_bytes = pages > 1 ? pages / 8 + (pages % 8 > 0) : 0; /* the pages in use */
    const struct data_block block = {"FADB", array->block, HEAD_BYTES + bitmap_bytes, array->count};

    if (number >= array->count) {
        return error_set(PLAIT_ERR_FORMAT, "chunk %" PRIu64 " is not among the %" PRIu64 " of its array", number,
                         array->count);
    }
    return data_element(array, &block, number, element);
}

/* The address in the index block behind its elements and `i` others. */
static plait_status index_pointer(const struct hdf5_array *array, uint64_t i, uint64_t *address)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    TRY(open_at(array, array->block, array->index_bytes, "EAIB",
                HEAD_BYTES + array->index_count * array->element_bytes + 8 * i, &part));
    *address = hdf5_take(&part, 8);
out:
    return status;
}

/* The address of data block `i` of super block `level`, which has 2^(level / 2) data blocks of
 * `block_count` elements: a bitmap of the pages in use for each of them, and their addresses. */
static plait_status find_data_block(const struct hdf5_array *array, uint64_t level, uint64_t block_count, uint64_t i,
                                    uint64_t *address)
{
    plait_status status = PLAIT_OK;
    const uint64_t blocks = (uint64_t)1 << level / 2;
    const uint64_t pages = block_count > array->page_count ? block_count / array->page_count : 0;
    const uint64_t begin = hdf5_sum(array->head_bytes, hdf5_product(blocks, (pages + 7) / 8));
    struct hdf5_part part;

    if (level < array->inner_levels) {
        for (uint64_t below = 0; below < level; below++) {
            i += (uint64_t)1 << below / 2;
        }
        return index_pointer(array, i, address);
    }
    TRY(index_pointer(array, array->inner_blocks + level - array->inner_levels, address));
    TRY(open_at(array, *address, hdf5_sum(begin, 8 * blocks + SUM_BYTES), "EASB", hdf5_sum(begin, 8 * i), &part));
    *address = hdf5_take(&part, 8);
out:
    return status;
}

/* Element `number` of those behind the index block: super block `level` has data blocks of
 * 2^((level + 1) / 2) times the first size, so 2^level times that size in all. */
static plait_status extensible_element(const struct hdf5_array *array, uint64_t number, struct hdf5_part *element)
{
    plait_status status = PLAIT_OK;
    const uint64_t level = hdf5_log2(number / array->first_count + 1);
    const uint64_t in_level = number - (((uint64_t)1 << level) - 1) * array->first_count;
    struct data_block block = {"EADB", 0, array->head_bytes, array->first_count << (level + 1) / 2};

    if (level >= array->levels) {
        return error_set(PLAIT_ERR_FORMAT, "chunk %" PRIu64 " is beyond its array", number);
    }
    TRY(find_data_block(array, level, block.count, in_level / block.count, &block.address));
    TRY(data_element(array, &block, in_level % block.count, element));
out:
    return status;
}

plait_status hdf5_array_element(const struct hdf5_array *array, uint64_t number, struct hdf5_part *element)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    if (!array->extensible) {
        TRY(fixed_element(array, number, &part));
    } else if (number < array->index_count) {
        TRY(open_at(array, array->block, array->index_bytes, "EAIB", HEAD_BYTES + number * array->element_bytes,
                    &part));
    } else {
        TRY(extensible_element(array, number - array->index_count, &part));
    }
    *element = hdf5_take_part(&part, array->element_bytes);
    TRY(hdf5_part_check(element, "array of chunks"));
out:
    return status;
}
