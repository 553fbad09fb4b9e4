/* SPDX-License-Identifier: MIT */
/* Keras's TimeDistributed layer, in files: a layer on each step of x {time, ...}. Most layers work on channels or on
 * elements, and so on all steps at once; for others, the steps become samples. */
#include "graph/ir.h"
#include "ops/masks.h"
#include "shape/shape.h"

#include <plait/reshaping.h>
#include <string.h>

enum { MASK_PLACE = 2 }; /* call(inputs, training, mask) */

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

/* The steps as samples of their own, with their part of the mask, and the results side by side again. */
static plait_node make_steps(struct source *source, plait_node x, plait_node mask)
{
    const struct part_name split = masks_part(source, "steps");
    const struct part_name split_mask = masks_part(source, "mask");
    const struct part_name layer = masks_part(source, "layer");
    const size_t steps = plait_node_shape(x).dims[0];
    plait_node y = plait_split_steps(x, &(plait_layer_opts){.name = split.text});

    if (mask.graph) {
        mask = plait_split_steps(mask, &(plait_layer_opts){.name = split_mask.text});
    }
    y = source->calls->inner(source, "layer", layer.text, y, mask);
    return plait_join_steps(y, steps, &(plait_layer_opts){.name = source->name});
}

static bool begins_alike(plait_shape a, plait_shape b)
{
    return a.rank > 0 && b.rank > 0 && a.dims[0] == b.dims[0];
}

static plait_node read(struct source *source, plait_nodes inputs)
{
    const plait_node x = inputs.items[0];
    const plait_shape shape = plait_node_shape(x);
    const char *class_name = source_text(source, "layer.class_name", "");
    const plait_node mask = source->calls->mask(source, 0);
    const struct node *node = graph_node(x.graph, x.id);

    if (!node || node->poisoned) {
        return source->calls->inner(source, "layer", source->name, x,
                                    (plait_node){0}); /* its own mistakes are to be found */
    }
    if (shape.rank < 2) {
        source_refuse(source, "its input has %zu axes besides the batch; it must be a sequence, {time, ...}",
                      shape.rank);
    } else if (mask.graph && !begins_alike(plait_node_shape(mask), shape)) {
        source_refuse(source, "its mask has shape %s; it must begin with the %zu steps of the input",
                      shape_name(plait_node_shape(mask)).text, shape.dims[0]);
    } else if (is_of_all_steps(source, class_name)) {
        return source->calls->inner(source, "layer", source->name, x, mask);
    } else {
        return make_steps(source, x, mask);
    }
    return x;
}

const struct layer_reader time_distributed_readers[] = {{"TimeDistributed", read, MASKS_PASS, MASK_PLACE}, {0}};
