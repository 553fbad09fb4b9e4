/* SPDX-License-Identifier: MIT */
/* Chunks: the blocks that a dataset is stored in, under any of the format's indexes. */
#ifndef LOAD_HDF5_CHUNK_H
#define LOAD_HDF5_CHUNK_H

#include "load/hdf5_storage.h"

struct hdf5_chunk {
    uint64_t place[PLAIT_MAX_RANK]; /* in the grid of chunks */
    uint64_t address;
    uint64_t bytes;   /* as stored */
    uint32_t skipped; /* filters that were left out, a bit each */
};

typedef plait_status (*hdf5_chunk_visit)(void *user, const struct hdf5_chunk *chunk, struct hdf5_part stored);

/* Calls `visit` for every chunk of a dataset, in order of place, the last axis running fastest. A chunk
 * that is missing, outside of the dataset or out of order is a failure. */
plait_status hdf5_chunks_visit(struct hdf5_file *file, const struct hdf5_space *space,
                               const struct hdf5_storage *storage, hdf5_chunk_visit visit, void *user);

#endif
