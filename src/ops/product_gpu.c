/* SPDX-License-Identifier: MIT */
/* Tiles in local memory: kernels/conv2d_gpu.cl. */
#include "base/memory.h"
#include "base/sizes.h"
#include "ops/product.h"
#include "shape/shape.h"

/* What is remembered in step->tile. */
enum { TILE_GROUP };

enum {
    DEPTH = 16,      /* products at a time */
    PER_ITEM = 4,    /* pixels, and filters, of a work-item */
    SMALL_GROUP = 8, /* work-items along a side of a work-group */
    LARGE_GROUP = 16,
};

/* Terms and filters of a group, filled up. */
static size_t padded_terms(const struct product *product)
{
    return divide_up(product->kernel[0] * product->kernel[1] * product->channels, DEPTH) * DEPTH;
}

static size_t padded_filters(const struct product *product, size_t group)
{
    return divide_up(product->filters, PER_ITEM * group) * PER_ITEM * group;
}

static size_t pixels_of(const struct product *product)
{
    return product->pictures * product->output[0] * product->output[1];
}

static size_t tiles_of(const struct product *product, size_t group)
{
    return divide_up(pixels_of(product), PER_ITEM * group) * padded_filters(product, group) / (PER_ITEM * group) *
           product->groups;
}

static size_t local_bytes(size_t group)
{
    return DEPTH * (2 * PER_ITEM * group + 1) * sizeof(float);
}

bool product_gpu_applicable(const struct product *product, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_GPU && device->local_bytes >= local_bytes(SMALL_GROUP) &&
           product->filters >= PER_ITEM;
}

/* The large group, unless the device cannot or would be left with idle units. */
static size_t group_for(const struct product *product, const struct device_traits *device)
{
    const bool can =
        device->max_work_group >= LARGE_GROUP * LARGE_GROUP && device->local_bytes >= local_bytes(LARGE_GROUP);

    return can && tiles_of(product, LARGE_GROUP) >= 2 * device->compute_units ? LARGE_GROUP : SMALL_GROUP;
}

plait_status product_gpu_floats(const struct step *step, const struct product *product, size_t *packed)
{
    const size_t group = step->tile[TILE_GROUP];
    const plait_shape shape = PLAIT_SHAPE(product->groups, padded_terms(product) + 1, padded_filters(product, group));
    size_t floats = 0;

    if (!shape_size(shape, &floats) || floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    if (pixels_of(product) > SHAPE_MAX_ELEMENTS - PER_ITEM * group) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "there are %zu pixels; this variant takes %zu", pixels_of(product),
                         SHAPE_MAX_ELEMENTS - PER_ITEM * group);
    }
    *packed = floats;
    return PLAIT_OK;
}

plait_status product_gpu_plan(struct step *step, const struct product *product, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;

    if (device->max_work_group < SMALL_GROUP * SMALL_GROUP) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "needs work-groups of %d work-items, but the device has at most %zu",
                         SMALL_GROUP * SMALL_GROUP, device->max_work_group);
    }
    step->tile[TILE_GROUP] = group_for(product, device);
    TRY(product_gpu_floats(step, product, &step->packed_floats));
    struct text *options = step_kernel(step, "conv2d_gpu");
    text_add(options, "-D GROUP=%zu", step->tile[TILE_GROUP]);
    activation_options(&step->activation, options);
out:
    return status;
}

void product_gpu_pack(const struct step *step, const struct product *product, float *packed)
{
    const size_t terms = product->kernel[0] * product->kernel[1] * product->channels;
    const size_t filters = padded_filters(product, step->tile[TILE_GROUP]);
    float *bias = packed + product->groups * padded_terms(product) * filters;

    for (size_t group = 0; group < product->groups; group++) {
        float *kernel = packed + group * padded_terms(product) * filters;
        for (size_t term = 0; term < terms; term++) {
            product_weights(step, product, term, group * product->filters, product->filters, kernel + term * filters);
        }
        product_bias(step, group * product->filters, product->filters, bias + group * filters);
    }
}

plait_status product_gpu_launch(const struct step *step, const struct run *run, const struct product *product)
{
    const size_t group = step->tile[TILE_GROUP];
    const struct range range = {
        .global = {padded_filters(product, group) / PER_ITEM, divide_up(pixels_of(product), PER_ITEM * group) * group,
                   product->groups},
        .local = {group, group, 1},
    };
    struct arg args[PRODUCT_ARGS];

    product_args(product, run->packed, args);
    return launch(run->stream, run->kernels[0], range, args, PRODUCT_ARGS);
}
