/* SPDX-License-Identifier: MIT */
#include "ops/depthwise_expanded.h"

#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "ops/ring.h"
#include "shape/shape.h"

#include <math.h>

enum {
    MOST_FLOATS = 64 << 10, /* of the ring, in a core's second cache */
    TRIES = 32,             /* numbers of strips that are looked at */
    ITEM = 4096,            /* what a work-item takes besides, in products for a channel */
};

/* How the work is cut. */
struct work {
    size_t blocks;
    size_t strips;
    size_t strip; /* output rows of one */
    size_t band;  /* and of a part of it whose lines the ring holds */
    struct ring ring;
};

static double cost_of(const struct product *product, size_t channels, size_t strips, const size_t *tile)
{
    const size_t blocks = divide_up(product->groups, ring_columns(tile));
    const size_t waves = divide_up(product->pictures * blocks * strips, tile[RING_UNITS]);
    const size_t strip = divide_up(product->output[0], strips);

    return (double)(waves * ring_columns(tile)) * (ring_cost(product, channels, strip) + ITEM);
}

/* Strips that let the compute units end together and compute little twice. */
static struct work cut_work(const struct product *product, size_t channels, const size_t *tile)
{
    struct work work = {.blocks = divide_up(product->groups, ring_columns(tile))};
    double least_cost = INFINITY;

    for (size_t strips = 1; strips <= least(TRIES, product->output[0]); strips++) {
        const size_t strip = divide_up(product->output[0], strips);
        const size_t needed = divide_up(product->output[0], strip);
        const double cost = cost_of(product, channels, needed, tile);
        if (cost < least_cost) {
            work.strips = needed;
            work.strip = strip;
            least_cost = cost;
        }
    }
    work.band = ring_band(product, work.strip, tile);
    work.ring = ring_of(product, work.band, tile);
    return work;
}

static void fill_tile(const struct product *product, const struct device_traits *device, size_t *tile)
{
    const struct product head = {.groups = 1, .filters = product->groups};

    ring_tile(product, product_cpu_vectors(&head, device), device, tile);
}

double depthwise_expanded_cost(const struct product *product, size_t channels, const struct device_traits *device)
{
    size_t tile[RING_TILE] = {0};

    fill_tile(product, device, tile);
    return cost_of(product, channels, cut_work(product, channels, tile).strips, tile);
}

bool depthwise_expanded_takes(const struct stage *stage, const struct device_traits *device)
{
    const struct stage *head = stage->head;
    const size_t channels = head->input.dims[head->input.rank - 1];
    size_t tile[RING_TILE] = {0};

    if (device->kind != PLAIT_DEVICE_CPU || head->head || !convolution_is_pointwise(head) ||
        !activation_equal(&head->activation, &stage->activation)) {
        return false;
    }
    const struct product product = convolution_stage(stage);
    const size_t taps = product.kernel[0] * product.kernel[1];
    if (!ring_takes(&product) || channels + taps + 2 > SHAPE_MAX_ELEMENTS / 64 / product.groups) {
        return false;
    }
    fill_tile(&product, device, tile);
    const struct work work = cut_work(&product, channels, tile);
    return ring_is_thrifty(&product, work.strip) &&
           ring_floats(&work.ring, tile) <= least(MOST_FLOATS, device->local_bytes / sizeof(float));
}

static bool applicable(const struct step *step, const struct device_traits *device)
{
    /* takes_head has seen to the rest */
    return step->head && !step->head->head && device->kind == PLAIT_DEVICE_CPU;
}

static plait_status plan(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    if (!step->head) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "there is no 1x1 convolution in front that it could compute as well");
    }
    fill_tile(&product, device, step->tile);
    const struct work work = cut_work(&product, convolution_bank(step->head->params).channels, step->tile);
    step->packed_floats = work.blocks * ring_block_floats(step, step->tile);
    struct text *options = ring_kernel(step, &product, work.band * product.strides[0] * product.input[1], device,
                                       "expanded_depthwise_cpu");
    activation_options(&step->activation, options);
    return PLAIT_OK;
}

static void pack(const struct step *step, float *packed)
{
    const size_t channels = convolution_bank(step->params).groups;

    for (size_t first = 0; first < channels; first += ring_columns(step->tile)) {
        ring_pack_block(step, first, step->tile, packed);
        packed += ring_block_floats(step, step->tile);
    }
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);
    const struct product head = convolution_planned(step->head);
    const struct work work = cut_work(&product, head.channels, step->tile);
    const size_t sizes[] = {work.blocks,   work.strips,          work.strip,    work.band,
                            head.channels, product_block(&head), product.groups};
    const size_t ring[] = {work.ring.lines, work.ring.pixels};
    const struct range range = {.global = {product.pictures * work.strips * work.blocks}, .local = {1}};
    struct arg args[PRODUCT_ARGS + 3];

    product_args(&product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int8(sizes, sizeof sizes / sizeof *sizes);
    args[PRODUCT_ARGS + 1] = arg_int8(ring, sizeof ring / sizeof *ring);
    args[PRODUCT_ARGS + 2] = arg_local(ring_floats(&work.ring, step->tile) * sizeof(float));
    return launch(run->stream, run->kernels[0], range, args, PRODUCT_ARGS + 3);
}

const struct variant depthwise_expanded_cpu = {.name = "expanded_cpu",
                                               .applicable = applicable,
                                               .plan = plan,
                                               .pack = pack,
                                               .enqueue = enqueue,
                                               .takes_head = true};
