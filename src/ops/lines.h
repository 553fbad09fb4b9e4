/* SPDX-License-Identifier: MIT */
/* Operators that work along some axes of a tensor: its elements along these form a line, and the other axes
 * count the lines.
 *
 * Such a kernel takes its operands as (pointer, offset) pairs, then the dims of the axes that count and the
 * strides of each operand along them, then the same for the axes of a line (kernels/line.clh). It comes in two
 * forms: <name>_cpu, where a work-item computes some whole lines, the last axis of which lies without gaps, and
 * <name>_reference, where it computes one line, however it lies. */
#ifndef OPS_LINES_H
#define OPS_LINES_H

#include "ops/walk.h"

/* Place in step->tile, behind the walk's, of a flag to be set for a kernel whose work-items {columns / 16, rows}
 * compute 16 lines each, abreast along the last axis that counts them. */
enum { LINES_ABREAST = WALK_GROUP + 1 };

/* An operand; all operands of a kernel have the same dims. */
struct lines {
    const struct buffer *buffer; /* NULL while planning */
    size_t offset;
    struct view rows; /* the axes that count the lines, the batch first */
    struct view line; /* the axes of a line */
};

/* The axes of an operand in `mask` (bit i for axis i) form lines. */
struct lines lines_of(struct operand operand, unsigned mask);

/* Whether the last axis of a tensor of `rank` axes is in the mask. */
bool lines_along_last(unsigned mask, size_t rank);

/* Refuses a mask without it. */
plait_status lines_check_last(unsigned mask, size_t rank);

/* Launches the only kernel, with one more argument at the end unless `last` is NULL. */
plait_status lines_launch(const struct step *step, const struct run *run, const struct lines *operands, size_t count,
                          const struct arg *last);

#endif
