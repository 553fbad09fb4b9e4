/* SPDX-License-Identifier: MIT */
#include "ops/affine.h"

#include "ops/weight.h"
#include "shape/shape.h"

#include <math.h>
#include <string.h>

const float *affine_weight(const struct affine_source *source, const char *name)
{
    return weight_values(source->weights, source->weight_count, name);
}

bool affine_fits(plait_shape constants, plait_shape sample)
{
    plait_shape together;

    return constants.rank <= sample.rank && shape_broadcast(sample, constants, &together) &&
           shape_equal(together, sample);
}

plait_shape affine_along(plait_shape sample, size_t axis)
{
    plait_shape shape = {.rank = sample.rank - axis, .dims = {sample.dims[axis]}};

    for (size_t i = 1; i < shape.rank; i++) {
        shape.dims[i] = 1;
    }
    return shape;
}

bool affine_trait(const struct node *node, size_t channels, double *scale, double *shift)
{
    const struct affine *affine = node->params;
    const struct affine_source source = {node->weights, node->weight_count, node->params};
    const size_t count = shape_count(affine->shape);
    double p;
    double q;

    if (count > 1 && affine->shape.dims[affine->shape.rank - 1] != count) {
        return false; /* not along the last axis */
    }
    for (size_t c = 0; c < channels; c++) {
        affine->at(&source, count > 1 ? c : 0, &p, &q);
        scale[c] = affine->divides ? 1 / q : p;
        shift[c] = affine->divides ? -p / q : q;
        if (!isfinite(scale[c]) || !isfinite(shift[c])) {
            return false;
        }
    }
    return true;
}

/* ---- Steps ------------------------------------------------------------------------------------------ */

/* The shape of p and q, wide enough to take up what follows the layer. */
static plait_shape own_shape(const struct step *step)
{
    const struct affine *affine = step->params;
    const struct view *y = &step->output;
    plait_shape shape = affine->shape;

    if (step->scale && y->rank > 1) {
        shape.rank = shape.rank > 0 ? shape.rank : 1;
        shape.dims[shape.rank - 1] = y->dims[y->rank - 1];
    }
    return shape;
}

/* The same, repeated along axes before: rows of few elements are slow to compute, and pixels of three channels that lie
 * one behind the other are a row. */
static plait_shape packed_shape(const struct step *step)
{
    enum { LONG_ROW = 64, MOST_FLOATS = 1 << 14 };
    const struct view *y = &step->output;
    plait_shape shape = own_shape(step);

    while (shape.rank > 0 && shape.rank + 1 < y->rank && shape_count(shape) < LONG_ROW &&
           y->dims[y->rank - shape.rank - 1] <= MOST_FLOATS / shape_count(shape)) {
        memmove(shape.dims + 1, shape.dims, shape.rank * sizeof *shape.dims);
        shape.dims[0] = y->dims[y->rank - shape.rank - 1];
        shape.rank++;
    }
    return shape;
}

/* p or q as an operand of every element of y. */
static struct view constant_view(const struct step *step, const struct view *y)
{
    const struct view view = view_of(shape_with_batch(packed_shape(step), 1));
    plait_shape shape = {.rank = y->rank};

    memcpy(shape.dims, y->dims, sizeof shape.dims);
    return view_broadcast(&view, shape);
}

struct text *affine_kernel(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "affine_cpu", [WALK_REFERENCE] = "affine_reference"};
    struct text *options = walk_kernel(step, names[form], form, device);

    activation_options(&step->activation, options);
    return options;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    const struct affine *affine = step->params;
    struct text *options = affine_kernel(step, form, device);

    if (affine->divides && !step->scale) {
        text_add(options, " -D DIVIDES");
    }
    step->packed_floats = 2 * shape_count(packed_shape(step));
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

/* What is folded in comes after the layer's own p and q, which then must be a scale and a shift. */
static void fold(const struct step *step, size_t channel, double *p, double *q)
{
    const struct affine *affine = step->params;
    const double scale = affine->divides ? 1 / *q : *p;
    const double shift = affine->divides ? -*p / *q : *q;

    *p = scale * step->scale[channel];
    *q = shift * step->scale[channel] + step->shift[channel];
}

/* All of p, then all of q. */
static void pack(const struct step *step, float *packed)
{
    const struct affine *affine = step->params;
    const struct affine_source source = {step->weights, step->weight_count, step->params};
    const size_t count = step->packed_floats / 2;
    const size_t own = shape_count(own_shape(step));
    const size_t repeats = own / shape_count(affine->shape);
    const size_t channels = step->output.dims[step->output.rank - 1];

    for (size_t i = 0; i < count; i++) {
        double p;
        double q;
        affine->at(&source, i % own / repeats, &p, &q);
        if (step->scale) {
            fold(step, i % channels, &p, &q);
        }
        packed[i] = (float)p;
        packed[count + i] = (float)q;
    }
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct operand p = {run->packed, 0, constant_view(step, &run->output.view)};
    const struct operand q = {run->packed, step->packed_floats / 2, p.view};
    const struct operand operands[AFFINE_OPERANDS] = {run->inputs[0], p, q, run->output};

    return walk_launch(step, run, 0, operands, AFFINE_OPERANDS);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, pack, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, pack, enqueue};

const struct variant *const affine_variants[AFFINE_VARIANTS] = {&cpu, &reference};
