/* SPDX-License-Identifier: MIT */
/* Register tiles: kernels/conv2d_cpu.cl. */
#include "base/memory.h"
#include "ops/product.h"
#include "shape/shape.h"

/* What is remembered in step->tile. */
enum { TILE_ROWS, TILE_VECTORS, TILE_UNITS };

enum {
    VECTOR = 16,              /* floats of the kernel's vectors */
    CACHE_FLOATS = 256 << 10, /* weights that stay in a core's second cache: 1 MiB */
    FEW_PIXELS = 8,
    LOTS_PER_UNIT = 16,  /* work-items that a compute unit should get, to end with the others */
    TILES_PER_PASS = 16, /* tiles that share weights in the cache */
};

static size_t pixels_of(const struct product *product)
{
    return product->pictures * product->output[0] * product->output[1];
}

/* Products of a sum. */
static size_t terms_of(const struct product *product)
{
    return product->kernel[0] * product->kernel[1] * product->channels;
}

/* Filters of a group, filled up to whole blocks. */
static size_t padded(const struct product *product, size_t columns)
{
    return divide_up(product->filters, columns) * columns;
}

static size_t blocks_of(const struct product *product, size_t columns)
{
    return product->groups * divide_up(product->filters, columns);
}

/* Rows of a tile. With few pixels and large weights, the time is that of reading the weights: then a tile of
 * few rows, with less to do for each, gets them sooner. */
static size_t rows_for(const struct product *product, const struct device_traits *device)
{
    const size_t most = device->vector_floats >= VECTOR ? 12 : 6;
    const size_t pixels = pixels_of(product);
    const bool large = terms_of(product) * product->filters * product->groups >= CACHE_FLOATS;

    if (!large || pixels > FEW_PIXELS) {
        return most;
    }
    return pixels == 1 ? 1 : pixels <= 4 ? 4 : pixels <= most ? most : 8;
}

/* Vectors of a tile's row: two do more for each value of x, one wastes less behind the last filter. A tile of
 * one vector takes 0.6 of the time. */
static size_t vectors_for(const struct product *product, const struct device_traits *device)
{
    const bool narrow = device->vector_floats < VECTOR;

    return narrow || padded(product, VECTOR) * 6 < padded(product, 2 * VECTOR) * 5 ? 1 : 2;
}

plait_status product_cpu_floats(const struct step *step, const struct product *product, size_t *packed)
{
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const plait_shape shape = PLAIT_SHAPE(product->kernel[0], product->kernel[1], product->channels, product->groups,
                                          padded(product, columns));
    const plait_shape behind = PLAIT_SHAPE(product->groups, padded(product, columns));
    size_t floats = 0;

    /* the weights, the bias, and zeros for a kernel row */
    if (!shape_size(shape, &floats) || !size_add(floats, shape_count(behind), &floats) ||
        !size_add(floats, product->kernel[1] * product->channels, &floats) || floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    *packed = floats;
    return PLAIT_OK;
}

plait_status product_cpu_plan(struct step *step, const struct product *product, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;

    step->tile[TILE_ROWS] = rows_for(product, device);
    step->tile[TILE_VECTORS] = vectors_for(product, device);
    step->tile[TILE_UNITS] = device->compute_units;
    TRY(product_cpu_floats(step, product, &step->packed_floats));
    struct text *options = step_kernel(step, "conv2d_cpu");
    text_add(options, "-D ROWS=%zu -D VECTORS=%zu", step->tile[TILE_ROWS], step->tile[TILE_VECTORS]);
    if (!product->split) {
        activation_options(&step->activation, options);
    }
out:
    return status;
}

void product_cpu_pack(const struct step *step, const struct product *product, float *packed)
{
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const size_t blocks = divide_up(product->filters, columns); /* of a group */
    const size_t terms = terms_of(product);
    float *bias = packed + product->groups * blocks * terms * columns;

    for (size_t i = 0; i < product->groups * blocks; i++) {
        const size_t group = i / blocks;
        const size_t column = i % blocks * columns;
        const size_t here = product->filters - column < columns ? product->filters - column : columns;
        const size_t first_term = product->split ? group * terms : 0;
        const size_t first_filter = column + (product->split ? 0 : group * product->filters);
        for (size_t term = 0; term < terms; term++) {
            float *to = packed + (i * terms + term) * columns;
            product_weights(step, product, first_term + term, first_filter, here, to);
        }
        if (!product->split) {
            product_bias(step, first_filter, here, bias + i * columns);
        }
    }
}

/* How the work is cut: as kernels/conv2d_cpu.cl wants it. */
struct work {
    size_t blocks;
    size_t group_blocks;
    size_t item_blocks;
    size_t tiles;
    size_t item_tiles;
    size_t pass_rows;
    size_t strip;
};

/* Rows of a strip. Tiles of 3 x 4 pixels have fewer taps in the padding than 1 x 12; it shows for large
 * kernels. */
static size_t strip_for(const struct product *product)
{
    const bool large = product->kernel[0] > 8 && product->kernel[1] > 8;
    size_t strip = large ? 4 : 1;

    while (product->output[0] % strip != 0) {
        strip--;
    }
    return strip;
}

static size_t items_of(const struct work *work)
{
    return divide_up(work->tiles, work->item_tiles) * divide_up(work->blocks, work->item_blocks);
}

/* A work-item takes as many blocks of filters for its tile as stay in the cache together. If not even one
 * does, it takes several tiles and as many kernel rows at a time as do. In any case there must be enough
 * work-items. */
static struct work cut_work(const struct product *product, const size_t *tile)
{
    const size_t columns = VECTOR * tile[TILE_VECTORS];
    const size_t block_floats = terms_of(product) * columns;
    const size_t row_floats = block_floats / product->kernel[0];
    const size_t enough = LOTS_PER_UNIT * tile[TILE_UNITS];
    struct work work = {
        .blocks = blocks_of(product, columns),
        .group_blocks = divide_up(product->filters, columns),
        .item_blocks = 1,
        .tiles = divide_up(pixels_of(product), tile[TILE_ROWS]),
        .item_tiles = 1,
        .pass_rows = product->kernel[0],
        .strip = strip_for(product),
    };

    if (block_floats <= CACHE_FLOATS) {
        const size_t fit = CACHE_FLOATS / block_floats;
        work.item_blocks = fit < work.blocks ? fit : work.blocks;
    } else if (row_floats < CACHE_FLOATS && work.tiles > 1) {
        work.pass_rows = CACHE_FLOATS / row_floats;
        work.item_tiles = TILES_PER_PASS;
    }
    while (items_of(&work) < enough && work.item_blocks * work.item_tiles > 1) {
        work.item_blocks = divide_up(work.item_blocks, 2);
        work.item_tiles = divide_up(work.item_tiles, 2);
    }
    return work;
}

plait_status product_cpu_launch(const struct step *step, const struct run *run, const struct product *product)
{
    const struct work work = cut_work(product, step->tile);
    const size_t sizes[] = {work.blocks,     work.group_blocks, work.item_blocks, work.tiles,
                            work.item_tiles, work.pass_rows,    work.strip};
    const struct range range = {.global = {items_of(&work)}, .local = {1}};
    struct arg args[PRODUCT_ARGS + 1];

    product_args(product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int8(sizes, sizeof sizes / sizeof *sizes);
    return launch(run->stream, run->kernels[0], range, args, PRODUCT_ARGS + 1);
}
