/* SPDX-License-Identifier: MIT */
/* So many steps, or rows and columns, of one: Keras's UpSampling1D and UpSampling2D layers. */
#include "base/memory.h"
#include "graph/source.h"
#include "ops/resizing.h"

static const struct op op_up_sampling1d = {
    .name = "up_sampling1d",
    .class_name = "UpSampling1D",
    .infer = resizing_infer,
    .variants = resizing_variants,
    .variant_count = RESIZING_VARIANTS,
};

static const struct op op_up_sampling2d = {
    .name = "up_sampling2d",
    .class_name = "UpSampling2D",
    .infer = resizing_infer,
    .variants = resizing_variants,
    .variant_count = RESIZING_VARIANTS,
};

/* So many times `cells`; as many as are refused if they cannot be counted. */
static size_t enlarge(size_t cells, size_t times)
{
    size_t size;

    return size_mul(cells, times ? times : 2, &size) ? size : SIZE_MAX;
}

plait_node plait_up_sampling1d(plait_node x, size_t size, const plait_layer_opts *opts)
{
    const plait_shape shape = plait_node_shape(x);
    const struct resizing params = {
        .axes = 1,
        .size = {1, enlarge(shape.dims[0], size)},
        .interpolation = PLAIT_NEAREST,
    };

    return graph_add(&op_up_sampling1d, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

plait_node plait_up_sampling2d(plait_node x, const plait_up_sampling2d_opts *opts)
{
    const plait_up_sampling2d_opts given = opts ? *opts : (plait_up_sampling2d_opts){0};
    const plait_shape shape = plait_node_shape(x);
    const struct resizing params = {
        .axes = 2,
        .size = {enlarge(shape.dims[0], given.size[0]), enlarge(shape.dims[1], given.size[1])},
        .interpolation = given.interpolation ? given.interpolation : PLAIT_NEAREST,
    };

    return graph_add(&op_up_sampling2d, PLAIT_NODES(x), given.name, &params, sizeof params);
}

/* Option "size": in a file, 0 is not the default but a mistake. */
static void read_size(struct source *source, size_t *size, size_t axes)
{
    (void)source_sizes(source, "size", size, axes);
    for (size_t i = 0; i < axes; i++) {
        if (size[i] == 0) {
            source_refuse(source, "option size has 0; it must be at least 1");
        }
    }
}

static plait_node read1d(struct source *source, plait_nodes x)
{
    size_t size = 2;

    read_size(source, &size, 1);
    return plait_up_sampling1d(x.items[0], size, &(plait_layer_opts){.name = source->name});
}

static plait_node read2d(struct source *source, plait_nodes x)
{
    plait_up_sampling2d_opts opts = {
        .name = source->name,
        .size = {2, 2},
        .interpolation = resizing_read_interpolation(source, "nearest"),
    };

    read_size(source, opts.size, 2);
    source_channels_last(source);
    return plait_up_sampling2d(x.items[0], &opts);
}

const struct layer_reader up_sampling_readers[] = {{"UpSampling1D", read1d}, {"UpSampling2D", read2d}, {0}};
