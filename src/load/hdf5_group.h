/* SPDX-License-Identifier: MIT */
/* Groups: what names lead where. */
#ifndef LOAD_HDF5_GROUP_H
#define LOAD_HDF5_GROUP_H

#include "load/hdf5_file.h"

/* Sets *address to the object header of a path's object; HDF5_UNDEFINED if there is none. */
plait_status hdf5_resolve(struct hdf5_file *file, const char *path, uint64_t *address);

/* The same, and that there is none is a failure. */
plait_status hdf5_require(struct hdf5_file *file, const char *path, uint64_t *address);

#endif
