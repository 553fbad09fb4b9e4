/* SPDX-License-Identifier: MIT */
/* Files: Keras's models and NumPy's arrays. */
#ifndef PLAIT_LOAD_H
#define PLAIT_LOAD_H

#include <plait/graph.h>

PLAIT_EXTERN_C_BEGIN

/* A Keras file that was read into a graph: owns the weights that the graph borrows. */
typedef struct plait_keras plait_keras;

/* The size of an input that the file leaves open (None). */
typedef struct plait_keras_size {
    const char *input; /* its name; NULL: the input that has this item's place in the model's order */
    plait_shape shape; /* of a sample; where the file has sizes, those hold */
} plait_keras_size;

typedef struct plait_keras_opts {
    const plait_keras_size *sizes;
    size_t size_count;
    uint64_t reserved[8]; /* 0 */
} plait_keras_opts;

/* Reads a model that Keras saved, .keras (Keras 3) or .h5 (Keras 2 and 3), into a graph: makes the same calls
 * that a user would make for its layers. Layers of inner models are named "<model>/<layer>".
 *   graph  empty or not; what was added to it before a failure stays in it, unused
 *   opts   NULL: defaults
 *   out    to be freed with plait_keras_free after models were created from the graph
 * Nothing in a file is ever run, and no other file is touched. PLAIT_ERR_UNSUPPORTED names every layer that
 * plait does not have, PLAIT_ERR_FORMAT the part of the file that is wrong, PLAIT_ERR_GRAPH all layers that do
 * not fit together. */
PLAIT_API PLAIT_NODISCARD plait_status plait_load_keras(plait_graph *graph, const char *path,
                                                        const plait_keras_opts *opts, plait_keras **out);

/* The model's inputs and outputs in its own order, as plait_model_create takes them. They belong to `keras`. */
PLAIT_API plait_nodes plait_keras_inputs(const plait_keras *keras);
PLAIT_API plait_nodes plait_keras_outputs(const plait_keras *keras);

/* The model's name; belongs to `keras`. */
PLAIT_API const char *plait_keras_name(const plait_keras *keras);

/* 1 for a Sequential model, whose summary has no row for its input; else 0. */
PLAIT_API int plait_keras_is_sequential(const plait_keras *keras);

/* Writes the table that Keras's summary() prints, as plait_graph_summary does, of the model as the file has it: an
 * inner model is one row, and a layer that is called again another of its calls in that row.
 *   opts  NULL: defaults; the model's own name is the title unless one is given, and hide_input is not needed */
PLAIT_API PLAIT_NODISCARD plait_status plait_keras_summary(const plait_keras *keras, const plait_summary_opts *opts,
                                                           char *text, size_t bytes, size_t *length);

/* Writes the model as the file has it in Graphviz's DOT language, as plait_graph_dot does. */
PLAIT_API PLAIT_NODISCARD plait_status plait_keras_dot(const plait_keras *keras, char *text, size_t bytes,
                                                       size_t *length);

/* Frees the weights; NULL is allowed. */
PLAIT_API void plait_keras_free(plait_keras *keras);

/* Reads a NumPy .npy file (format 1.0 to 3.0, C order, little-endian float32, or int32 or int64 with no value
 * beyond 2^24, which become floats; anything else is refused with the reason).
 *   out  shape and values; the values are to be freed with plait_array_free */
PLAIT_API PLAIT_NODISCARD plait_status plait_npy_read(const char *path, plait_array *out);

/* Writes an array as a NumPy .npy file (format 1.0, C order, float32). A file of that name is replaced
 * only when all is written. */
PLAIT_API PLAIT_NODISCARD plait_status plait_npy_write(const char *path, const plait_array *array);

/* Frees the values that plait_npy_read made and clears the array; NULL is allowed. */
PLAIT_API void plait_array_free(plait_array *array);

PLAIT_EXTERN_C_END
#endif
