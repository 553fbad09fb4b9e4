/* SPDX-License-Identifier: MIT */
#include "oracle_resizing.h"

#include <math.h>

/* Sizes of a sequence or picture: {samples, rows, cols, channels}. */
struct sizes {
    size_t samples, rows, cols, channels;
};

static struct sizes sizes_of(plait_shape shape)
{
    return shape.rank == 4 ? (struct sizes){shape.dims[0], shape.dims[1], shape.dims[2], shape.dims[3]}
                           : (struct sizes){shape.dims[0], 1, shape.dims[1], shape.dims[2]};
}

static struct reference picture_like(struct reference x, size_t rows, size_t cols)
{
    const struct sizes sizes = sizes_of(x.shape);
    struct reference y = reference_new(x.shape.rank == 4 ? PLAIT_SHAPE(sizes.samples, rows, cols, sizes.channels)
                                                         : PLAIT_SHAPE(sizes.samples, cols, sizes.channels));

    y.exact = x.exact;
    y.sums = x.sums;
    return y;
}

/* Shifts x by so many cells within a picture of another size, the rest of which has `value`. */
static struct reference place(struct reference x, size_t rows, size_t cols, const long shift[2], float value)
{
    const struct sizes from = sizes_of(x.shape);
    struct reference y = picture_like(x, rows, cols);

    for (size_t i = 0; i < y.count; i++) {
        const size_t pixel = i / from.channels;
        const long row = (long)(pixel / cols % rows) - shift[0];
        const long col = (long)(pixel % cols) - shift[1];
        if (row < 0 || row >= (long)from.rows || col < 0 || col >= (long)from.cols) {
            y.value[i] = (double)value;
            y.terms[i] = fabs((double)value);
            continue;
        }
        const size_t source =
            ((pixel / cols / rows * from.rows + (size_t)row) * from.cols + (size_t)col) * from.channels +
            i % from.channels;
        y.value[i] = x.value[source];
        y.terms[i] = x.terms[source];
    }
    return y;
}

static struct reference pad(struct reference x, plait_ends rows, plait_ends cols, float value)
{
    const struct sizes sizes = sizes_of(x.shape);
    const long shift[2] = {(long)rows.begin, (long)cols.begin};

    return place(x, rows.begin + sizes.rows + rows.end, cols.begin + sizes.cols + cols.end, shift, value);
}

static struct reference crop(struct reference x, plait_ends rows, plait_ends cols)
{
    const struct sizes sizes = sizes_of(x.shape);
    const long shift[2] = {-(long)rows.begin, -(long)cols.begin};

    return place(x, sizes.rows - rows.begin - rows.end, sizes.cols - cols.begin - cols.end, shift, 0);
}

/* Where cell `i` of `size` lies among `cells`, as TensorFlow computes it. */
static size_t locate(size_t i, size_t size, size_t cells, bool nearest, size_t *after, float *part)
{
    volatile float position = ((float)i + 0.5F) * ((float)cells / (float)size); /* rounded, whatever the compiler */

    if (!nearest) {
        position -= 0.5F;
    }
    const long before = (long)floorf(position);
    const long last = (long)cells - 1;
    const long up = nearest ? before : (long)ceilf(position);
    *part = position - floorf(position);
    *after = (size_t)(up > last ? last : up);
    return (size_t)(before < 0 ? 0 : before > last ? last : before);
}

/* a + (b - a) * part with float32's roundings if `exact`. */
static double lerp(double a, double b, float part, bool exact)
{
    if (exact) {
        volatile float step = (float)b - (float)a;
        step *= part;
        step += (float)a;
        return (double)step;
    }
    return a + (b - a) * (double)part;
}

static struct reference resize(struct reference x, size_t rows, size_t cols, bool nearest)
{
    const struct sizes from = sizes_of(x.shape);
    struct reference y = picture_like(x, rows, cols);

    nearest = nearest || (rows == from.rows && cols == from.cols);
    y.sums += nearest || x.exact ? 0 : 4;
    for (size_t i = 0; i < y.count; i++) {
        const size_t pixel = i / from.channels;
        size_t below, right;
        float down, across;
        const size_t above = locate(pixel / cols % rows, rows, from.rows, nearest, &below, &down);
        const size_t left = locate(pixel % cols, cols, from.cols, nearest, &right, &across);
        const size_t start = pixel / cols / rows * from.rows;
#define AT(row, col) (((start + (row)) * from.cols + (col)) * from.channels + i % from.channels)
        const size_t at[4] = {AT(above, left), AT(above, right), AT(below, left), AT(below, right)};
#undef AT
        const double top = lerp(x.value[at[0]], x.value[at[1]], across, x.exact);
        const double bottom = lerp(x.value[at[2]], x.value[at[3]], across, x.exact);
        y.value[i] = nearest ? x.value[at[0]] : lerp(top, bottom, down, x.exact);
        y.terms[i] = nearest ? x.terms[at[0]] : 0;
        for (size_t k = 0; k < 4 && !nearest; k++) {
            y.terms[i] += fabs(x.value[at[k]]) + x.terms[at[k]];
        }
    }
    return y;
}

