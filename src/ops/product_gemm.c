/* SPDX-License-Identifier: MIT */
/* Products of single pixels, and of windows that lie in one piece: kernels/gemm_cpu.cl. */
#include "ops/product_gemm.h"

#include "base/sizes.h"
#include "ops/cpu.h"

enum {
    CACHE_FLOATS = 256 << 10, /* weights that stay in a core's second cache: 1 MiB */
    FEW_LOTS_PER_UNIT = 4,    /* work-items with which it ends well enough with the others */
    ITEM_PRODUCTS = 1 << 19,  /* multiply-adds that a work-item should have: 3 microseconds */
};

bool product_is_gemm(const struct product *product)
{
    size_t piece = product->channels;
    bool whole = !product->phase;

    for (size_t i = 2; i-- > 0;) {
        const size_t kernel = product->kernel[i];
        const bool joined = product->groups == 1 && product->dilation[i] == 1 && product->x.strides[i + 1] == piece;
        whole = whole && product->before[i] == 0 && (kernel == 1 || joined) &&
                (product->output[i] - 1) * product->strides[i] + kernel <= product->input[i];
        piece *= kernel;
    }
    return whole;
}

/* How the work is cut: lots of tiles by lots of blocks. */
struct work {
    size_t blocks;
    size_t group_blocks;
    size_t item_blocks;
    size_t tiles;
    size_t item_tiles;
};

/* Work-items that keep all compute units busy, none too small. */
static size_t enough_items(const struct product *product, size_t pixels, size_t units)
{
    const double products =
        (double)pixels * (double)product_terms(product) * (double)product->filters * (double)product->groups;
    const size_t most = LOTS_PER_UNIT * units;
    const double worth = products / ITEM_PRODUCTS;

    return worth < (double)units ? units : worth > (double)most ? most : (size_t)worth;
}

/* Pixels are shared out first: then stores of a work-item lie together. Only where that is not enough for the compute
 * units, or where weights of a lot would not stay in the cache, filters are. */
static struct work cut_work(const struct product *product, size_t rows, size_t columns, size_t units)
{
    const size_t pixels = product->pictures * product->output[0] * product->output[1];
    const size_t group_blocks = divide_up(product->filters, columns);
    struct work work = {
        .blocks = product->groups * group_blocks,
        .group_blocks = group_blocks,
        .tiles = divide_up(pixels, rows),
    };
    const size_t enough = enough_items(product, pixels, units);
    const size_t fit = CACHE_FLOATS / (product_terms(product) * columns);
    size_t tile_lots = least(work.tiles, enough);
    size_t block_lots = least(work.blocks, divide_up(FEW_LOTS_PER_UNIT * units, tile_lots));

    if (fit > 0 && block_lots * fit < work.blocks) {
        block_lots = divide_up(work.blocks, fit);
    }
    tile_lots = least(work.tiles, divide_up(enough, block_lots));
    work.item_blocks = divide_up(work.blocks, block_lots);
    work.item_tiles = divide_up(work.tiles, tile_lots);
    return work;
}

/* A view whose rows and pictures follow each other like pixels is one long row. */
static bool is_flat(const struct pixels *pixels, const size_t *sizes, const size_t *steps)
{
    return pixels->strides[1] * steps[0] == sizes[1] * pixels->strides[2] * steps[1] &&
           pixels->strides[0] == sizes[0] * pixels->strides[1] * steps[0];
}

/* A pixel's channels, in whole vectors and with one more, so that lines lie apart in the cache. */
static size_t line_floats(const struct product *product)
{
    return (divide_up(product->channels, VECTOR) + 1) * VECTOR;
}

plait_status product_gemm_launch(const struct run *run, const struct product *product, size_t rows, size_t columns,
                                 size_t units)
{
    static const size_t every[] = {1, 1};
    const struct pixels *x = &product->x;
    const struct pixels *y = &product->y;
    const struct pixels *residual = product->residual.buffer ? &product->residual : y;
    const size_t *size = product->output;
    const size_t *step = product->strides;
    const struct work work = cut_work(product, rows, columns, units);
    const bool gated = product->gate.buffer != NULL;
    const struct pixels *gate = gated ? &product->gate : y;
    const bool flat = (!gated || product->pictures == 1) && is_flat(x, size, step) && is_flat(y, size, every) &&
                      is_flat(residual, size, every);
    const size_t pixels[] = {flat ? 1 : size[0],     flat ? product->pictures * size[0] * size[1] : size[1],
                             product_terms(product), product->filters,
                             product_block(product), flat ? 1 : product->pictures,
                             product->prologue};
    const size_t strides[] = {
        x->strides[0], x->strides[1] * step[0], x->strides[2] * step[1],          y->strides[0],
        y->strides[1], y->strides[2],           product->residual.buffer != NULL,
    };
    const size_t residual_view[] = {residual->strides[0], residual->strides[1], residual->strides[2], gate->strides[0]};
    const size_t cuts[] = {work.blocks, work.group_blocks, work.item_blocks, work.tiles, work.item_tiles};
    const size_t items = divide_up(work.tiles, work.item_tiles) * divide_up(work.blocks, work.item_blocks);

    return launch(run->stream, run->kernels[0], (struct range){.global = {items}, .local = {1}},
                  ARGS(arg_buffer(x->buffer), arg_long(x->offset), arg_buffer(y->buffer), arg_long(y->offset),
                       arg_buffer(residual->buffer), arg_long(residual->offset), arg_buffer(gate->buffer),
                       arg_long(gate->offset), arg_buffer(run->packed), arg_int8(pixels, 7), arg_int8(strides, 7),
                       arg_int8(residual_view, 4), arg_int8(cuts, 5),
                       arg_local((product->prologue || gated ? rows * line_floats(product) : 1) * sizeof(float))));
}
