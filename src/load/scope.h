/* SPDX-License-Identifier: MIT */
/* A Keras model as its config describes it: layers, and the calls that connect them.
 *
 * From the bottom up:
 *   json.c outputs.c masks.c   Jansson's values, nodes, and masks that go along with them
 *   layer_class.c keras2.c     which layers plait has; Keras 2's functions as Keras 3's operations
 *   scope.c                    reads a model's layers
 *   reference.c constant.c     finds the tensors that a call's arguments name; arrays of numbers in them
 *   layer_check.c outline.c    what plait does not have; the layers as a summary shows them
 *   ends.c                     the model's inputs and outputs
 *   layer_source.c             one layer for its reader in ops/
 *   layer_call.c               one layer's call
 *   build.c                    makes the calls, each after those that it needs */
#ifndef LOAD_SCOPE_H
#define LOAD_SCOPE_H

#include "base/text.h"
#include "load/json.h"
#include "load/masks.h"
#include "load/outputs.h"
#include "load/weights.h"
#include "model/rows.h"

#include <plait/load.h>

enum {
    SCOPE_MOST_DEPTH = 16,     /* of models in models */
    SCOPE_MOST_LAYERS = 16384, /* in all; of a model that is called again, each time. Keras's own models have 1000 */
};

/* A model in a model, or in a layer. */
struct inner_model {
    json_t *json;          /* class_name and config */
    const char *prefix;    /* as in struct scope */
    const char *container; /* likewise */
    const char *outer;     /* likewise */
};

struct scope;
struct outline;

/* Makes an inner model's calls, of classes that have been checked, from the nodes that it is called on. `outline` gets
 * its rows; NULL: none. */
typedef plait_status call_inner_model(const struct scope *scope, const struct inner_model *model,
                                      const struct outputs *given, struct outputs *out, struct outline *outline);

/* What the whole of a file shares. */
struct loading {
    plait_graph *graph;
    const char *file_name;
    struct weights *weights;
    const plait_keras_opts *opts; /* not NULL */
    call_inner_model *call_model; /* scope_call_model, for layers that have models */
    size_t layers;                /* read so far */
    struct masks masks;
    struct text mistakes; /* one line each */
    size_t mistakes_told; /* in the text, */
    size_t mistake_count; /* of them all */
    plait_status status;  /* PLAIT_ERR_UNSUPPORTED while layers that plait does not have are all that is wrong */
};

/* A tensor by the call that makes it. */
struct reference {
    struct call *producer;
    size_t tensor;
};

struct references {
    struct reference *items;
    size_t count;
    size_t capacity;
};

enum call_state { CALL_WAITS, CALL_UNDER_WAY, CALL_DONE };

/* One call of a layer. */
struct call {
    struct entry *entry;
    size_t index;    /* among the calls of its layer */
    json_t *inbound; /* {"args": ..., "kwargs": ...}, or Keras 2's list; NULL: of a Sequential model */
    struct references inputs;
    size_t inputs_done;
    struct call *dependent; /* while under way: the call that waits for this one */
    enum call_state state;
    struct outputs given;   /* what it is made on */
    struct outputs outputs; /* none after a mistake, which has been noted */
};

/* Rows of a summary. */
struct outline {
    struct layer_row *rows;
    size_t count;
};

/* One layer of a model. */
struct entry {
    json_t *json; /* its own reference */
    json_t *config;
    const char *class_name;
    const char *name;
    bool is_operation; /* keras.ops: no weights, no number */
    char *numbered;    /* class in snake case and number among the model's layers: "conv2d_1" */
    struct call *calls;
    size_t call_count;
    size_t params; /* numbers in the weights of its first call, as struct layer_row has them */
    size_t frozen_params;
    size_t whole_params;
    struct outline inner; /* of an inner model; from its first call */
};

/* One model: the file's own, or one that is a layer of another. */
struct scope {
    struct loading *loading;
    json_t *config;
    bool sequential;
    bool keras2; /* references are Keras 2's: calls of inner models count from 1 */
    struct entry *entries;
    size_t count;
    struct entry **by_name; /* sorted */
    const char *prefix;     /* of its layers' names in the graph: "" or "encoder/" */
    const char *container;  /* of its layers' weights: "layers", "layers/functional/layers" */
    const char *outer;      /* name of the outermost model's layer that it is or is in; NULL: it is that model */
    size_t depth;
};

