/* SPDX-License-Identifier: MIT */
#include "load/hdf5_file.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

/* ---- Numbers ---------------------------------------------------------------------------------------- */

uint64_t hdf5_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t hdf5_product(uint64_t a, uint64_t b)
{
    return b > 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

size_t hdf5_log2(uint64_t x)
{
    size_t bits = 0;

    while (x >>= 1) {
        bits++;
    }
    return bits;
}

size_t hdf5_width(uint64_t most)
{
    return hdf5_log2(most) / 8 + 1;
}

bool hdf5_is_power_of_two(uint64_t x)
{
    return x > 0 && (x & (x - 1)) == 0;
}

/* ---- Limits ----------------------------------------------------------------------------------------- */

void hdf5_begin(struct hdf5_file *file)
{
    file->work_left = hdf5_product(file->size, HDF5_WORK_PER_BYTE);
}

plait_status hdf5_work(struct hdf5_file *file, uint64_t bytes)
{
    if (bytes > file->work_left) {
        return error_set(PLAIT_ERR_FORMAT,
                         "its structures go in circles: they take more than %d times the file to walk",
                         HDF5_WORK_PER_BYTE);
    }
    file->work_left -= bytes;
    return PLAIT_OK;
}

plait_status hdf5_within(plait_status status, const struct hdf5_file *file, const char *path)
{
    return status == PLAIT_OK ? status : error_within(status, "%s: \"%s\": ", file->name, path);
}

/* ---- Parts ------------------------------------------------------------------------------------------ */

plait_status hdf5_window(const struct hdf5_file *file, uint64_t address, uint64_t bytes, const char *what,
                         struct hdf5_part *out)
{
    *out = (struct hdf5_part){0};
    if (address == HDF5_UNDEFINED) {
        return error_set(PLAIT_ERR_FORMAT, "%s of %" PRIu64 " bytes was never written", what, bytes);
    }
    if (address > file->size || bytes > file->size - address) {
        return error_set(PLAIT_ERR_FORMAT, "%s of %" PRIu64 " bytes at %" PRIu64 " ends beyond the file (%zu bytes)",
                         what, bytes, address, file->size);
    }
    out->at = file->bytes + address;
    out->left = (size_t)bytes;
    return PLAIT_OK;
}

plait_status hdf5_part(struct hdf5_file *file, uint64_t address, uint64_t bytes, const char *what,
                       struct hdf5_part *out)
{
    const plait_status status = hdf5_window(file, address, bytes, what, out);

    return status == PLAIT_OK ? hdf5_work(file, bytes) : status;
}

const unsigned char *hdf5_take_bytes(struct hdf5_part *part, uint64_t bytes)
{
    const unsigned char *at = part->at;

    if (bytes > part->left) {
        part->left = 0;
        part->beyond = true;
        return NULL;
    }
    part->at += bytes;
    part->left -= (size_t)bytes;
    return at;
}

uint64_t hdf5_take(struct hdf5_part *part, size_t bytes)
{
    const unsigned char *at = hdf5_take_bytes(part, bytes);
    uint64_t value = 0;

    for (size_t i = 0; at && i < bytes; i++) {
        value |= (uint64_t)at[i] << 8 * i;
    }
    return value;
}

struct hdf5_part hdf5_take_part(struct hdf5_part *part, uint64_t bytes)
{
    const unsigned char *at = hdf5_take_bytes(part, bytes);

    return (struct hdf5_part){at, at ? (size_t)bytes : 0, !at};
}

plait_status hdf5_part_check(const struct hdf5_part *part, const char *what)
{
    return part->beyond ? error_set(PLAIT_ERR_FORMAT, "%s ends too early", what) : PLAIT_OK;
}

plait_status hdf5_take_signature(struct hdf5_part *part, const char *signature)
{
    const unsigned char *got = hdf5_take_bytes(part, 4);

    if (!got || memcmp(got, signature, 4) != 0) {
        return error_set(PLAIT_ERR_FORMAT, "there is no %s where one should be", signature);
    }
    return PLAIT_OK;
}

/* ---- Checksums -------------------------------------------------------------------------------------- */

static uint32_t rotate(uint32_t x, unsigned bits)
{
    return x << bits | x >> (32 - bits);
}

/* The mix of lookup3.c, May 2006, which its author gave to the public domain. */
static void mix(uint32_t s[3])
{
    static const unsigned char bits[6] = {4, 6, 8, 16, 19, 4};

    for (size_t i = 0; i < 6; i++) {
        const size_t a = i % 3;
        const size_t b = (i + 1) % 3;
        const size_t c = (i + 2) % 3;
        s[a] = (s[a] - s[c]) ^ rotate(s[c], bits[i]);
        s[c] += s[b];
    }
}

static void mix_last(uint32_t s[3])
{
    static const unsigned char bits[7] = {14, 11, 25, 16, 4, 14, 24};

    for (size_t i = 0; i < 7; i++) {
        const size_t to = (i + 2) % 3;
        const size_t from = (i + 1) % 3;
        s[to] = (s[to] ^ s[from]) - rotate(s[from], bits[i]);
    }
}

/* Adds up to 12 bytes, which begin at offset `at`, to the state; what is missing counts as zeros. */
static void add_bytes(uint32_t s[3], const unsigned char *bytes, size_t count, size_t at, size_t hole)
{
    unsigned char block[12] = {0};

    memcpy(block, bytes, count);
    for (size_t i = 0; hole != SIZE_MAX && i < 4; i++) {
        if (hole + i >= at && hole + i < at + count) {
            block[hole + i - at] = 0;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        s[i] += (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 | (uint32_t)block[4 * i + 2] << 16 |
                (uint32_t)block[4 * i + 3] << 24;
    }
}

uint32_t hdf5_checksum(const unsigned char *bytes, size_t size, size_t hole)
{
    const uint32_t first = 0xdeadbeefU + (uint32_t)size;
    uint32_t state[3] = {first, first, first};
    size_t at = 0;

    for (; size - at > 12; at += 12) {
        add_bytes(state, bytes + at, 12, at, hole);
        mix(state);
    }
    if (size > 0) {
        add_bytes(state, bytes + at, size - at, at, hole);
        mix_last(state);
    }
    return state[2];
}

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
enum { DEMANDS_CHECKSUMS = false }; /* a fuzzer would hardly get past one */
#else
enum { DEMANDS_CHECKSUMS = true };
#endif

static bool was_verified(const struct hdf5_file *file, uint64_t address, uint64_t bytes)
{
    for (size_t i = 0; i < HDF5_VERIFIED; i++) {
        if (file->verified[i].address == address && file->verified[i].bytes == bytes) {
            return true;
        }
    }
    return false;
}

plait_status hdf5_verify(struct hdf5_file *file, uint64_t address, uint64_t bytes, size_t hole, uint32_t stored,
                         const char *what)
{
    plait_status status = PLAIT_OK;

    if (was_verified(file, address, bytes)) {
        return PLAIT_OK;
    }
    TRY(hdf5_work(file, bytes));
    const uint32_t sum = hdf5_checksum(file->bytes + address, (size_t)bytes, hole);
    if (sum != stored && DEMANDS_CHECKSUMS) {
        return error_set(PLAIT_ERR_FORMAT,
                         "the %s at %" PRIu64 " is damaged: its checksum is %08" PRIx32 ", its bytes give %08" PRIx32,
                         what, address, stored, sum);
    }
    file->verified[file->verified_next].address = address;
    file->verified[file->verified_next].bytes = bytes;
    file->verified_next = (file->verified_next + 1) % HDF5_VERIFIED;
out:
    return status;
}

plait_status hdf5_block(struct hdf5_file *file, uint64_t address, uint64_t bytes, const char *signature,
                        struct hdf5_part *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part sum;

    TRY(hdf5_window(file, address, bytes, signature, out));
    TRY(hdf5_take_signature(out, signature));
    if (out->left < 4) {
        return error_set(PLAIT_ERR_FORMAT, "%s at %" PRIu64 " has %" PRIu64 " bytes, too few", signature, address,
                         bytes);
    }
    out->left -= 4;
    sum = (struct hdf5_part){out->at + out->left, 4, false};
    TRY(hdf5_verify(file, address, bytes - 4, SIZE_MAX, (uint32_t)hdf5_take(&sum, 4), signature));
out:
    return status;
}

/* ---- The superblock --------------------------------------------------------------------------------- */

static plait_status take_widths(struct hdf5_part *part)
{
    const uint64_t address = hdf5_take(part, 1);
    const uint64_t length = hdf5_take(part, 1);

    if (address != 8 || length != 8) {
        return error_set(PLAIT_ERR_FORMAT,
                         "addresses have %" PRIu64 " bytes and lengths %" PRIu64 " where plait reads 8 and 8", address,
                         length);
    }
    return PLAIT_OK;
}

/* Versions 0 and 1 end with the symbol table entry of the root group. */
static plait_status open_old(struct hdf5_file *file, unsigned version, uint64_t *base, uint64_t *end)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    TRY(hdf5_window(file, 13, version == 0 ? 83 : 87, "superblock", &part));
    TRY(take_widths(&part));
    (void)hdf5_take_bytes(&part, version == 0 ? 9 : 13); /* sizes of B-tree nodes, flags */
    *base = hdf5_take(&part, 8);
    (void)hdf5_take(&part, 8); /* free space */
    *end = hdf5_take(&part, 8);
    (void)hdf5_take_bytes(&part, 16); /* driver information, name of the root group */
    file->root = hdf5_take(&part, 8);
out:
    return status;
}

static plait_status open_new(struct hdf5_file *file, uint64_t *base, uint64_t *end)
{
    enum { FLAG_OPEN = 1 };
    plait_status status = PLAIT_OK;
    struct hdf5_part part;

    TRY(hdf5_window(file, 9, 39, "superblock", &part));
    TRY(take_widths(&part));
    if (hdf5_take(&part, 1) & FLAG_OPEN) {
        return error_set(PLAIT_ERR_FORMAT, "its writer has not closed it");
    }
    *base = hdf5_take(&part, 8);
    (void)hdf5_take(&part, 8); /* extension */
    *end = hdf5_take(&part, 8);
    file->root = hdf5_take(&part, 8);
    TRY(hdf5_verify(file, 0, 44, SIZE_MAX, (uint32_t)hdf5_take(&part, 4), "superblock"));
out:
    return status;
}

/* Where the signature stands: at 0, or behind a user block of 512, 1024, 2048 ... bytes. */
static bool find_signature(const struct hdf5_file *file, size_t *address)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

    for (size_t at = 0; at < file->size && file->size - at >= 9; at = at > 0 ? 2 * at : 512) {
        if (memcmp(file->bytes + at, signature, sizeof signature) == 0) {
            *address = at;
            return true;
        }
    }
    return false;
}

static plait_status open_superblock(struct hdf5_file *file)
{
    plait_status status = PLAIT_OK;
    uint64_t base = 0;
    uint64_t end = 0;
    size_t address;

    if (!find_signature(file, &address)) {
        return error_set(PLAIT_ERR_FORMAT, "this is no HDF5 file: HDF5's signature is missing");
    }
    if (address > 0) {
        return error_set(PLAIT_ERR_FORMAT, "it begins with a user block of %zu bytes, which plait does not read",
                         address);
    }
    const unsigned version = file->bytes[8];
    if (version > 3) {
        return error_set(PLAIT_ERR_FORMAT, "superblock version %u where plait reads 0 to 3", version);
    }
    TRY(version < 2 ? open_old(file, version, &base, &end) : open_new(file, &base, &end));
    if (base != 0) {
        return error_set(PLAIT_ERR_FORMAT, "base address %" PRIu64 " where plait reads 0", base);
    }
    if (end > file->size) {
        return error_set(PLAIT_ERR_FORMAT,
                         "the file is cut off: it has %zu bytes, but had %" PRIu64
                         " when it was written; copy it again",
                         file->size, end);
    }
out:
    return status;
}

plait_status hdf5_open(const char *name, const void *bytes, size_t size, struct hdf5_file *out)
{
    struct hdf5_file file = {.name = name, .bytes = bytes, .size = size};

    hdf5_begin(&file);
    const plait_status status = open_superblock(&file);
    if (status != PLAIT_OK) {
        return error_within(status, "%s: ", name);
    }
    *out = file;
    return PLAIT_OK;
}
