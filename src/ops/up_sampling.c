/* SPDX-License-Identifier: MIT */
/* Every step, or row and column, several times: Keras's UpSampling1D and UpSampling2D layers. With bilinear
 * interpolation it is a picture of another size. */
#include "base/memory.h"
#include "graph/source.h"
#include "ops/move.h"
#include "ops/resizing.h"
#include "shape/shape.h"

struct up_sampling {
    struct move move;
    size_t axes;
    size_t size[CELLS_MAX_AXES];
};

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct up_sampling *params = node->params;
    const plait_shape x = inputs[0];

    if (!cells_check(graph, node, x, params->axes)) {
        return;
    }
    node->shape = x;
    for (size_t i = 0; i <= x.rank; i++) {
        params->move.axes[i] = (struct move_axis){.axis = i, .step = 1};
    }
    for (size_t i = 0; i < params->axes; i++) {
        params->move.axes[i + 1].times = params->size[i];
        if (!size_mul(x.dims[i], params->size[i], &node->shape.dims[i])) {
            node_fail(graph, node, "size is %zu along axis %zu of input %s; make it smaller", params->size[i], i + 1,
                      shape_name(x).text);
            return;
        }
    }
}

static const struct op op_up_sampling1d = {
    .name = "up_sampling1d",
    .class_name = "UpSampling1D",
    .infer = infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

static const struct op op_up_sampling2d = {
    .name = "up_sampling2d",
    .class_name = "UpSampling2D",
    .infer = infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

static const struct op op_resize = {
    .name = "up_sampling2d",
    .class_name = "UpSampling2D",
    .infer = resizing_infer,
    .variants = resizing_variants,
    .variant_count = RESIZING_VARIANTS,
};

static size_t or_two(size_t size)
{
    return size ? size : 2;
}

plait_node plait_up_sampling1d(plait_node x, size_t size, const plait_layer_opts *opts)
{
    const struct up_sampling params = {.axes = 1, .size = {or_two(size)}};

    return graph_add(&op_up_sampling1d, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

plait_node plait_up_sampling2d(plait_node x, const plait_up_sampling2d_opts *opts)
{
    const plait_up_sampling2d_opts given = opts ? *opts : (plait_up_sampling2d_opts){0};
    const struct up_sampling params = {.axes = 2, .size = {or_two(given.size[0]), or_two(given.size[1])}};
    const plait_shape shape = plait_node_shape(x);
    struct resizing resizing = {.interpolation = given.interpolation};

    if (given.interpolation == PLAIT_USUAL_INTERPOLATION || given.interpolation == PLAIT_NEAREST) {
        return graph_add(&op_up_sampling2d, PLAIT_NODES(x), given.name, &params, sizeof params);
    }
    for (size_t i = 0; i < 2; i++) {
        if (!size_mul(shape.dims[i], params.size[i], &resizing.size[i])) {
            resizing.size[i] = SIZE_MAX; /* too many as well */
        }
    }
    return graph_add(&op_resize, PLAIT_NODES(x), given.name, &resizing, sizeof resizing);
}

/* Option "size", from a file where 0 is none. */
static void read_size(struct source *source, size_t *size, size_t axes)
{
    (void)source_sizes(source, "size", size, axes);
    for (size_t i = 0; i < axes; i++) {
        if (size[i] == 0) {
            source_refuse(source, "option size is 0; it must be at least 1");
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
