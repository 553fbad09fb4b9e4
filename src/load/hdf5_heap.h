/* SPDX-License-Identifier: MIT */
/* The three heaps: local (names of an old group), global (texts of variable length), fractal (links and
 * attributes of an object that has many). */
#ifndef LOAD_HDF5_HEAP_H
#define LOAD_HDF5_HEAP_H

#include "load/hdf5_file.h"

/* ---- Local heap ---- */

/* The segment with the texts of the local heap at an address. */
plait_status hdf5_local_heap(struct hdf5_file *file, uint64_t address, struct hdf5_part *segment);

/* A text, which ends with 0, at an offset in the segment. */
plait_status hdf5_local_text(struct hdf5_file *file, struct hdf5_part segment, uint64_t offset, const char **text);

/* ---- Global heap ---- */

/* The collection of objects that was looked at last: lists of texts stand in it in order, so each next
 * one is found behind the last. All zero: none. */
struct hdf5_collection {
    uint64_t address;
    struct hdf5_part all;
    struct hdf5_part rest;
};

plait_status hdf5_global_object(struct hdf5_file *file, struct hdf5_collection *collection, uint64_t address,
                                uint64_t index, struct hdf5_part *object);

/* ---- Fractal heap ---- */

/* Blocks in rows of `width`: rows 0 and 1 of the first size, each further row of twice the size before;
 * beyond max_direct_bytes a block is again such a table. All three are powers of two. */
struct hdf5_fractal {
    struct hdf5_file *file;
    uint64_t address;
    uint64_t root;
    size_t root_rows;    /* 0: the root is a direct block */
    bool checksums;      /* direct blocks have them */
    size_t offset_bytes; /* of an offset within the heap */
    size_t length_bytes; /* of an object's length, in its id */
    size_t id_bytes;
    uint64_t width;
    uint64_t first_bytes;
    uint64_t max_direct_bytes;
};

plait_status hdf5_fractal_open(struct hdf5_file *file, uint64_t address, struct hdf5_fractal *out);

/* The object of an id of heap->id_bytes bytes. */
plait_status hdf5_fractal_object(const struct hdf5_fractal *heap, const unsigned char *id, struct hdf5_part *object);

#endif