struct twin twin_zero_padding1d(struct twin x, plait_ends steps)
{
    return (struct twin){plait_zero_padding1d(x.node, steps, NULL), pad(x.ref, PLAIT_ENDS(0, 0), steps, 0)};
}

struct twin twin_zero_padding2d(struct twin x, plait_ends rows, plait_ends cols)
{
    return (struct twin){plait_zero_padding2d(x.node, rows, cols, NULL), pad(x.ref, rows, cols, 0)};
}

struct twin twin_cropping1d(struct twin x, plait_ends steps)
{
    return (struct twin){plait_cropping1d(x.node, steps, NULL), crop(x.ref, PLAIT_ENDS(0, 0), steps)};
}

struct twin twin_cropping2d(struct twin x, plait_ends rows, plait_ends cols)
{
    return (struct twin){plait_cropping2d(x.node, rows, cols, NULL), crop(x.ref, rows, cols)};
}

struct twin twin_up_sampling1d(struct twin x, size_t size)
{
    const size_t steps = x.ref.shape.dims[1] * (size ? size : 2);

    return (struct twin){plait_up_sampling1d(x.node, size, NULL), resize(x.ref, 1, steps, true)};
}

struct twin twin_up_sampling2d(struct twin x, const plait_up_sampling2d_opts *opts)
{
    const size_t rows = x.ref.shape.dims[1] * (opts && opts->size[0] ? opts->size[0] : 2);
    const size_t cols = x.ref.shape.dims[2] * (opts && opts->size[1] ? opts->size[1] : 2);
    const bool nearest = !opts || opts->interpolation != PLAIT_BILINEAR;

    return (struct twin){plait_up_sampling2d(x.node, opts), resize(x.ref, rows, cols, nearest)};
}

/* The part in the middle of x with the proportions height : width. */
static struct reference crop_to(struct reference x, size_t height, size_t width)
{
    const size_t rows = x.shape.dims[1], cols = x.shape.dims[2];
    size_t part_rows = cols * height / width, part_cols = rows * width / height;

    part_rows = part_rows < 1 ? 1 : part_rows > rows ? rows : part_rows;
    part_cols = part_cols < 1 ? 1 : part_cols > cols ? cols : part_cols;
    const plait_ends ends[2] = {
        {(rows - part_rows) / 2, rows - part_rows - (rows - part_rows) / 2},
        {(cols - part_cols) / 2, cols - part_cols - (cols - part_cols) / 2},
    };
    return crop(x, ends[0], ends[1]);
}

static struct reference pad_to(struct reference x, size_t height, size_t width, float value)
{
    const size_t rows = x.shape.dims[1], cols = x.shape.dims[2];
    const size_t all_rows = cols * height / width, all_cols = rows * width / height;
    const size_t ends[2] = {all_rows > rows ? (all_rows - rows) / 2 : 0, all_cols > cols ? (all_cols - cols) / 2 : 0};

    return pad(x, PLAIT_ENDS(ends[0], ends[0]), PLAIT_ENDS(ends[1], ends[1]), value);
}

struct twin twin_resizing(struct twin x, size_t height, size_t width, const plait_resizing_opts *opts)
{
    struct reference from = x.ref;

    if (opts && opts->crop_to_aspect_ratio) {
        from = crop_to(from, height, width);
    } else if (opts && opts->pad_to_aspect_ratio) {
        from = pad_to(from, height, width, opts->fill_value);
    }
    return (struct twin){plait_resizing(x.node, height, width, opts),
                         resize(from, height, width, opts && opts->interpolation == PLAIT_NEAREST)};
}

struct twin twin_center_crop(struct twin x, size_t height, size_t width)
{
    const size_t rows = x.ref.shape.dims[1], cols = x.ref.shape.dims[2];
    const plait_node node = plait_center_crop(x.node, height, width, NULL);

    if (height > rows || width > cols) {
        return (struct twin){node, resize(crop_to(x.ref, height, width), height, width, false)};
    }
    const plait_ends ends[2] = {
        {(rows - height) / 2, rows - height - (rows - height) / 2},
        {(cols - width) / 2, cols - width - (cols - width) / 2},
    };
    return (struct twin){node, crop(x.ref, ends[0], ends[1])};
}
