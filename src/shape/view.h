/* SPDX-License-Identifier: MIT */
/* Views: how a tensor lies in memory. Pure functions.
 *
 * A branch may write its result straight into a slice of a larger tensor, so every tensor that a kernel
 * meets is a view: sizes and strides, in elements, the batch as axis 0. The last axis always has
 * stride 1 (or 0 where it is broadcast). */
#ifndef SHAPE_VIEW_H
#define SHAPE_VIEW_H

#include <plait/shape.h>
#include <stdbool.h>

struct view {
    size_t rank;
    size_t dims[PLAIT_MAX_RANK];
    size_t strides[PLAIT_MAX_RANK];
};

/* The view of a whole tensor in C order; `shape` has the batch in front. */
struct view view_of(plait_shape shape);

/* True if the elements of one sample (all axes but the first) lie in C order without gaps. */
bool view_sample_is_dense(const struct view *view);

/* True if all elements lie in C order without gaps. */
bool view_is_dense(const struct view *view);

/* The same elements in C order under another shape (batch in front, equal count); false if no strides can
 * express it, with stride 1 or 0 along the last axis. */
bool view_reshape(const struct view *view, plait_shape shape, struct view *out);

/* Narrows one axis to `size` elements; *offset is where the part from `begin` on starts, in elements. */
struct view view_slice(const struct view *view, size_t axis, size_t begin, size_t size, size_t *offset);

/* The view as an operand of an elementwise operation with result `shape` (batch in front), as Keras
 * broadcasts: missing axes stand after the batch, axes of size 1 get stride 0. */
struct view view_broadcast(const struct view *view, plait_shape shape);

/* Joins neighbouring axes of `count` views of equal dims wherever all of them lie evenly, and drops axes
 * of size 1: the fewest axes that visit the same elements in the same order. At least one axis is left,
 * and the last one has stride 1 or 0 as before. */
void view_collapse(struct view *const *views, size_t count);

/* Elements of a view. */
size_t view_count(const struct view *view);

/* Elements from the view's first to its last in memory, gaps included; 0 for a view without elements. */
size_t view_extent(const struct view *view);

/* Whether two views of one tensor's memory, each from its offset on, may have an element in common. False for slices
 * of a joined tensor that lie between each other; true wherever it is not plain from the strides. */
bool views_meet(const struct view *a, size_t a_offset, const struct view *b, size_t b_offset);

#endif
