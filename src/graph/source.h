/* SPDX-License-Identifier: MIT */
/* A layer as a model file describes it: its options by Keras's names, and its weights.
 *
 * An operator's file says with a `struct layer_reader` how such a description becomes a call of its public
 * function. The loader (load/) makes the descriptions; what stands between is this interface, so that
 * operators know nothing of file formats. Whatever a reader asks for wrongly, or the file holds wrongly, is
 * noted with the layer's name by the loader; reading goes on with the fallback, so that all of a file's
 * mistakes are found at once. */
#ifndef GRAPH_SOURCE_H
#define GRAPH_SOURCE_H

#include "base/error.h"

#include <plait/layers.h>
#include <stdbool.h>

enum source_kind { SOURCE_MISSING, SOURCE_NUMBER, SOURCE_TEXT, SOURCE_LIST, SOURCE_OBJECT, SOURCE_TENSOR };

struct source {
    const char *name; /* of the layer in plait's graph */
    const struct source_calls *calls;
    const char *class_name; /* Keras's: "SpatialDropout2D"; of an operation "Relu" */
    bool keras2;            /* the file is Keras 2's, which makes some things otherwise */
    bool any_training;      /* set by a reader: the call may say training=True, which is refused else */
    bool any_inputs;        /* likewise: it may be on tensors that the layer has no use for */
};

/* What the loader implements. `path` is an option's name, or "option[2]" for an item of a list, or
 * "option.key" for a member of an object. "args" and "kwargs" are the call's arguments, among which
 * SOURCE_TENSOR stands for one of the call's inputs: "args[1]", "kwargs.x". */
struct source_calls {
    enum source_kind (*kind)(struct source *source, const char *path); /* null is missing */
    double (*number)(struct source *source, const char *path);         /* false and true are 0 and 1 */
    const char *(*text)(struct source *source, const char *path);
    size_t (*length)(struct source *source, const char *path);
    /* The weights in the file under `part` ("" for the layer's own, "cell" for a recurrent layer's) number
     * `index`; data NULL if there are none. Valid until the model is created. */
    plait_array (*weight)(struct source *source, const char *part, size_t index);
    /* The numbers at a path: one, a list of lists, or what NumPy's or a backend's array became in the file. data
     * NULL, with a note, if it is none of them. Valid as long as weights are. */
    plait_array (*array)(struct source *source, const char *path);
    /* Adds an output of the layer, behind the one that its reader returns. */
    void (*output)(struct source *source, plait_node node);
    /* Calls the layer that option `key` is on x, under a name of its own, with a mask if that has a graph; its weights
     * are in the part of the option's name. If it cannot be read, that is noted, and x returned. */
    plait_node (*inner)(struct source *source, const char *key, const char *name, plait_node x, plait_node mask);
    /* The mask that the call passes to the layer for input `index`: the one in the file or, in a call on one argument,
     * the one that the input carries. Its graph is NULL: none. */
    plait_node (*mask)(struct source *source, size_t index);
    /* The mask that a tensor carries, and makes it carry another one, or none. */
    plait_node (*carried)(struct source *source, plait_node x);
    void (*carry)(struct source *source, plait_node x, plait_node mask);
    /* Notes a mistake of the file: PLAIT_ERR_FORMAT, or PLAIT_ERR_UNSUPPORTED if plait alone lacks something. */
    void (*refuse)(struct source *source, plait_status status, const char *text);
};

/* What becomes of the mask of a layer's first input. */
enum source_masking {
    MASKS_END,  /* the layer's outputs carry none, but what its reader makes them carry */
    MASKS_PASS, /* Keras's supports_masking: its first output carries it */
    MASKS_SAME, /* the output is the input itself, so that they have one mask for ever */
};

/* How one of Keras's classes is read. `read` makes the layer's nodes on its inputs, of which there is at least
 * one; a call with more than the layer's nodes use is refused by the loader. */
struct layer_reader {
    const char *class_name; /* "Conv2D" */
    plait_node (*read)(struct source *source, plait_nodes inputs);
    enum source_masking masking;
    size_t mask_place; /* of "mask" among the call's arguments; 0: the layer takes none. It is no one of `inputs` */
};

/* A file of ops/ lists its readers in `const struct layer_reader <file>_readers[]`, ended by {0}; the build
 * collects them all in this table. */
extern const struct layer_reader *const layer_readers[];
extern const size_t layer_reader_count; /* of lists */

/* Options of the wrong type are noted, and the fallback returned; missing ones are the fallback. */
double source_number(struct source *source, const char *key, double fallback);
bool source_flag(struct source *source, const char *key, bool fallback);
size_t source_size(struct source *source, const char *key, size_t fallback);
float source_float(struct source *source, const char *key, float fallback); /* finite, but for the fallback */
float source_epsilon(struct source *source, float fallback);                /* 0 or more; never 0, which stands for */
                                                                            /* the default in plait's options */
int source_axis(struct source *source, const char *key, int fallback);      /* never 0, the batch */
const char *source_text(struct source *source, const char *key, const char *fallback);

/* One number, or a list of up to `count`; a single number stands for all. Returns how many were given;
 * the rest of `out` keeps its values. */
size_t source_sizes(struct source *source, const char *key, size_t *out, size_t count);
size_t source_numbers(struct source *source, const char *key, double *out, size_t count);

/* One axis or a list of them, at least one; none if the option is missing. */
plait_axes source_axes(struct source *source, const char *key);

/* A list of sizes, of which its items from number `first` on count; -1 becomes PLAIT_REST. */
plait_shape source_shape(struct source *source, const char *key, size_t first);

/* A number or an array; the fallback if the option is missing. */
plait_operand source_constant(struct source *source, const char *key, float fallback);

/* An operation's operand: its argument number `index`, a constant or a tensor, which is inputs[*next]. The
 * operands must be asked for in their order. */
plait_operand source_operand(struct source *source, size_t index, plait_nodes inputs, size_t *next);

/* "valid" or "same". */
plait_padding source_padding(struct source *source);

/* An activation by name. Option "activation" may be an object, a layer of its own: it is linear here, and the
 * loader puts the layer on the node that was read. A layer that applies its activation within itself, as
 * recurrent ones do, must refuse an object first. */
plait_activation source_activation(struct source *source, const char *key);

/* Refuses everything but channels-last data. */
void source_channels_last(struct source *source);

/* Notes a mistake of the file. */
void source_refuse(struct source *source, const char *format, ...) PRINTF_LIKE(2, 3);

/* Notes that plait does not have what the file rightly asks for. */
void source_unsupported(struct source *source, const char *format, ...) PRINTF_LIKE(2, 3);

/* The layer's own weights number `index`; noted if they are missing. */
plait_array source_weight(struct source *source, size_t index);

/* The same if `present`, else none; *index goes on by one if it was. Keras leaves out absent ones. */
plait_array source_next_weight(struct source *source, bool present, size_t *index);

/* Notes it if `count` axes of weights, from number `axis` on, are not what option `key` says. */
void source_check_axes(struct source *source, const char *key, plait_array array, size_t axis, size_t count);

#endif
