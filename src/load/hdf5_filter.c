/* SPDX-License-Identifier: MIT */
#include "load/hdf5_filter.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

enum { DEFLATE = 1, SHUFFLE = 2, FLETCHER32 = 3 };

/* ---- The pipeline ----------------------------------------------------------------------------------- */

static plait_status refuse_filter(uint64_t id)
{
    static const struct {
        unsigned id;
        const char *name;
    } known[] = {{4, "szip"}, {5, "nbit"}, {6, "scaleoffset"}, {32000, "lzf"}, {32001, "blosc"}, {32008, "bitshuffle"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].id == id) {
            return error_set(PLAIT_ERR_FORMAT,
                             "its chunks went through filter %s where plait reads deflate, shuffle and "
                             "fletcher32; write it anew without",
                             known[i].name);
        }
    }
    return error_set(PLAIT_ERR_FORMAT,
                     "its chunks went through filter %" PRIu64 " where plait reads deflate (1), shuffle "
                     "(2) and fletcher32 (3); write it anew without",
                     id);
}

/* Version 1 gives each filter a name, padded to 8 bytes, and pads its values; version 2 names only those
 * that are not HDF5's own. */
static plait_status take_filter(struct hdf5_part *body, uint64_t version, struct hdf5_filters *out)
{
    enum { OWN_IDS = 256 };
    const uint64_t id = hdf5_take(body, 2);
    const size_t name_bytes = version == 1 || id >= OWN_IDS ? (size_t)hdf5_take(body, 2) : 0;
    (void)hdf5_take(body, 2); /* flags */
    const size_t values = (size_t)hdf5_take(body, 2);
    (void)hdf5_take_bytes(body, version == 1 ? (name_bytes + 7) / 8 * 8 : name_bytes);
    struct hdf5_part value = hdf5_take_part(body, 4 * values);
    (void)hdf5_take_bytes(body, version == 1 && values % 2 == 1 ? 4 : 0);

    if (id != DEFLATE && id != SHUFFLE && id != FLETCHER32) {
        return refuse_filter(id);
    }
    out->items[out->count].id = (unsigned)id;
    out->items[out->count].value_bytes = id == SHUFFLE ? (size_t)hdf5_take(&value, 4) : 0;
    out->count++;
    return id == SHUFFLE ? hdf5_part_check(&value, "filter message") : PLAIT_OK;
}

plait_status hdf5_filters_parse(struct hdf5_part body, struct hdf5_filters *out)
{
    plait_status status = PLAIT_OK;
    const uint64_t version = hdf5_take(&body, 1);
    const uint64_t count = hdf5_take(&body, 1);

    *out = (struct hdf5_filters){0};
    if (version != 1 && version != 2) {
        return error_set(PLAIT_ERR_FORMAT, "filter message version %" PRIu64 " where plait reads 1 and 2", version);
    }
    if (count > HDF5_MOST_FILTERS) {
        return error_set(PLAIT_ERR_FORMAT, "%" PRIu64 " filters where plait reads up to %d", count, HDF5_MOST_FILTERS);
    }
    (void)hdf5_take_bytes(&body, version == 1 ? 6 : 0);
    for (uint64_t i = 0; i < count; i++) {
        TRY(hdf5_part_check(&body, "filter message"));
        TRY(take_filter(&body, version, out));
    }
    TRY(hdf5_part_check(&body, "filter message"));
out:
    return status;
}

/* ---- Undoing ---------------------------------------------------------------------------------------- */

static void *zlib_alloc(void *opaque, unsigned count, unsigned size)
{
    void *memory = NULL;

    (void)opaque;
    return mem_alloc(&memory, count, size) == PLAIT_OK ? memory : NULL;
}

static void zlib_free(void *opaque, void *memory)
{
    (void)opaque;
    mem_free(memory);
}

/* Inflates into at most `room` bytes. */
static plait_status undo_deflate(struct hdf5_part stored, unsigned char *buffer, size_t room, struct hdf5_part *out)
{
    z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free};

    stream.next_in = stored.at;
    stream.avail_in = (unsigned)stored.left;
    stream.next_out = buffer;
    stream.avail_out = (unsigned)room;
    if (inflateInit(&stream) != Z_OK) {
        return PLAIT_ERR_HOST_MEMORY; /* as zlib_alloc said */
    }
    const int code = inflate(&stream, Z_FINISH);
    const bool is_whole = code == Z_STREAM_END && stream.avail_in == 0;
    *out = (struct hdf5_part){buffer, room - stream.avail_out, false};
    inflateEnd(&stream);
    if (code == Z_MEM_ERROR) {
        return PLAIT_ERR_HOST_MEMORY;
    }
    return is_whole ? PLAIT_OK : error_set(PLAIT_ERR_FORMAT, "its deflated bytes are damaged");
}

/* Puts the bytes of each value, which were sorted by their place in it, side by side again. Bytes after
 * the last whole value were left alone. */
