/* SPDX-License-Identifier: MIT */
/* The middle of a picture: Keras's CenterCrop layer. Where the picture is too small, it is resized. */
#include "graph/source.h"
#include "ops/cropping.h"
#include "ops/resizing.h"

static const struct op op_crop = {
    .name = "center_crop",
    .class_name = "CenterCrop",
    .infer = cropping_infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

static const struct op op_resize = {
    .name = "center_crop",
    .class_name = "CenterCrop",
    .infer = resizing_infer,
    .variants = resizing_variants,
    .variant_count = RESIZING_VARIANTS,
};

/* What is left over of `size` cells around the `wanted` ones in their middle. */
static plait_ends around(size_t size, size_t wanted)
{
    const size_t over = size - wanted;

    return PLAIT_ENDS(over / 2, over - over / 2);
}

plait_node plait_center_crop(plait_node x, size_t height, size_t width, const plait_layer_opts *opts)
{
    const char *name = opts ? opts->name : NULL;
    const plait_shape shape = plait_node_shape(x);
    const struct resizing resizing = {
        .axes = 2,
        .size = {height, width},
        .interpolation = PLAIT_BILINEAR,
        .part = RESIZING_MIDDLE,
    };

    if (shape.rank != 3 || height == 0 || width == 0 || height > shape.dims[0] || width > shape.dims[1]) {
        return graph_add(&op_resize, PLAIT_NODES(x), name, &resizing, sizeof resizing);
    }
    const struct cropping cropping = {
        .axes = 2,
        .ends = {around(shape.dims[0], height), around(shape.dims[1], width)},
    };
    return graph_add(&op_crop, PLAIT_NODES(x), name, &cropping, sizeof cropping);
}

static plait_node read(struct source *source, plait_nodes x)
{
    source->any_training = true;
    source_channels_last(source);
    return plait_center_crop(x.items[0], source_size(source, "height", 0), source_size(source, "width", 0),
                             &(plait_layer_opts){.name = source->name});
}

const struct layer_reader center_crop_readers[] = {{"CenterCrop", read}, {0}};
