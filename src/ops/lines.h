/* SPDX-License-Identifier: MIT */
/* Operators that work along some axes of a tensor: its elements along these form a line, and the other axes
 * count the lines.
 *
 * Such a kernel takes its operands as (pointer, offset) pairs, then the dims of the axes that count and the
 * strides of each operand along them (RANK axes), then the same for the axes of a line (AXES axes). It comes
 * in two forms: <name>_cpu, where a work-item computes some whole lines, the last axis of which lies without
 * gaps (kernels/line_cpu.clh), and <name>_reference, where it computes one line, however it lies. */
#ifndef OPS_LINES_H
#define OPS_LINES_H

#include "ops/walk.h"

/* What is remembered in step->tile, behind the walk's. LINES_ABREAST is set, after lines_plan, for a kernel
 * whose work-items {columns / 16, rows} compute 16 lines each, abreast along the last axis that counts them. */
enum { LINES_AXES = WALK_GROUP + 1, LINES_ABREAST };

/* An operand; all operands of a kernel have the same dims. */
struct lines {
    const struct buffer *buffer; /* NULL while planning */
    size_t offset;
    struct view rows; /* the axes that count the lines, the batch first */
    struct view line; /* the axes of a line */
};

/* The axes of an operand in `mask` (bit i for axis i) form lines. */
struct lines lines_of(struct operand operand, unsigned mask);

/* The same while planning. */
struct lines lines_of_view(const struct view *view, unsigned mask);

/* Elements of a view. */
size_t lines_count(const struct view *view);

/* Whether the last axis of a tensor of `rank` axes is in the mask. */
bool lines_along_last(unsigned mask, size_t rank);

/* Decides how the operands are gone through; before any lines_kernel. */
void lines_plan(struct step *step, enum walk_form form, const struct lines *operands, size_t count,
                const struct device_traits *device);

/* Asks for the kernel `name`; returns its options, to add to. */
struct text *lines_kernel(struct step *step, const char *name);

/* Launches the only kernel, with one more argument at the end unless `last` is NULL. */
plait_status lines_launch(const struct step *step, const struct run *run, const struct lines *operands, size_t count,
                          const struct arg *last);

#endif
