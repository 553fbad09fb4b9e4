/* SPDX-License-Identifier: MIT */
#include "ops/lines.h"

#include <assert.h>

enum {
    VECTOR = 16,  /* floats of the kernels' vectors */
    ABREAST = 16, /* work-items of a group whose lines lie abreast */
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

struct lines lines_of_view(const struct view *view, unsigned mask)
{
    return lines_of((struct operand){.view = *view}, mask);
}

size_t lines_count(const struct view *view)
{
    size_t count = 1;

    for (size_t i = 0; i < view->rank; i++) {
        count *= view->dims[i];
    }
    return count;
}

bool lines_along_last(unsigned mask, size_t rank)
{
    return mask >> (rank - 1) & 1U;
}

void lines_plan(struct step *step, enum walk_form form, const struct lines *operands, size_t count,
                const struct device_traits *device)
{
    struct view rows[WALK_MAX_OPERANDS];
    struct view line[WALK_MAX_OPERANDS];

    assert(count <= WALK_MAX_OPERANDS);
    for (size_t i = 0; i < count; i++) {
        rows[i] = operands[i].rows;
        line[i] = operands[i].line;
    }
    walk_plan(step, form, walk_rank(rows, count), device);
    step->tile[LINES_AXES] = walk_rank(line, count);
}

struct text *lines_kernel(struct step *step, const char *name)
{
    struct text *options = walk_kernel(step, name);

    text_add(options, " -D AXES=%zu", step->tile[LINES_AXES]);
    return options;
}

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* The work-items; find_lines in kernels/line_cpu.clh shares lines out likewise. */
static struct range range_of(const struct step *step, const struct view *rows, size_t size)
{
    const size_t group = step->tile[WALK_GROUP];
    const size_t count = lines_count(rows);
    const size_t each = size < WALK_RUN ? WALK_RUN / size : 1;

    if (step->tile[LINES_ABREAST]) {
        const size_t columns = rows->dims[rows->rank - 1];
        const size_t vectors = divide_up(columns, VECTOR);
        return (struct range){.global = {vectors, count / columns},
                              .local = {vectors < ABREAST ? vectors : ABREAST, 1}};
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

    for (size_t i = 0; i < count; i++) {
        aligned[i] = operands[i];
        rows[i] = &aligned[i].rows;
        line[i] = &aligned[i].line;
        args[used++] = arg_buffer(operands[i].buffer);
        args[used++] = arg_long(operands[i].offset);
    }
    walk_align_views(rows, count, step->tile[WALK_RANK]);
    walk_align_views(line, count, step->tile[LINES_AXES]);
    args[used++] = arg_int8(rows[0]->dims, rows[0]->rank);
    for (size_t i = 0; i < count; i++) {
        args[used++] = arg_int8(rows[i]->strides, rows[i]->rank);
    }
    args[used++] = arg_int8(line[0]->dims, line[0]->rank);
    for (size_t i = 0; i < count; i++) {
        args[used++] = arg_int8(line[i]->strides, line[i]->rank);
    }
    if (last) {
        args[used++] = *last;
    }
    return launch(run->stream, run->kernels[0], range_of(step, rows[0], lines_count(line[0])), args, used);
}
