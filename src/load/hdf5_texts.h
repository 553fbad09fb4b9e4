/* SPDX-License-Identifier: MIT */
/* Lists of texts that a file holds. */
#ifndef LOAD_HDF5_TEXTS_H
#define LOAD_HDF5_TEXTS_H

#include "load/hdf5_file.h"

/* Adds a copy of `length` bytes. It counts as work such that all texts of one call together have at most
 * as many bytes as the file, though many entries may point at one text. */
plait_status hdf5_texts_add(struct hdf5_file *file, struct hdf5_texts *texts, const char *text, size_t length);

#endif
