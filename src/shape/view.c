/* SPDX-License-Identifier: MIT */
#include "shape/view.h"

#include "shape/shape.h"

struct view view_of(plait_shape shape)
{
    struct view view = {.rank = shape.rank};
    size_t stride = 1;

    for (size_t i = shape.rank; i-- > 0;) {
        view.dims[i] = shape.dims[i];
        view.strides[i] = stride;
        stride *= shape.dims[i];
    }
    return view;
}

static bool dense_from(const struct view *view, size_t first)
{
    size_t stride = 1;

    for (size_t i = view->rank; i-- > first;) {
        if (view->dims[i] != 1 && view->strides[i] != stride) {
            return false;
        }
        stride *= view->dims[i];
    }
    return true;
}

bool view_sample_is_dense(const struct view *view)
{
    return dense_from(view, 1);
}

bool view_is_dense(const struct view *view)
{
    return dense_from(view, 0);
}

/* Reshapes one run of axes: old axes [from, to) of `view` onto new axes [begin, end) of `out`, whose sizes
 * have the same product. The old axes must lie evenly; the new ones then get strides from the innermost. */
static bool reshape_run(const struct view *view, size_t from, size_t to, struct view *out, size_t begin, size_t end)
{
    size_t stride = 1;
    size_t joined = 1; /* elements of the old axes gone through */

    for (size_t i = to; i-- > from;) {
        if (view->dims[i] == 1) {
            continue;
        }
        if (joined == 1) {
            stride = view->strides[i];
        } else if (view->strides[i] != stride * joined) {
            return false;
        }
        joined *= view->dims[i];
    }
    for (size_t i = end; i-- > begin;) {
        out->strides[i] = stride;
        stride *= out->dims[i];
    }
    return true;
}

bool view_reshape(const struct view *view, plait_shape shape, struct view *out)
{
    struct view result = {.rank = shape.rank};
    size_t from = 0;
    size_t begin = 0;

    for (size_t i = 0; i < shape.rank; i++) {
        result.dims[i] = shape.dims[i];
    }
    while (from < view->rank || begin < shape.rank) {
        size_t to = from;
        size_t end = begin;
        size_t old_count = to < view->rank ? view->dims[to++] : 1;
        size_t new_count = end < shape.rank ? shape.dims[end++] : 1;
        while (old_count != new_count) {
            if (old_count < new_count && to < view->rank) {
                old_count *= view->dims[to++];
            } else if (new_count < old_count && end < shape.rank) {
                new_count *= shape.dims[end++];
            } else {
                return false;
            }
        }
        if (!reshape_run(view, from, to, &result, begin, end)) {
            return false;
        }
        from = to;
        begin = end;
    }
    if (result.strides[result.rank - 1] > 1) {
        return false;
    }
    *out = result;
    return true;
}

struct view view_slice(const struct view *view, size_t axis, size_t begin, size_t size, size_t *offset)
{
    struct view part = *view;

    part.dims[axis] = size;
    *offset = begin * view->strides[axis];
    return part;
}

struct view view_broadcast(const struct view *view, plait_shape shape)
{
    struct view wide = {.rank = shape.rank};
    const size_t ahead = shape.rank - view->rank;

    for (size_t i = 0; i < shape.rank; i++) {
        /* axis 0 is the batch in both; a missing axis has size 1 */
        const size_t own = i == 0 ? 0 : i - ahead;
        const bool missing = i > 0 && i <= ahead;
        wide.dims[i] = shape.dims[i];
        wide.strides[i] = missing || view->dims[own] == 1 ? 0 : view->strides[own];
    }
    return wide;
}

/* True if axis i + 1 continues axis i in every view. */
static bool joins(struct view *const *views, size_t count, size_t i)
{
    for (size_t v = 0; v < count; v++) {
        if (views[v]->strides[i] != views[v]->strides[i + 1] * views[v]->dims[i + 1]) {
            return false;
        }
    }
    return true;
}

