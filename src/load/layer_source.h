/* SPDX-License-Identifier: MIT */
/* A layer of a Keras config as a `struct source`. */
#ifndef LOAD_LAYER_SOURCE_H
#define LOAD_LAYER_SOURCE_H

#include "load/layer_class.h"
#include "load/scope.h"

enum { LAYER_MOST_PARTS = 8 };

/* How many of a part's weights were read. */
struct used {
    char *part;
    size_t count;
};

struct layer_source {
    struct source source; /* first: a pointer to it is one to the whole */
    const struct scope *scope;
    const struct entry *entry;
    json_t *config;  /* the layer's, or that of the layer that is its activation */
    json_t *inbound; /* the call's arguments; NULL: none */
    struct weights_place place;
    struct outputs masks; /* that the call passes for its inputs; those without a graph are none */
    struct used used[LAYER_MOST_PARTS];
    size_t used_count;
    size_t inner_used;   /* by the layer in it */
    bool holds_model;    /* whose layers count their weights themselves */
    struct outputs more; /* behind the first */
    bool refused;        /* something about it, so that not all of it may have been read */
    plait_status status; /* the first failure that is no mistake of the file */
};

extern const struct source_calls layer_source_calls;

/* Notes weights in the file that the layer has no use for. */
plait_status layer_source_check_surplus(struct layer_source *layer);

/* Puts an activation that is an object on the layer's node: a layer, or a function by its name. */
plait_status layer_source_activate(struct layer_source *layer, plait_node *x);

void layer_source_free(struct layer_source *layer);

#endif
