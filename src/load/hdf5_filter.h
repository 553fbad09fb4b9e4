/* SPDX-License-Identifier: MIT */
/* Filters, through which a chunk went when it was written: shuffle, deflate, fletcher32. */
#ifndef LOAD_HDF5_FILTER_H
#define LOAD_HDF5_FILTER_H

#include "load/hdf5_file.h"

/* What deflate can yield at the most from one byte: 258 bytes for 2 bits, in its limit. */
enum { HDF5_MOST_RATIO = 1032 };

enum { HDF5_MOST_FILTERS = 8 };

struct hdf5_filters {
    size_t count;
    struct {
        unsigned id;
        size_t value_bytes; /* shuffle: of the values whose bytes were sorted */
    } items[HDF5_MOST_FILTERS];
};

plait_status hdf5_filters_parse(struct hdf5_part body, struct hdf5_filters *out);

/* Room for a chunk before and after one filter; all zero at first. */
struct hdf5_unfilter {
    unsigned char *buffers[2];
    size_t room;
};

void hdf5_unfilter_free(struct hdf5_unfilter *work);

/* Undoes the filters, but for those whose bit (the first filter's is the lowest) is set in `skipped`:
 * *out is `stored` itself or lies in `work`. Anything but `bytes` bytes is a failure. */
plait_status hdf5_unfilter(const struct hdf5_filters *filters, uint32_t skipped, struct hdf5_part stored,
                           uint64_t bytes, struct hdf5_unfilter *work, struct hdf5_part *out);

#endif
