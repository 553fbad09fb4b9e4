/* SPDX-License-Identifier: MIT */
/* Where a dataset's values lie: in one piece, in the object header, or in chunks. */
#ifndef LOAD_HDF5_STORAGE_H
#define LOAD_HDF5_STORAGE_H

#include "load/hdf5_filter.h"
#include "load/hdf5_type.h"

/* How chunks are found. The numbers are the format's, but for the first. */
enum hdf5_index {
    HDF5_INDEX_TREE1 = 0,
    HDF5_INDEX_SINGLE = 1,
    HDF5_INDEX_IMPLICIT = 2,
    HDF5_INDEX_FIXED_ARRAY = 3,
    HDF5_INDEX_EXTENSIBLE_ARRAY = 4,
    HDF5_INDEX_TREE2 = 5,
};

struct hdf5_storage {
    bool is_chunked;
    struct hdf5_part values; /* all of them, if they are not in chunks */
    enum hdf5_index index;
    uint64_t index_address;         /* of the index, or of the chunk if there is only one */
    uint64_t single_bytes;          /* HDF5_INDEX_SINGLE, filtered: the chunk's stored size */
    uint32_t single_skipped;        /* and the filters that were left out */
    uint64_t chunk[PLAIT_MAX_RANK]; /* values of a chunk along each axis */
    uint64_t chunk_bytes;           /* before filters */
    struct hdf5_filters filters;
};

/* Reads the layout and filter messages of the object whose header is at an address, whose values have
 * this shape and type. */
plait_status hdf5_storage_open(struct hdf5_file *file, uint64_t address, const struct hdf5_space *space,
                               const struct hdf5_type *type, struct hdf5_storage *out);

#endif
