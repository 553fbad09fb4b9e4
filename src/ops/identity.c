/* SPDX-License-Identifier: MIT */
/* y = x: layers of Keras that do nothing at inference. There is no kernel: the planner lets their readers
 * read x. */
#include "graph/op.h"
#include "graph/source.h"
#include "shape/shape.h"

#include <plait/reshaping.h>
#include <string.h>

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const size_t *rank = node->params;

    if (*rank > 0 && inputs[0].rank != *rank) {
        node_fail(graph, node, "input has shape %s; it must have %zu axes besides the batch",
                  shape_name(inputs[0]).text, *rank);
    }
    node->shape = inputs[0];
}

static void infer_unknown(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const char *class_name = node->params;

    (void)inputs;
    node_fail(graph, node, "\"%s\" is no layer that does nothing at inference; plait/reshaping.h lists them",
              class_name);
}

/* Keras's classes and the only rank of a sample that they take; 0: any. */
#define CLASS(name_of_class, rank)                                                               \
    {                                                                                            \
        {.name = "identity", .class_name = name_of_class, .infer = infer, .aliases = true}, rank \
    }

static const struct {
    struct op op;
    size_t rank;
} classes[] = {
    CLASS("Identity", 0),
    CLASS("Dropout", 0),
    CLASS("AlphaDropout", 0),
    CLASS("SpatialDropout1D", 2),
    CLASS("SpatialDropout2D", 3),
    CLASS("SpatialDropout3D", 4),
    CLASS("GaussianNoise", 0),
    CLASS("GaussianDropout", 0),
    CLASS("ActivityRegularization", 0),
    CLASS("StochasticDepth", 0),
    CLASS("AugMix", 0),
    CLASS("CutMix", 0),
    CLASS("MixUp", 0),
    CLASS("RandAugment", 0),
    CLASS("Solarization", 0),
    CLASS("RandomBrightness", 0),
    CLASS("RandomColorDegeneration", 0),
    CLASS("RandomColorJitter", 0),
    CLASS("RandomContrast", 0),
    CLASS("RandomElasticTransform", 0),
    CLASS("RandomErasing", 0),
    CLASS("RandomFlip", 0),
    CLASS("RandomGaussianBlur", 0),
    CLASS("RandomGrayscale", 0),
    CLASS("RandomHue", 0),
    CLASS("RandomInvert", 0),
    CLASS("RandomPerspective", 0),
    CLASS("RandomPosterization", 0),
    CLASS("RandomRotation", 0),
    CLASS("RandomSaturation", 0),
    CLASS("RandomSharpness", 0),
    CLASS("RandomShear", 0),
    CLASS("RandomTranslation", 0),
    CLASS("RandomZoom", 0),
};

static const struct op op_unknown = {.name = "identity", .class_name = "Identity", .infer = infer_unknown};

plait_node plait_identity(plait_node x, const char *class_name, const plait_layer_opts *opts)
{
    const char *name = opts ? opts->name : NULL;
    const char *wanted = class_name ? class_name : "Identity";

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i].op.class_name, wanted) == 0) {
            return graph_add(&classes[i].op, PLAIT_NODES(x), name, &classes[i].rank, sizeof classes[i].rank);
        }
    }
    return graph_add(&op_unknown, PLAIT_NODES(x), name, wanted, strlen(wanted) + 1);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_identity(x.items[0], source->class_name, &(plait_layer_opts){.name = source->name});
}

/* What differs at training alone, or in where the values are. */
static plait_node read_operation(struct source *source, plait_nodes x)
{
    return plait_identity(x.items[0], "Identity", &(plait_layer_opts){.name = source->name});
}

/* Keras notes training=True with every call of an augmentation layer; predict() has it False all the same. */
static plait_node read_augmentation(struct source *source, plait_nodes x)
{
    source->any_training = true;
    return read(source, x);
}

const struct layer_reader identity_readers[] = {
    {"Identity", read, MASKS_SAME},
    {"Dropout", read, MASKS_SAME},
    {"AlphaDropout", read, MASKS_SAME},
    {"SpatialDropout1D", read, MASKS_SAME},
    {"SpatialDropout2D", read, MASKS_SAME},
    {"SpatialDropout3D", read, MASKS_SAME},
    {"GaussianNoise", read, MASKS_SAME},
    {"GaussianDropout", read, MASKS_SAME},
    {"ActivityRegularization", read, MASKS_SAME},
    {"StochasticDepth", read, MASKS_SAME},
    {"AugMix", read_augmentation, MASKS_SAME},
    {"CutMix", read_augmentation, MASKS_SAME},
    {"MixUp", read_augmentation, MASKS_SAME},
    {"RandAugment", read_augmentation, MASKS_SAME},
    {"Solarization", read_augmentation, MASKS_SAME},
    {"RandomBrightness", read_augmentation, MASKS_SAME},
    {"RandomColorDegeneration", read_augmentation, MASKS_SAME},
    {"RandomColorJitter", read_augmentation, MASKS_SAME},
    {"RandomContrast", read_augmentation, MASKS_SAME},
    {"RandomElasticTransform", read_augmentation, MASKS_SAME},
    {"RandomErasing", read_augmentation, MASKS_SAME},
    {"RandomFlip", read_augmentation, MASKS_SAME},
    {"RandomGaussianBlur", read_augmentation, MASKS_SAME},
    {"RandomGrayscale", read_augmentation, MASKS_SAME},
    {"RandomHue", read_augmentation, MASKS_SAME},
    {"RandomInvert", read_augmentation, MASKS_SAME},
    {"RandomPerspective", read_augmentation, MASKS_SAME},
    {"RandomPosterization", read_augmentation, MASKS_SAME},
    {"RandomRotation", read_augmentation, MASKS_SAME},
    {"RandomSaturation", read_augmentation, MASKS_SAME},
    {"RandomSharpness", read_augmentation, MASKS_SAME},
    {"RandomShear", read_augmentation, MASKS_SAME},
    {"RandomTranslation", read_augmentation, MASKS_SAME},
    {"RandomZoom", read_augmentation, MASKS_SAME},
    {"ops.StopGradient", read_operation},
    {"ops.Copy", read_operation},
    {"ops.ConvertToTensor", read_operation},
    {0},
};
