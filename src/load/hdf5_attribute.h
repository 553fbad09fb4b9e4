/* SPDX-License-Identifier: MIT */
/* Attributes: named values of an object. */
#ifndef LOAD_HDF5_ATTRIBUTE_H
#define LOAD_HDF5_ATTRIBUTE_H

#include "load/hdf5_file.h"

/* Adds the texts of an attribute of the object whose header is at an address. *found is false if there is
 * no such attribute, *scalar true if it is a single text. */
plait_status hdf5_attribute_read(struct hdf5_file *file, uint64_t address, const char *attribute, bool *found,
                                 bool *scalar, struct hdf5_texts *texts);

#endif
