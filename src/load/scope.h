/* SPDX-License-Identifier: MIT */
/* A Keras model as its config describes it: layers, and the calls that connect them. */
#ifndef LOAD_SCOPE_H
#define LOAD_SCOPE_H

#include "base/text.h"
#include "load/weights.h"

#include <jansson.h>
#include <plait/load.h>

enum {
    SCOPE_MAX_DEPTH = 16,      /* of models in models */
    SCOPE_MAX_CALLS = 100000,  /* of layers, in all: shared models may multiply */
};

/* What the whole of a file shares. */
struct loading {
    plait_graph *graph;
    const char *file_name;
    struct weights *weights;
    const plait_keras_opts *opts; /* not NULL */
    struct text problems; /* one line each */
    size_t calls;
};

/* Nodes that a call gave. */
struct outputs {
    plait_node *items;
    size_t count;
};

/* One call of a layer. */
struct call {
    json_t *inbound; /* {"args": ..., "kwargs": ...}, or Keras 2's list; NULL: of a Sequential model */
    struct outputs outputs;
    bool done;
};

/* One layer of a model. */
struct entry {
    json_t *json;
    json_t *config;
    const char *class_name;
    const char *name;
    bool is_operation; /* keras.ops: no weights, no number */
    char *numbered;    /* class in snake case and number among the model's layers: "conv2d_1" */
    struct call *calls;
    size_t call_count;
};

/* One model: the file's own, or one that is a layer of another. */
struct scope {
    struct loading *loading;
    json_t *config;
    bool sequential;
    struct entry *entries;
    size_t count;
    const char *prefix;    /* of its layers' names in the graph: "" or "encoder/" */
    const char *container; /* of its layers' weights: "layers", "layers/functional/layers" */
    const char *outer;     /* name of the outermost model's layer that it is or is in; NULL: it is that model */
    size_t depth;
};

/* Notes a mistake of the file, with the layer's name. */
void scope_refuse(const struct scope *scope, const struct entry *entry, const char *format, ...) PRINTF_LIKE(3, 4);

/* Reads the layers of `model`, an object with class_name and config; freed with scope_free, also after a
 * failure. Mistakes are noted in loading->problems. */
plait_status scope_open(struct scope *scope, json_t *model);
void scope_free(struct scope *scope);

/* Whether an entry is a model of its own. */
bool entry_is_model(const struct entry *entry);

/* Notes every layer, also of inner models, that plait does not have. */
plait_status scope_check_supported(struct scope *scope);

/* Makes all calls, from `inputs` on (the nodes of an inner model's call; NULL for the outermost, which makes
 * its own). The model's inputs and outputs are returned, to be freed with mem_free. */
plait_status scope_build(struct scope *scope, const struct outputs *inputs, struct outputs *in, struct outputs *out);

/* Whether plait has the layer, which is no model and no input; if not, or if it must not be read, says why. */
bool layer_check(const struct scope *scope, const struct entry *entry);

/* Makes one call of such a layer; `name` is its name in the graph. */
plait_status layer_call(struct scope *scope, struct entry *entry, struct call *call, plait_nodes inputs,
                        const char *name);

#endif