/* Notes a mistake of the file, with the layer's name, or without `entry` the model's. `status` is
 * PLAIT_ERR_UNSUPPORTED or PLAIT_ERR_FORMAT. */
void scope_refuse(const struct scope *scope, const struct entry *entry, plait_status status, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Reads the layers of `model`, an object with class_name and config; freed with scope_free, also after a
 * failure. */
plait_status scope_open(struct scope *scope, json_t *model);
void scope_free(struct scope *scope);

/* Counts calls of layers that are not written in the config; PLAIT_ERR_TOO_LARGE if there are too many in all. */
plait_status scope_count_calls(const struct scope *scope, size_t more);

/* The layer of this name; NULL if there is none. */
struct entry *scope_find(const struct scope *scope, const char *name);

/* Sets *group to the weights' group of a layer, to be freed with mem_free; NULL, with a note, if the file has
 * another layer's weights there. */
plait_status scope_find_group(const struct scope *scope, const struct entry *entry, char **group);

bool is_model_class(const char *class_name);
bool entry_is_input(const struct entry *entry);

/* ---- reference.c */

/* Finds the call that [layer, call, tensor] names; false, with a note about `what` of `entry` (NULL: of the
 * model), if there is none. */
bool reference_read(const struct scope *scope, const struct entry *entry, const char *what, json_t *triple,
                    struct reference *out);

/* Fills in call->inputs from its arguments. */
plait_status reference_inputs(const struct scope *scope, struct call *call);

/* An argument of a call of Keras 3, and which of the call's inputs are in it. */
struct argument {
    json_t *json; /* NULL: it is not there, or None */
    size_t begin;
    size_t count;
};

/* The argument `name`, which may stand as number `place`. */
struct argument reference_argument(json_t *inbound, const char *name, size_t place);

/* How many arguments have tensors in them. */
size_t reference_tensor_arguments(json_t *inbound);

/* The node; NULL if its call has failed, or, with a note, if there is no such tensor. */
const plait_node *reference_node(const struct scope *scope, const struct entry *entry, struct reference reference);

/* ---- ends.c */

/* Makes the calls of a Functional model's InputLayers, on the nodes that it is called on, or for the
 * outermost model (`given` is NULL) as inputs of the graph. *in is freed with mem_free. */
plait_status ends_make_inputs(struct scope *scope, const struct outputs *given, struct outputs *in);

/* The same for a Sequential model, whose InputLayer may be left out. */
plait_status ends_make_first(struct scope *scope, const struct outputs *given, struct outputs *in);

/* The nodes of output_layers. */
plait_status ends_find_outputs(struct scope *scope, struct outputs *out);

/* ---- build.c */

/* Makes all calls, from `given` on (the nodes that an inner model is called on; NULL for the outermost). The
 * model's inputs and outputs are freed with mem_free. */
plait_status scope_build(struct scope *scope, const struct outputs *given, struct outputs *in, struct outputs *out);

call_inner_model scope_call_model;

/* ---- outline.c */

/* Counts the weights of a layer's first call, which made the graph's nodes from number `first` on. */
void outline_count(const struct scope *scope, struct entry *entry, size_t first);

/* The rows of a model whose calls are made; freed with outline_free, also after a failure. */
plait_status outline_create(const struct scope *scope, struct outline *out);
void outline_free(struct outline *outline);

/* ---- layer_check.c */

/* Notes every layer, also of inner models, that plait does not have. */
plait_status layer_check_all(struct scope *scope);

/* ---- constant.c */

/* A config of MOST_CONFIG_BYTES has room for no more. */
enum { CONSTANT_MOST_FLOATS = 1 << 23 };

/* Reads numbers, one or lists of lists of them, as an array that stands as long as the weights. *sound is false
 * if the JSON is something else. */
plait_status constant_read(struct weights *weights, json_t *json, bool *sound, plait_array *out);

/* ---- layer_call.c */

/* Makes a call of a layer that is no model and no input; `name` is its name in the graph. */
plait_status layer_call(struct scope *scope, struct call *call, plait_nodes inputs, const char *name);

#endif
