/* SPDX-License-Identifier: MIT */
/* HDF5 files, read from memory: the part of the format in which Keras and h5py store weights.
 *
 * Read are superblocks 0 to 3, object headers 1 and 2, old and new groups, small and dense; numbers that
 * lie in one piece, in the header, or in chunks under any index (deflate, shuffle, fletcher32); attributes
 * that are text. Checksums are verified where the format has them.
 * Refused, each with the object's path and the reason, is whatever would need a second file, code from
 * elsewhere or a guess: external files, soft, external and user-defined links, virtual datasets, other
 * filters, committed types, values that were never written.
 *
 * A file is hostile until proven otherwise. Each offset and size is checked against the bytes there are,
 * each call does work in proportion to the file's size, however its structures point at each other, and
 * takes no memory beyond its result and one chunk. The format: "HDF5 File Format Specification Version
 * 3.0", The HDF Group.
 *
 * A path names an object from the root, "layers/conv2d/vars/0"; "" is the root.
 * Threads: one at a time on a struct hdf5_file. */
#ifndef LOAD_HDF5_H
#define LOAD_HDF5_H

#include <plait/shape.h>
#include <stdbool.h>
#include <stdint.h>

/* How many blocks whose checksum was right are remembered, so as not to be summed again. */
enum { HDF5_VERIFIED = 128 };

/* A file; borrows its name, which messages begin with, and its bytes, which must not change. It needs no
 * closing. The fields are hdf5_*.c's own. */
struct hdf5_file {
    const char *name;
    const unsigned char *bytes;
    size_t size;
    uint64_t root;      /* address of the root group's object header */
    uint64_t work_left; /* bytes of structures that the call under way may still walk through */
    size_t verified_next;
    struct {
        uint64_t address;
        uint64_t bytes;
    } verified[HDF5_VERIFIED]; /* a ring */
};

plait_status hdf5_open(const char *name, const void *bytes, size_t size, struct hdf5_file *out);

enum hdf5_kind {
    HDF5_NONE, /* there is no object of that path */
    HDF5_GROUP,
    HDF5_DATASET,
};

/* What a path names. That it names nothing is no failure. */
plait_status hdf5_find(struct hdf5_file *file, const char *path, enum hdf5_kind *kind);

/* Strings; all zero is none. */
struct hdf5_texts {
    char **items;
    size_t count;
    size_t capacity;
};

void hdf5_texts_free(struct hdf5_texts *texts);

/* The names of all that a group holds, in no useful order; to be freed with hdf5_texts_free. */
plait_status hdf5_list(struct hdf5_file *file, const char *path, struct hdf5_texts *names);

/* An attribute that is a single text; *text is to be freed with mem_free, and NULL if the object has no
 * such attribute. */
plait_status hdf5_attribute_text(struct hdf5_file *file, const char *path, const char *attribute, char **text);

/* An attribute that is a list of texts, perhaps an empty one, which may have any type; to be freed with
 * hdf5_texts_free. *found is false if the object has no such attribute. */
plait_status hdf5_attribute_texts(struct hdf5_file *file, const char *path, const char *attribute, bool *found,
                                  struct hdf5_texts *texts);

/* X(name, text): the types of numbers that are read, all little-endian. */
#define HDF5_NUMBERS(X)     \
    X(FLOAT16, "float16")   \
    X(BFLOAT16, "bfloat16") \
    X(FLOAT32, "float32")   \
    X(FLOAT64, "float64")   \
    X(INT8, "int8")         \
    X(INT16, "int16")       \
    X(INT32, "int32")       \
    X(INT64, "int64")       \
    X(UINT8, "uint8")       \
    X(UINT16, "uint16")     \
    X(UINT32, "uint32")     \
    X(UINT64, "uint64")

enum hdf5_number {
#define HDF5_NUMBER_ENTRY(name, text) HDF5_##name,
    HDF5_NUMBERS(HDF5_NUMBER_ENTRY)
#undef HDF5_NUMBER_ENTRY
};

/* "float32" */
const char *hdf5_number_name(enum hdf5_number number);

/* An array of numbers; borrows the file and the path. */
struct hdf5_dataset {
    struct hdf5_file *file;
    const char *path;
    enum hdf5_number number;
    plait_shape shape;
    size_t count;        /* of values; at most 1032 times the file's bytes, what deflate can yield */
    const float *floats; /* the values, if the file's bytes hold them as they are; else NULL */
    uint64_t header;     /* address of the object header, for hdf5_*.c */
};

plait_status hdf5_dataset_open(struct hdf5_file *file, const char *path, struct hdf5_dataset *out);

/* Copies all values to `out`, which has room for dataset->count, as float32. Other types are rounded to
 * the nearest; a float64 beyond float32's range is a failure. */
plait_status hdf5_dataset_read(const struct hdf5_dataset *dataset, float *out);

#endif
