/* SPDX-License-Identifier: MIT */
#include "ops/depthwise_expanded.h"

#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "ops/depthwise.h"
#include "shape/shape.h"

#include <math.h>

/* What is remembered in step->tile. */
enum { TILE_ROWS, TILE_VECTORS, TILE_PIXELS, TILE_UNITS, TILE_COUNT };

enum {
    RING_FLOATS = 8 << 10,  /* of the ring, that stay in a core's first cache beside weights: 32 KiB */
    MOST_FLOATS = 64 << 10, /* in its second */
    TRIES = 32,             /* numbers of strips that are looked at */
    MOST_COLS = 8,          /* of a depthwise kernel, whose rows are unrolled, */
    MOST_TAPS = 64,         /* and its taps: their sum in one go is exact enough */
    TAP = 3,                /* what a tap takes, in products of the 1x1 kernel: loads and stores included */
    ITEM = 4096,            /* what a work-item takes besides, in products for a filter */
};

/* The lines that hold what lies between both convolutions. */
struct ring {
    size_t lines;
    size_t pixels; /* of a line, those around the picture and behind the last tile included */
};

/* How the work is cut. */
struct work {
    size_t blocks;
    size_t strips;
    size_t strip; /* output rows of one */
    size_t band;  /* and of a part of it whose lines the ring holds */
    struct ring ring;
};

static size_t reach(const struct product *product, size_t axis, size_t outputs)
{
    return (outputs - 1) * product->strides[axis] + (product->kernel[axis] - 1) * product->dilation[axis] + 1;
}

static struct ring ring_of(const struct product *product, size_t band, size_t pixels)
{
    const size_t cols = divide_up(product->output[1], pixels) * pixels;
    const size_t read = reach(product, 1, cols);
    const size_t written = product->before[1] + product->input[1];
    const size_t window = reach(product, 0, 1);
    const size_t lines = window > product->strides[0] ? window : product->strides[0];

    return (struct ring){.lines = (band - 1) * product->strides[0] + lines, .pixels = read > written ? read : written};
}

/* What the strip takes, per filter, in products of the 1x1 kernel. */
static double strip_cost(const struct product *product, size_t channels, size_t strip)
{
    const double pixels = (double)(least(reach(product, 0, strip), product->input[0]) * product->input[1]);
    const double taps = (double)(product->kernel[0] * product->kernel[1] * strip * product->output[1]);

    return pixels * (double)channels + TAP * taps + ITEM;
}

/* Output rows of the largest band whose ring stays in the first cache; at least 1. */
static size_t band_of(const struct product *product, size_t strip, const size_t *tile)
{
    const struct ring ring = ring_of(product, 1, tile[TILE_PIXELS]);
    const size_t lines = RING_FLOATS / VECTOR / tile[TILE_VECTORS] / ring.pixels;

    return lines < ring.lines ? 1 : least((lines - ring.lines) / product->strides[0] + 1, strip);
}

/* Strips that let the compute units end together and compute little twice. */
static struct work cut_work(const struct product *product, size_t channels, const size_t *tile)
{
    struct work work = {.blocks = divide_up(product->groups, VECTOR * tile[TILE_VECTORS])};
    double least_cost = INFINITY;

    for (size_t strips = 1; strips <= least(TRIES, product->output[0]); strips++) {
        const size_t strip = divide_up(product->output[0], strips);
        const size_t needed = divide_up(product->output[0], strip);
        const size_t items = product->pictures * work.blocks * needed;
        const double cost = (double)divide_up(items, tile[TILE_UNITS]) * strip_cost(product, channels, strip);
        if (cost < least_cost) {
            work.strips = needed;
            work.strip = strip;
            least_cost = cost;
        }
    }
    work.band = band_of(product, work.strip, tile);
    work.ring = ring_of(product, work.band, tile[TILE_PIXELS]);
    return work;
}

static size_t ring_floats(const struct ring *ring, const size_t *tile)
{
    return ring->lines * ring->pixels * VECTOR * tile[TILE_VECTORS];
}

