/* SPDX-License-Identifier: MIT */
#include "ops/depthwise.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "ops/cpu.h"
#include "shape/shape.h"

/* What is remembered in step->tile. */
enum { TILE_PIXELS, TILE_UNITS };

enum {
    MOST_COLS = 8,   /* of a kernel whose rows are unrolled, */
    MOST_TAPS = 64,  /* and its taps: their sum in one go is exact enough */
    ITEM_TILES = 32, /* tiles that a work-item should have at least: 1 microsecond */
    ITEM_BLOCKS = 4, /* blocks of channels side by side: whole cache lines in a row */
};

static size_t filters_of(const struct product *product)
{
    return product->groups * product->filters;
}

/* Filters of a block. */
static size_t lanes_of(const struct product *product)
{
    return filters_of(product) < VECTOR ? filters_of(product) : VECTOR;
}

static size_t blocks_of(const struct product *product)
{
    return divide_up(filters_of(product), VECTOR);
}

/* The last block overlaps the one before it rather than end behind the last filter. */
static size_t block_begin(const struct product *product, size_t block)
{
    const size_t filters = filters_of(product);

    return filters < VECTOR ? 0 : block * VECTOR + VECTOR <= filters ? block * VECTOR : filters - VECTOR;
}

static size_t taps_of(const struct product *product)
{
    return product->kernel[0] * product->kernel[1];
}

size_t depthwise_cpu_pixels(size_t cols, const struct device_traits *device)
{
    enum { FEWEST = 4, MOST = 8 };
    size_t best = FEWEST;

    for (size_t pixels = FEWEST; device->vector_floats >= VECTOR && pixels <= MOST; pixels++) {
        if (divide_up(cols, pixels) * (pixels + 1) <= divide_up(cols, best) * (best + 1)) {
            best = pixels;
        }
    }
    return best;
}

bool depthwise_cpu_applicable(const struct product *product, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && product->channels == 1;
}

plait_status depthwise_cpu_plan(struct step *step, const struct product *product, const struct device_traits *device)
{
    const plait_shape shape = PLAIT_SHAPE(blocks_of(product), taps_of(product) + 1, VECTOR);
    const bool unrolled = product->kernel[1] <= MOST_COLS && taps_of(product) <= MOST_TAPS;
    size_t floats = 0;

    if (product->channels != 1) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "groups have %zu channels; this variant takes 1", product->channels);
    }
    if (!shape_size(shape, &floats) || !size_add(floats, VECTOR, &floats) || floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    step->tile[TILE_PIXELS] = depthwise_cpu_pixels(product->output[1], device);
    step->tile[TILE_UNITS] = device->compute_units;
    step->packed_floats = floats;
    struct text *options = step_kernel(step, "depthwise_cpu");
    text_add(options, "-D PIXELS=%zu -D MULTIPLIER=%zu -D LANES=%zu", step->tile[TILE_PIXELS], product->filters,
             lanes_of(product));
    if (unrolled) {
        text_add(options, " -D COLS=%zu -D STRIDE=%zu -D DILATION=%zu", product->kernel[1], product->strides[1],
                 product->dilation[1]);
    }
    activation_options(&step->activation, options);
    return PLAIT_OK;
}

void depthwise_cpu_pack(const struct step *step, const struct product *product, float *packed)
{
    const size_t count = lanes_of(product);

    for (size_t block = 0; block < blocks_of(product); block++) {
        const size_t first = block_begin(product, block);
        product_bias(step, first, count, packed);
        packed += VECTOR;
        for (size_t tap = 0; tap < taps_of(product); tap++, packed += VECTOR) {
            product_weights(step, product, tap, first, count, packed);
        }
    }
}

/* How the work is cut: as kernels/depthwise_cpu.cl wants it. */
struct work {
    size_t blocks;
    size_t item_blocks;
    size_t lines;
    size_t item_lines;
};

static size_t items_of(const struct work *work)
{
    return divide_up(work->blocks, work->item_blocks) * divide_up(work->lines, work->item_lines);
}

static struct work cut_work(const struct product *product, const size_t *tile)
{
    struct work work = {
        .blocks = blocks_of(product),
        .item_blocks = ITEM_BLOCKS,
        .lines = product->pictures * product->output[0],
        .item_lines = 1,
    };
    const size_t tiles = work.blocks * work.lines * divide_up(product->output[1], tile[TILE_PIXELS]);
    const size_t most = divide_up(tiles, ITEM_TILES);
    const size_t enough = LOTS_PER_UNIT * tile[TILE_UNITS] < most ? LOTS_PER_UNIT * tile[TILE_UNITS] : most;

    while (work.item_blocks > 1 && items_of(&work) < enough) {
        work.item_blocks--;
    }
    work.item_lines = divide_up(items_of(&work), enough);
    return work;
}

plait_status depthwise_cpu_launch(const struct step *step, const struct run *run, const struct product *product)
{
    const struct work work = cut_work(product, step->tile);
    const size_t sizes[] = {work.blocks, work.item_blocks, work.lines, work.item_lines, filters_of(product)};
    const struct range range = {.global = {items_of(&work)}, .local = {1}};
    struct arg args[PRODUCT_ARGS + 1];

    product_args(product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int8(sizes, sizeof sizes / sizeof *sizes);
    return launch(run->stream, run->kernels[0], range, args, PRODUCT_ARGS + 1);
}
