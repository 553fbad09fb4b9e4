/* SPDX-License-Identifier: MIT */
/* What values an object holds: how many (dataspaces), and of which type (datatypes). */
#ifndef LOAD_HDF5_TYPE_H
#define LOAD_HDF5_TYPE_H

#include "load/hdf5_file.h"

struct hdf5_space {
    size_t rank;
    uint64_t dims[PLAIT_MAX_RANK];
    uint64_t most[PLAIT_MAX_RANK]; /* what dims may grow to; UINT64_MAX: without limit */
    uint64_t count;                /* of values; 0 for a null space, which has rank 0 */
};

plait_status hdf5_space_parse(struct hdf5_part body, struct hdf5_space *out);

enum hdf5_type_kind {
    HDF5_NUMBER,
    HDF5_OPAQUE,
    HDF5_TEXT,          /* of fixed length */
    HDF5_VARIABLE_TEXT, /* in a global heap */
};

struct hdf5_type {
    enum hdf5_type_kind kind;
    size_t bytes;            /* of one value */
    enum hdf5_number number; /* of HDF5_NUMBER */
    bool space_padded;       /* HDF5_TEXT: ends with spaces, not with zeros */
};

/* Any other type is refused by its name. */
plait_status hdf5_type_parse(struct hdf5_part body, struct hdf5_type *out);

/* Copies values to float32; false, with *bad the first of them, if some are beyond its range. */
bool hdf5_convert(enum hdf5_number number, const unsigned char *src, size_t count, float *out, size_t *bad);

#endif