static void remove_axis(struct view *view, size_t axis)
{
    for (size_t i = axis; i + 1 < view->rank; i++) {
        view->dims[i] = view->dims[i + 1];
        view->strides[i] = view->strides[i + 1];
    }
    view->rank--;
}

/* True if an axis of size 1 may go: the last one only if the one before it can take its place. */
static bool droppable(struct view *const *views, size_t count, size_t axis)
{
    for (size_t v = 0; v < count && axis + 1 == views[v]->rank; v++) {
        if (views[v]->strides[axis - 1] > 1) {
            return false;
        }
    }
    return true;
}

void view_collapse(struct view *const *views, size_t count)
{
    const struct view *first = views[0];

    for (size_t i = first->rank; i-- > 0;) {
        if (first->dims[i] == 1 && first->rank > 1 && droppable(views, count, i)) {
            for (size_t v = 0; v < count; v++) {
                remove_axis(views[v], i);
            }
        }
    }
    for (size_t i = first->rank; i-- > 1;) {
        if (!joins(views, count, i - 1)) {
            continue;
        }
        for (size_t v = 0; v < count; v++) {
            views[v]->dims[i] *= views[v]->dims[i - 1];
            remove_axis(views[v], i - 1);
        }
    }
}

size_t view_count(const struct view *view)
{
    size_t count = 1;

    for (size_t i = 0; i < view->rank; i++) {
        count *= view->dims[i];
    }
    return count;
}

size_t view_extent(const struct view *view)
{
    size_t last = 0;

    for (size_t i = 0; i < view->rank; i++) {
        if (view->dims[i] == 0) {
            return 0;
        }
        last += (view->dims[i] - 1) * view->strides[i];
    }
    return last + 1;
}

/* The largest stride below `limit` along which either view has more than one element; 0: there is none. */
static size_t next_stride(const struct view views[2], size_t limit)
{
    size_t most = 0;

    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < views[v].rank; i++) {
            const size_t stride = views[v].strides[i];
            most = views[v].dims[i] > 1 && stride < limit && stride > most ? stride : most;
        }
    }
    return most;
}

/* Splits a view by `stride`: the digits from *first to *last that its elements have there, and what is left of it.
 * False if a rest is not smaller than the stride, or two axes have it, so that an element has no one digit. */
static bool take_digit(struct view *view, size_t *offset, size_t stride, size_t *first, size_t *last)
{
    size_t found = 0;

    *first = *offset / stride;
    *last = *first;
    *offset %= stride;
    for (size_t i = 0; i < view->rank; i++) {
        if (view->strides[i] == stride && view->dims[i] > 1) {
            *last += view->dims[i] - 1;
            view->dims[i] = 1;
            found++;
        }
    }
    return found < 2 && *offset + view_extent(view) <= stride;
}

/* Addresses are written as digits, whose weights are the strides of both. Elements are the same only if all digits are,
 * so that views are apart if in one place they have no digit in common. */
bool views_meet(const struct view *a, size_t a_offset, const struct view *b, size_t b_offset)
{
    struct view left = *a;
    struct view right = *b;

    view_collapse((struct view *const[]){&left}, 1);
    view_collapse((struct view *const[]){&right}, 1);
    const struct view whole[] = {left, right};
    if (a_offset >= b_offset + view_extent(b) || b_offset >= a_offset + view_extent(a)) {
        return false;
    }
    for (size_t stride = next_stride(whole, SIZE_MAX); stride > 0; stride = next_stride(whole, stride)) {
        size_t first[2], last[2];
        const bool plain = take_digit(&left, &a_offset, stride, &first[0], &last[0]) &&
                           take_digit(&right, &b_offset, stride, &first[1], &last[1]);
        if (!plain) {
            return true;
        }
        if (first[0] > last[1] || first[1] > last[0]) {
            return false;
        }
    }
    return a_offset == b_offset;
}
