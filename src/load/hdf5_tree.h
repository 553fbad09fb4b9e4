/* SPDX-License-Identifier: MIT */
/* B-trees: version 1, which old groups and chunked datasets use, and version 2, which new ones use. */
#ifndef LOAD_HDF5_TREE_H
#define LOAD_HDF5_TREE_H

#include "load/hdf5_file.h"

/* Deeper trees do not occur: 16 levels of a tree of the smallest degree hold 2^16 nodes' worth of
 * entries, and a usual one has degree 32. */
enum { HDF5_TREE_LEVELS = 16 };

enum { HDF5_TREE1_GROUP = 0, HDF5_TREE1_CHUNKS = 1 };

/* What is wanted of a tree of version 1. An entry stands between two keys. */
struct hdf5_tree1 {
    unsigned type;
    size_t key_bytes;
    /* Says whether what lies between two keys is wanted; NULL: all is. */
    plait_status (*wanted)(void *user, const unsigned char *low, const unsigned char *high, bool *wanted);
    /* Called for each wanted entry in order, with the key before it and the address it holds. */
    plait_status (*visit)(void *user, const unsigned char *key, uint64_t address);
    void *user;
};

plait_status hdf5_tree1_visit(struct hdf5_file *file, uint64_t address, const struct hdf5_tree1 *tree);

enum { HDF5_TREE2_LINKS = 5, HDF5_TREE2_ATTRIBUTES = 8, HDF5_TREE2_CHUNKS = 10, HDF5_TREE2_FILTERED_CHUNKS = 11 };

/* What is wanted of a tree of version 2, which holds records of one size in order. */
struct hdf5_tree2 {
    unsigned type;
    size_t record_bytes; /* what a record should have */
    /* Less than 0: all that is wanted stands after the record; more than 0: before; 0: perhaps on both
     * sides, and the record is wanted. NULL: all are wanted. */
    int (*side)(void *user, const unsigned char *record);
    /* Called for each wanted record in order. */
    plait_status (*visit)(void *user, const unsigned char *record);
    void *user;
};

plait_status hdf5_tree2_visit(struct hdf5_file *file, uint64_t address, const struct hdf5_tree2 *tree);

#endif