static plait_status undo_shuffle(struct hdf5_part stored, size_t value_bytes, unsigned char *buffer, size_t room,
                                 struct hdf5_part *out)
{
    const size_t count = value_bytes > 0 ? stored.left / value_bytes : 0;

    if (stored.left > room) {
        return error_set(PLAIT_ERR_FORMAT, "a chunk has %zu shuffled bytes where there is room for %zu", stored.left,
                         room);
    }
    for (size_t place = 0; place < value_bytes && count > 0; place++) {
        const unsigned char *from = stored.at + place * count;
        for (size_t i = 0; i < count; i++) {
            buffer[i * value_bytes + place] = from[i];
        }
    }
    const size_t done = count * value_bytes;
    memcpy(buffer + done, stored.at + done, stored.left - done);
    *out = (struct hdf5_part){buffer, stored.left, false};
    return PLAIT_OK;
}

/* Fletcher's checksum over 16-bit words, the first byte the more significant one. */
static uint32_t fletcher32(const unsigned char *bytes, size_t size)
{
    enum { MOST_WORDS = 360 }; /* whose sums stay within 32 bits */
    uint32_t sum = 0;
    uint32_t sum_of_sums = 0;

    for (size_t at = 0; at < size;) {
        for (size_t i = 0; i < MOST_WORDS && at < size; i++, at += 2) {
            sum += (uint32_t)bytes[at] << 8 | (at + 1 < size ? bytes[at + 1] : 0U);
            sum_of_sums += sum;
        }
        sum = (sum & 0xffffU) + (sum >> 16);
        sum_of_sums = (sum_of_sums & 0xffffU) + (sum_of_sums >> 16);
    }
    sum = (sum & 0xffffU) + (sum >> 16);
    sum_of_sums = (sum_of_sums & 0xffffU) + (sum_of_sums >> 16);
    return sum_of_sums << 16 | sum;
}

static plait_status undo_fletcher32(struct hdf5_part stored, struct hdf5_part *out)
{
    struct hdf5_part bytes = hdf5_take_part(&stored, stored.left < 4 ? 0 : stored.left - 4);
    const uint64_t wanted = hdf5_take(&stored, 4);
    const uint32_t got = fletcher32(bytes.at, bytes.left);

    if (stored.beyond || got != wanted) {
        return error_set(PLAIT_ERR_FORMAT,
                         "a chunk is damaged: its fletcher32 is %08" PRIx64 ", its bytes give %08" PRIx32, wanted, got);
    }
    *out = bytes;
    return PLAIT_OK;
}

static plait_status undo(const struct hdf5_filters *filters, size_t i, unsigned char *buffer, size_t room,
                         struct hdf5_part *bytes)
{
    switch (filters->items[i].id) {
    case DEFLATE:
        return undo_deflate(*bytes, buffer, room, bytes);
    case SHUFFLE:
        return undo_shuffle(*bytes, filters->items[i].value_bytes, buffer, room, bytes);
    default:
        return undo_fletcher32(*bytes, bytes);
    }
}

/* Makes room for chunks of `bytes` bytes, if that many can come of `stored` ones. */
static plait_status prepare(uint64_t bytes, uint64_t stored, struct hdf5_unfilter *work)
{
    plait_status status = PLAIT_OK;
    const uint64_t room = bytes + 4 * HDF5_MOST_FILTERS; /* with their checksums */

    if (bytes / HDF5_MOST_RATIO > stored || room > UINT32_MAX || stored > UINT32_MAX) {
        return error_set(PLAIT_ERR_FORMAT, "chunks of %" PRIu64 " bytes cannot come of %" PRIu64 " stored ones", bytes,
                         stored);
    }
    for (size_t i = 0; i < 2 && work->room == 0; i++) {
        TRY(mem_alloc(&work->buffers[i], (size_t)room, 1));
    }
    work->room = (size_t)room;
out:
    return status;
}

plait_status hdf5_unfilter(const struct hdf5_filters *filters, uint32_t skipped, struct hdf5_part stored,
                           uint64_t bytes, struct hdf5_unfilter *work, struct hdf5_part *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part current = stored;

    if (filters->count > 0) {
        TRY(prepare(bytes, stored.left, work));
    }
    for (size_t i = filters->count; i > 0; i--) {
        if ((skipped >> (i - 1) & 1) == 0) {
            unsigned char *other = work->buffers[current.at == work->buffers[0]];
            TRY(undo(filters, i - 1, other, work->room, &current));
        }
    }
    if (current.left != bytes) {
        return error_set(PLAIT_ERR_FORMAT, "a chunk has %zu bytes where %" PRIu64 " should be", current.left, bytes);
    }
    *out = current;
out:
    return status;
}

void hdf5_unfilter_free(struct hdf5_unfilter *work)
{
    mem_free(work->buffers[0]);
    mem_free(work->buffers[1]);
    *work = (struct hdf5_unfilter){0};
}
