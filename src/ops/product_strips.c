/* SPDX-License-Identifier: MIT */
/* One kernel: kernels/conv2d_strips_cpu.cl. */
#include "ops/product_strips.h"

#include "base/sizes.h"
#include "ops/cpu.h"

enum {
    MOST_CHANNELS = 15,
    LINE_FLOATS = 64,       /* most that a kernel row sees: a block of a sum */
    STRIP_FLOATS = 8 << 10, /* that a strip should have at most: 32 KiB stay in the first cache */
};

/* How the work is cut: strips of output rows. */
struct work {
    size_t blocks;
    size_t strips; /* of a picture */
    size_t rows;   /* of a strip */
    size_t floats; /* of a copied row, which has all that the last pixel needs */
    size_t copied; /* rows */
};

static size_t copied_rows(const struct product *product, size_t rows)
{
    return (rows - 1) * product->strides[0] + (product->kernel[0] - 1) * product->dilation[0] + 1;
}

/* Strips have whole windows of the tail, if there is one. */
static struct work cut_work(const struct product *product, size_t columns, size_t units)
{
    const bool has_tail = product->tail.kind != TAIL_NONE;
    const size_t down = has_tail ? product->tail.window[0] : 1;
    const size_t across = has_tail ? product->tail.window[1] : 1;
    const size_t enough = divide_up(LOTS_PER_UNIT * units, product->pictures);
    const size_t cols = divide_up(product->output[1], across) * across;
    struct work work = {
        .blocks = divide_up(product->filters, columns),
        .rows = divide_up(divide_up(product->output[0], enough), down) * down,
        .floats = ((cols - 1) * product->strides[1] + product->kernel[1]) * product->channels,
    };

    while (work.rows > down && copied_rows(product, work.rows) * work.floats > STRIP_FLOATS) {
        work.rows -= down;
    }
    work.strips = divide_up(product->output[0], work.rows);
    work.copied = copied_rows(product, work.rows);
    return work;
}

bool product_is_strips(const struct product *product)
{
    return !product->phase && product->groups == 1 && product->dilation[1] == 1 && product->channels <= MOST_CHANNELS &&
           product->x.strides[2] == product->channels && product->kernel[1] * product->channels <= LINE_FLOATS &&
           copied_rows(product, 1) * product->input[1] * product->channels <= STRIP_FLOATS;
}

bool product_strips_takes_tail(const struct product *product, const struct tail *tail)
{
    return copied_rows(product, tail->window[0]) * product->input[1] * product->channels <= STRIP_FLOATS;
}

plait_status product_strips_launch(const struct run *run, const struct product *product, size_t rows, size_t columns,
                                   size_t units)
{
    const struct work work = cut_work(product, columns, units);
    const size_t cuts[] = {work.blocks, work.blocks, work.strips, work.rows, work.floats};
    struct arg args[PRODUCT_ARGS + PRODUCT_TAIL_ARGS + 2];
    struct arg *own = args + PRODUCT_ARGS + PRODUCT_TAIL_ARGS;

    (void)rows;
    product_args(product, run->packed, args);
    product_tail_args(product, args + PRODUCT_ARGS);
    own[0] = arg_int8(cuts, sizeof cuts / sizeof *cuts);
    own[1] = arg_local(work.copied * work.floats * sizeof(float));
    return launch(run->stream, run->kernels[0],
                  (struct range){.global = {product->pictures * work.strips}, .local = {1}}, args,
                  sizeof args / sizeof *args);
}
