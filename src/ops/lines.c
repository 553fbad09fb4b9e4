/* SPDX-License-Identifier: MIT */
#include "ops/lines.h"

#include "base/sizes.h"
#include "ops/cpu.h"

#include <assert.h>

enum {
    ABREAST = 16, /* most work-items of a group whose lines lie abreast */
    GROUPS = 64,  /* of such work-items, so that all cores have their share */
};

static void append(struct view *to, const struct view *from, size_t axis)
{
    to->dims[to->rank] = from->dims[axis];
    to->strides[to->rank] = from->strides[axis];
    to->rank++;
}

struct lines lines_of(struct operand operand, unsigned mask)
{
    struct lines lines = {.buffer = operand.buffer, .offset = operand.offset};

    for (size_t i = 0; i < operand.view.rank; i++) {
        append(mask >> i & 1U ? &lines.line : &lines.rows, &operand.view, i);
    }
    return lines;
}

bool lines_along_last(unsigned mask, size_t rank)
{
    return mask >> (rank - 1) & 1U;
}

plait_status lines_check_last(unsigned mask, size_t rank)
{
    return lines_along_last(mask, rank)
               ? PLAIT_OK
               : error_set(PLAIT_ERR_UNSUPPORTED, "it works along the last axis, alone or with others");
}

/* The work-items; find_lines in kernels/line.clh shares lines out likewise. */
static struct range range_of(const struct step *step, const struct view *rows, size_t size)
{
    const size_t group = step->tile[WALK_GROUP];
    const size_t count = view_count(rows);
    const size_t each = size < WALK_RUN ? WALK_RUN / size : 1;

    if (step->tile[LINES_ABREAST]) {
        const size_t columns = rows->dims[WALK_AXES - 1];
        const size_t vectors = divide_up(columns, VECTOR);
        const size_t share = divide_up(vectors * (count / columns), GROUPS);
        const size_t most = vectors < ABREAST ? vectors : ABREAST;
        return (struct range){.global = {vectors, count / columns}, .local = {share < most ? share : most, 1}};
    }
    if (group > 0) {
        return (struct range){.global = {count}, .local = {group}};
    }
    return (struct range){.global = {divide_up(count, each)}, .local = {1}};
}

plait_status lines_launch(const struct step *step, const struct run *run, const struct lines *operands, size_t count,
                          const struct arg *last)
{
    struct lines aligned[WALK_MAX_OPERANDS];
    struct view *rows[WALK_MAX_OPERANDS] = {NULL};
    struct view *line[WALK_MAX_OPERANDS] = {NULL};
    struct arg args[4 * WALK_MAX_OPERANDS + 3];
    size_t used = 0;

    assert(count <= WALK_MAX_OPERANDS);
    for (size_t i = 0; i < count; i++) {
        aligned[i] = operands[i];
        rows[i] = &aligned[i].rows;
        line[i] = &aligned[i].line;
        args[used++] = arg_buffer(operands[i].buffer);
        args[used++] = arg_long(operands[i].offset);
    }
    walk_align_views(rows, count);
    walk_align_views(line, count);
    args[used++] = arg_int8(rows[0]->dims, WALK_AXES);
    for (size_t i = 0; i < count; i++) {
        args[used++] = arg_int8(rows[i]->strides, WALK_AXES);
    }
    args[used++] = arg_int8(line[0]->dims, WALK_AXES);
    for (size_t i = 0; i < count; i++) {
        args[used++] = arg_int8(line[i]->strides, WALK_AXES);
    }
    if (last) {
        args[used++] = *last;
    }
    return launch(run->stream, run->kernels[0], range_of(step, rows[0], view_count(line[0])), args, used);
}
