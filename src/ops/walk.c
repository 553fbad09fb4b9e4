/* SPDX-License-Identifier: MIT */
#include "ops/walk.h"

#include "base/sizes.h"

#include <assert.h>

static_assert(WALK_AXES == PLAIT_MAX_RANK, "kernels walk any tensor");

enum { GROUP = 256 }; /* work-items of a group in a _reference kernel, if the device can */

bool walk_cpu_applicable(const struct step *step, const struct device_traits *device)
{
    (void)step;
    return device->kind == PLAIT_DEVICE_CPU;
}

struct text *walk_kernel(struct step *step, const char *name, enum walk_form form, const struct device_traits *device)
{
    struct text *options = step_kernel(step, name);

    if (form == WALK_CPU) {
        text_add(options, "-D RUN=%d", WALK_RUN);
    } else {
        step->tile[WALK_GROUP] = device->max_work_group < GROUP ? device->max_work_group : GROUP;
    }
    return options;
}

static void pad(struct view *view)
{
    const size_t ahead = WALK_AXES - view->rank;

    for (size_t i = WALK_AXES; i-- > 0;) {
        view->dims[i] = i < ahead ? 1 : view->dims[i - ahead];
        view->strides[i] = i < ahead ? 0 : view->strides[i - ahead];
    }
    view->rank = WALK_AXES;
}

void walk_align_views(struct view *const *views, size_t count)
{
    view_collapse(views, count);
    for (size_t i = 0; i < count; i++) {
        pad(views[i]);
    }
}

void walk_align(struct operand *operands, size_t count)
{
    struct view *views[WALK_MAX_OPERANDS] = {NULL};

    assert(count <= WALK_MAX_OPERANDS);
    for (size_t i = 0; i < count; i++) {
        views[i] = &operands[i].view;
    }
    walk_align_views(views, count);
}

/* The work-items for an output. Shares of rows are cut as find_share in kernels/row.clh does. */
static struct range range_of(const struct view *y, const struct step *step)
{
    const size_t group = step->tile[WALK_GROUP];
    const size_t least_rows = step->tile[WALK_LEAST_ROWS] ? step->tile[WALK_LEAST_ROWS] : 1;
    const size_t columns = y->dims[WALK_AXES - 1];
    size_t rows = 1;

    for (size_t i = 0; i + 1 < WALK_AXES; i++) {
        rows *= y->dims[i];
    }
    if (group > 0) {
        return (struct range){.global = {rows * columns}, .local = {group}};
    }
    const size_t most = WALK_RUN / least_rows;
    const size_t columns_each = columns < most ? columns : most;
    const size_t rows_each = WALK_RUN / columns_each / least_rows * least_rows;
    return (struct range){.global = {divide_up(columns, columns_each), divide_up(rows, rows_each)}, .local = {1, 1}};
}

plait_status walk_launch(const struct step *step, const struct run *run, size_t index, const struct operand *operands,
                         size_t count)
{
    struct operand aligned[WALK_MAX_OPERANDS];
    struct arg args[3 * WALK_MAX_OPERANDS + 1];
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        aligned[i] = operands[i];
        args[used++] = arg_buffer(operands[i].buffer);
        args[used++] = arg_long(operands[i].offset);
    }
    walk_align(aligned, count);
    const struct view *y = &aligned[count - 1].view;
    args[used++] = arg_int8(y->dims, WALK_AXES);
    for (size_t i = 0; i < count; i++) {
        args[used++] = arg_int8(aligned[i].view.strides, WALK_AXES);
    }
    return launch(run->stream, run->kernels[index], range_of(y, step), args, used);
}