/* Whether strips compute no more than a quarter of what lies between twice, and caches hold a ring. */
static bool is_thrifty(const struct product *product, const struct work *work, const size_t *tile,
                       const struct device_traits *device)
{
    return (work->strips == 1 || 4 * reach(product, 0, work->strip) <= 5 * work->strip * product->strides[0]) &&
           ring_floats(&work->ring, tile) <= least(MOST_FLOATS, device->local_bytes / sizeof(float));
}

static void fill_tile(const struct product *product, const struct device_traits *device, size_t *tile)
{
    const struct product head = {.groups = 1, .filters = product->groups};

    tile[TILE_VECTORS] = product_cpu_vectors(&head, device);
    tile[TILE_PIXELS] = depthwise_cpu_pixels(product->output[1], device);
    tile[TILE_UNITS] = device->compute_units;
}

static bool expands(const struct node *head)
{
    const struct convolution *conv = head->params;

    if (head->op->variants != convolution_variants) {
        return false;
    }
    const struct bank bank = convolution_bank(conv);
    return bank.size[0] == 1 && bank.size[1] == 1 && bank.groups == 1 && conv->strides[0] == 1 && conv->strides[1] == 1;
}

bool depthwise_expanded_takes(const struct node *node, const struct padding *padding, const struct node *head,
                              plait_shape input, const struct device_traits *device)
{
    const struct product product = convolution_geometry(node->params, head->shape.dims, padding);
    const size_t taps = product.kernel[0] * product.kernel[1];
    const size_t channels = input.dims[input.rank - 1];
    size_t tile[TILE_COUNT] = {0};

    if (device->kind != PLAIT_DEVICE_CPU || !expands(head) || product.channels != 1 || product.filters != 1 ||
        product.kernel[1] > MOST_COLS || taps > MOST_TAPS ||
        channels + taps + 2 > SHAPE_MAX_ELEMENTS / 64 / product.groups) {
        return false;
    }
    fill_tile(&product, device, tile);
    const struct work work = cut_work(&product, channels, tile);
    return is_thrifty(&product, &work, tile, device);
}

static bool applicable(const struct step *step, const struct device_traits *device)
{
    return step->head && device->kind == PLAIT_DEVICE_CPU; /* takes_head has seen to the rest */
}

/* Floats of a block's weights: the 1x1 kernel and its bias, the bias and the taps of the depthwise one. */
static size_t block_floats(const struct step *step, size_t columns)
{
    const struct bank head = convolution_bank(step->head->params);
    const struct bank bank = convolution_bank(step->params);

    return (head.channels + 2 + bank.size[0] * bank.size[1]) * columns;
}

static plait_status plan(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    if (!step->head) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "there is no 1x1 convolution in front that it could compute as well");
    }
    fill_tile(&product, device, step->tile);
    const struct work work = cut_work(&product, convolution_bank(step->head->params).channels, step->tile);
    const size_t pixels = work.band * product.strides[0] * product.input[1];
    step->tile[TILE_ROWS] = device->vector_floats < VECTOR ? 6 : product_cpu_full_rows(pixels, 7, 14);
    step->packed_floats = work.blocks * block_floats(step, VECTOR * step->tile[TILE_VECTORS]);
    struct text *options = step_kernel(step, "expanded_depthwise_cpu");
    text_add(options, "-D ROWS=%zu -D VECTORS=%zu -D PIXELS=%zu -D COLS=%zu -D STRIDE=%zu -D DILATION=%zu",
             step->tile[TILE_ROWS], step->tile[TILE_VECTORS], step->tile[TILE_PIXELS], product.kernel[1],
             product.strides[1], product.dilation[1]);
    activation_options(&step->activation, options);
    return PLAIT_OK;
}

static void pack(const struct step *step, float *packed)
{
    const struct product head = convolution_planned(step->head);
    const struct product product = convolution_planned(step);
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];

    for (size_t filter = 0; filter < product.groups; filter += columns) {
        const size_t count = least(columns, product.groups - filter);
        for (size_t term = 0; term < product_terms(&head); term++, packed += columns) {
            product_weights(step->head, &head, term, filter, count, packed);
        }
        product_bias(step->head, filter, count, packed);
        packed += columns;
        product_bias(step, filter, count, packed);
        packed += columns;
        for (size_t tap = 0; tap < product_terms(&product); tap++, packed += columns) {
            product_weights(step, &product, tap, filter, count, packed);
        }
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
