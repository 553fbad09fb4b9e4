/* SPDX-License-Identifier: MIT */
/* The weights of a legacy file: every layer lists the names of its own. */
#ifndef LOAD_LISTING_H
#define LOAD_LISTING_H

#include "load/hdf5.h"
#include "load/weights.h"

/* The weights of one of a legacy file's layers, in order. */
struct listing {
    char *layer;
    struct hdf5_texts names; /* paths below the layer's group: "conv2d/kernel:0" */
};

struct listings {
    struct listing *items;
    size_t count;
    size_t capacity;
};

/* Refuses lists of more than a file has: they are searched from end to end. */
plait_status listings_check(const struct hdf5_file *file, const char *path, size_t count);

/* Sets *out to the listing of a layer, which is read once; it belongs to `listings`. Groups of layers are below `root`.
 */
plait_status listings_find(struct listings *listings, struct hdf5_file *file, const char *root, const char *layer,
                           const struct listing **out);

/* Whether a weight's name is under `part` of a layer. */
bool listing_belongs(const char *name, const struct weights_place *place, const char *part);

void listings_free(struct listings *listings);

#endif
