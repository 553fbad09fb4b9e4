/* SPDX-License-Identifier: MIT */
/* The bytes of an HDF5 file: parts of it within bounds, fields from front to back, checksums, and a limit
 * on the work of one call. */
#ifndef LOAD_HDF5_FILE_H
#define LOAD_HDF5_FILE_H

#include "load/hdf5.h"

/* The address of what is not there. */
#define HDF5_UNDEFINED UINT64_MAX

/* A part of the file that is taken from front to back. Taking more than there is yields zeros and is
 * remembered, so that a structure is taken whole and then checked once, with hdf5_part_check. */
struct hdf5_part {
    const unsigned char *at;
    size_t left;
    bool beyond;
};

/* Sums and products that stay at UINT64_MAX, which is beyond any file, once they do not fit. */
uint64_t hdf5_sum(uint64_t a, uint64_t b);
uint64_t hdf5_product(uint64_t a, uint64_t b);

/* The number of the highest bit; 0 for 0. */
size_t hdf5_log2(uint64_t x);

/* How many bytes a number up to `most` is written with. */
size_t hdf5_width(uint64_t most);

bool hdf5_is_power_of_two(uint64_t x);

/* What a call may walk through, in multiples of the file's bytes: structures lie in the file once, so a
 * call that needs more goes in circles. */
enum { HDF5_WORK_PER_BYTE = 16 };

/* Begins a call. */
void hdf5_begin(struct hdf5_file *file);

/* Takes `bytes` off what the call may still do. */
plait_status hdf5_work(struct hdf5_file *file, uint64_t bytes);

/* The bytes at an address; `what` names them in messages. */
plait_status hdf5_window(const struct hdf5_file *file, uint64_t address, uint64_t bytes, const char *what,
                         struct hdf5_part *out);

/* The same for bytes that are walked through at once, which counts as work. */
plait_status hdf5_part(struct hdf5_file *file, uint64_t address, uint64_t bytes, const char *what,
                       struct hdf5_part *out);

/* A window of a block that begins with a signature of four letters and ends with a checksum; both are
 * checked and are not part of `out`. */
plait_status hdf5_block(struct hdf5_file *file, uint64_t address, uint64_t bytes, const char *signature,
                        struct hdf5_part *out);

/* Checks the checksum `stored` of a block that was summed with 4 zero bytes at `hole`, an offset in it. */
plait_status hdf5_verify(struct hdf5_file *file, uint64_t address, uint64_t bytes, size_t hole, uint32_t stored,
                         const char *what);

/* Bob Jenkins's lookup3, which also hashes names; `hole` as above, SIZE_MAX for none. */
uint32_t hdf5_checksum(const unsigned char *bytes, size_t size, size_t hole);

/* The next `bytes` bytes as they are; NULL if there are fewer. */
const unsigned char *hdf5_take_bytes(struct hdf5_part *part, uint64_t bytes);

/* The next `bytes` (at most 8) as a number, least significant byte first. */
uint64_t hdf5_take(struct hdf5_part *part, size_t bytes);

/* The next bytes as a part of their own. */
struct hdf5_part hdf5_take_part(struct hdf5_part *part, uint64_t bytes);

/* Fails if more was taken than there was. */
plait_status hdf5_part_check(const struct hdf5_part *part, const char *what);

/* Takes four letters; fails if they are not the signature. */
plait_status hdf5_take_signature(struct hdf5_part *part, const char *signature);

/* Puts the file's name and the path before the message of a failure; returns `status`. */
plait_status hdf5_within(plait_status status, const struct hdf5_file *file, const char *path);

#endif
