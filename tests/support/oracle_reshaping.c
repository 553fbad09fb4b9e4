/* SPDX-License-Identifier: MIT */
#include "oracle_reshaping.h"

/* The place of element `index` of a tensor along each axis. */
static void place_of(plait_shape shape, size_t index, size_t place[PLAIT_MAX_RANK])
{
    for (size_t i = shape.rank; i-- > 0;) {
        place[i] = index % shape.dims[i];
        index /= shape.dims[i];
    }
}

static size_t index_of(plait_shape shape, const size_t place[PLAIT_MAX_RANK])
{
    size_t index = 0;

    for (size_t i = 0; i < shape.rank; i++) {
        index = index * shape.dims[i] + place[i];
    }
    return index;
}

static struct reference like(struct reference x, plait_shape shape)
{
    struct reference y = reference_new(shape);

    y.exact = x.exact;
    y.sums = x.sums;
    return y;
}

static void copy(struct reference *y, size_t to, const struct reference *x, size_t from)
{
    y->value[to] = x->value[from];
    y->terms[to] = x->terms[from];
}

struct reference oracle_reshape(struct reference x, plait_shape sample)
{
    const size_t batch = x.shape.dims[0];

    x.shape = (plait_shape){.rank = sample.rank + 1, .dims = {batch}};
    for (size_t i = 0; i < sample.rank; i++) {
        x.shape.dims[i + 1] = sample.dims[i];
    }
    return x;
}

struct reference oracle_permute(struct reference x, plait_axes dims)
{
    plait_shape shape = x.shape;

    for (size_t i = 0; i < dims.count; i++) {
        shape.dims[i + 1] = x.shape.dims[dims.items[i]];
    }
    struct reference y = like(x, shape);
    for (size_t e = 0; e < y.count; e++) {
        size_t place[PLAIT_MAX_RANK] = {0};
        size_t source[PLAIT_MAX_RANK] = {0};
        place_of(shape, e, place);
        source[0] = place[0];
        for (size_t i = 0; i < dims.count; i++) {
            source[dims.items[i]] = place[i + 1];
        }
        copy(&y, e, &x, index_of(x.shape, source));
    }
    return y;
}

struct reference oracle_repeat_vector(struct reference x, size_t n)
{
    const size_t features = x.shape.dims[1];
    struct reference y = like(x, PLAIT_SHAPE(x.shape.dims[0], n, features));

    for (size_t e = 0; e < y.count; e++) {
        copy(&y, e, &x, e / (n * features) * features + e % features);
    }
    return y;
}

/* Element number `i` that a range takes of an axis of `size`; false behind the last one. */
static bool taken(plait_range range, int64_t size, size_t i, size_t *element)
{
    const int64_t lowest = range.step > 0 ? 0 : -1;
    const int64_t highest = range.step > 0 ? size : size - 1;
    int64_t begin = range.begin < 0 ? range.begin + size : range.begin;
    int64_t end = range.end < 0 ? range.end + size : range.end;

    if (range.step == 0) {
        *element = (size_t)begin;
        return i == 0;
    }
    begin = begin < lowest ? lowest : begin > highest ? highest : begin;
    end = end < lowest ? lowest : end > highest ? highest : end;
    for (; i > 0 && begin >= lowest && begin <= highest; i--) {
        begin += range.step;
    }
    *element = (size_t)begin;
    return i == 0 && (range.step > 0 ? begin < end : begin > end);
}

struct reference oracle_get_item(struct reference x, const plait_range *ranges, size_t count)
{
    plait_shape taken_shape = x.shape; /* with size 1 along axes that go */
    plait_shape shape = {.rank = 1, .dims = {x.shape.dims[0]}};
    size_t element;

    for (size_t i = 0; i < count; i++) {
        size_t size = 0;
        while (taken(ranges[i], (int64_t)x.shape.dims[i + 1], size, &element)) {
            size++;
        }
        taken_shape.dims[i + 1] = size;
    }
    for (size_t i = 1; i < x.shape.rank; i++) {
        if (i > count || ranges[i - 1].step != 0) {
            shape.dims[shape.rank++] = taken_shape.dims[i];
        }
    }
    struct reference y = like(x, shape);
    for (size_t e = 0; e < y.count; e++) {
        size_t place[PLAIT_MAX_RANK] = {0};
        place_of(taken_shape, e, place);
        for (size_t i = 0; i < count; i++) {
            (void)taken(ranges[i], (int64_t)x.shape.dims[i + 1], place[i + 1], &place[i + 1]);
        }
        copy(&y, e, &x, index_of(x.shape, place));
    }
    return y;
}

/* The axes of x but the batch, those in `axes` last. */
static plait_axes last_axes(plait_axes axes, size_t rank)
{
    plait_axes order = {0};

    for (size_t pass = 0; pass < 2; pass++) {
        for (int i = 1; i < (int)rank; i++) {
            bool named = false;
            for (size_t k = 0; k < axes.count; k++) {
                named = named || axes.items[k] == i || axes.items[k] + (int)rank == i;
            }
            if (named == (pass == 1)) {
                order.items[order.count++] = i;
            }
        }
    }
    return order;
}

/* By moving the axes to the end, where they are one. */
struct reference oracle_softmax_axes(struct reference x, plait_axes axes)
{
    const plait_axes order = last_axes(axes, x.shape.rank);
    const struct reference moved = oracle_permute(x, order);
    plait_axes back = {.count = order.count};
    plait_shape joined = {.rank = 1, .dims = {1}};
    plait_shape sample = {.rank = order.count};

    for (size_t i = 0; i < order.count; i++) {
        const size_t size = moved.shape.dims[i + 1];
        back.items[order.items[i] - 1] = (int)i + 1;
        sample.dims[i] = size;
        if (i + axes.count < order.count) {
            joined.dims[joined.rank - 1] = size;
            joined.dims[joined.rank++] = 1;
        } else {
            joined.dims[joined.rank - 1] *= size;
        }
    }
    const struct reference y = oracle_softmax(oracle_reshape(moved, joined), -1);
    return oracle_permute(oracle_reshape(y, sample), back);
}
