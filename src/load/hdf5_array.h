/* SPDX-License-Identifier: MIT */
/* Fixed and extensible arrays, which index the chunks of a dataset by their number. */
#ifndef LOAD_HDF5_ARRAY_H
#define LOAD_HDF5_ARRAY_H

#include "load/hdf5_file.h"

/* A fixed array has one data block. An extensible one has an index block with the first elements and the
 * addresses of data blocks, and, behind those, of super blocks with the addresses of more. Large data
 * blocks are pages, each with its checksum. */
struct hdf5_array {
    struct hdf5_file *file;
    bool extensible;
    uint64_t block; /* address of the data block, or of the index block */
    uint64_t element_bytes;
    uint64_t page_count; /* of elements in a page */
    uint64_t count;      /* of elements: fixed */
    /* Of an extensible array: */
    uint64_t head_bytes;   /* of a data or super block, before its elements or pointers */
    uint64_t first_count;  /* of elements in the smallest data block */
    uint64_t levels;       /* of super blocks, the inner ones counted */
    uint64_t inner_levels; /* of super blocks whose pointers stand in the index block */
    uint64_t inner_blocks; /* of data blocks that these have */
    uint64_t index_count;  /* of elements in the index block */
    uint64_t index_bytes;  /* of the index block */
};

plait_status hdf5_array_open(struct hdf5_file *file, uint64_t address, bool extensible, struct hdf5_array *out);

/* The element of a number, array->element_bytes bytes. */
plait_status hdf5_array_element(const struct hdf5_array *array, uint64_t number, struct hdf5_part *element);

#endif
