/* SPDX-License-Identifier: MIT */
/* Object headers: the messages that say what an object is, one after the other. */
#ifndef LOAD_HDF5_HEADER_H
#define LOAD_HDF5_HEADER_H

#include "load/hdf5_file.h"

enum hdf5_message_type {
    HDF5_END = -1, /* after the last message */
    HDF5_SPACE = 0x01,
    HDF5_LINK_INFO = 0x02,
    HDF5_TYPE = 0x03,
    HDF5_LINK = 0x06,
    HDF5_EXTERNAL = 0x07,
    HDF5_LAYOUT = 0x08,
    HDF5_FILTERS = 0x0b,
    HDF5_ATTRIBUTE = 0x0c,
    HDF5_CONTINUATION = 0x10,
    HDF5_SYMBOL_TABLE = 0x11,
    HDF5_ATTRIBUTE_INFO = 0x15,
};

struct hdf5_message {
    int type;
    bool shared; /* the body only says where in the file the content lies */
    struct hdf5_part body;
};

/* Messages lie in blocks, of which any may name others. */
enum { HDF5_PENDING = 16 };

struct hdf5_header {
    struct hdf5_file *file;
    bool old;               /* version 1 */
    size_t prefix_bytes;    /* what stands before each message */
    struct hdf5_part block; /* the rest of the block being read */
    size_t pending_count;
    struct {
        uint64_t address;
        uint64_t bytes;
    } pending[HDF5_PENDING]; /* blocks that were named and are to be read */
};

plait_status hdf5_header_open(struct hdf5_file *file, uint64_t address, struct hdf5_header *out);

/* The next message; its type is HDF5_END after the last. */
plait_status hdf5_header_next(struct hdf5_header *header, struct hdf5_message *out);

/* The message of a type of which an object has at most one; its type is HDF5_END if there is none.
 * A shared one is refused. */
plait_status hdf5_message_find(struct hdf5_file *file, uint64_t address, int type, struct hdf5_message *out);

#endif
