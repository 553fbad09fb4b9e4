/* SPDX-License-Identifier: MIT */
/* Keras's TimeDistributed layer, in files: a layer on each step of x {time, ...}.
 *
 * Most layers work on channels or on elements, and so on all steps at once. With others, the steps are taken
 * apart, each gets the layer's nodes, and the results are joined; the weights are packed for each step anew. */
#include "graph/ir.h"
#include "graph/source.h"

#include <plait/reshaping.h>
#include <stdio.h>
#include <string.h>

enum {
    MASK_PLACE = 2,   /* call(inputs, training, mask) */
    MOST_STEPS = 256, /* that are taken apart */
    NAME_BYTES = 1024,
};

/* Whether the layer's axes, if it has any, count from the end: then a step more in front is none to it. */
static bool axes_count_from_end(struct source *source)
{
    double axes[PLAIT_MAX_RANK] = {-1};
    bool from_end = true;
    const size_t count = source_numbers(source, "layer.config.axis", axes, PLAIT_MAX_RANK);

    for (size_t i = 0; i < count; i++) {
        from_end = from_end && axes[i] < 0;
    }
    return from_end;
}

/* Whether the layer is the same for all steps at once. */
static bool is_of_all_steps(struct source *source, const char *class_name)
{
    static const char *const classes[] = {
        "Dense",
        "Activation",
        "Dropout",
        "AlphaDropout",
        "GaussianNoise",
        "GaussianDropout",
        "ReLU",
        "LeakyReLU",
        "ELU",
        "Identity",
        "ActivityRegularization",
        "BatchNormalization",
        "LayerNormalization",
        "Softmax",
    };

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strcmp(classes[i], class_name) == 0) {
            return axes_count_from_end(source);
        }
    }
    return false;
}

/* A step's nodes are layers with names of their own; such as are cut are refused for being the same. */
static plait_node make_step(struct source *source, plait_node x, size_t step)
{
    const plait_range range = PLAIT_INDEX((int64_t)step);
    plait_shape row = {.rank = 1, .dims = {1}};
    char name[NAME_BYTES];

    (void)snprintf(name, sizeof name, "%s/%zu/input", source->name, step);
    plait_node y = plait_get_item(x, &range, 1, &(plait_layer_opts){.name = name});
    (void)snprintf(name, sizeof name, "%s/%zu", source->name, step);
    y = source->calls->inner(source, "layer", name, y, (plait_node){0});
    const plait_shape shape = plait_node_shape(y);
    for (size_t i = 0; i < shape.rank && row.rank < PLAIT_MAX_RANK; i++) {
        row.dims[row.rank++] = shape.dims[i];
    }
    (void)snprintf(name, sizeof name, "%s/%zu/output", source->name, step);
    return plait_reshape(y, row, &(plait_layer_opts){.name = name});
}

static plait_node make_steps(struct source *source, plait_node x, size_t steps)
{
    plait_node rows[MOST_STEPS];

    for (size_t i = 0; i < steps; i++) {
        rows[i] = make_step(source, x, i);
    }
    return plait_concatenate((plait_nodes){rows, steps}, 1, &(plait_layer_opts){.name = source->name});
}

static plait_node read(struct source *source, plait_nodes inputs)
{
    const plait_node x = inputs.items[0];
    const plait_shape shape = plait_node_shape(x);
    const char *class_name = source_text(source, "layer.class_name", "");
    const plait_layer_opts opts = {.name = source->name};
    const struct node *node = graph_node(x.graph, x.id);

    if (!node || node->poisoned) {
        return source->calls->inner(source, "layer", source->name, x,
                                    (plait_node){0}); /* its own mistakes are to be found */
    }
    if (shape.rank < 2) {
        source_refuse(source, "its input has %zu axes besides the batch; it must be a sequence, {time, ...}",
                      shape.rank);
    } else if (strcmp(class_name, "TimeDistributed") == 0) {
        source_unsupported(source, "its layer is a TimeDistributed one; plait has one in the other in no model");
    } else if (strcmp(class_name, "Flatten") == 0) {
        return plait_reshape(x, PLAIT_SHAPE(shape.dims[0], PLAIT_REST), &opts);
    } else if (is_of_all_steps(source, class_name)) {
        return source->calls->inner(source, "layer", source->name, x, (plait_node){0});
    } else if (shape.dims[0] > MOST_STEPS) {
        source_unsupported(source,
                           "its layer, a %.64s, needs %zu steps to be taken apart; plait does that with up to %d",
                           class_name, shape.dims[0], MOST_STEPS);
    } else {
        return make_steps(source, x, shape.dims[0]);
    }
    return x;
}

const struct layer_reader time_distributed_readers[] = {{"TimeDistributed", read, MASKS_PASS, MASK_PLACE}, {0}};
