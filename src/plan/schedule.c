/* SPDX-License-Identifier: MIT */
/* Pass: one step for each operator and each copy, with the variant that computes it.
 *
 * What makes something of a picture window by window, as pooling does, needs no step if the variant that was chosen for
 * the step that computes the picture can do it in its store. Then that step has two results, or one if nothing else
 * reads the picture, which is never stored. */
#include "base/memory.h"
#include "ops/copy.h"
#include "plan/values.h"
#include "plan/variant.h"
#include "shape/shape.h"

/* Notes that a step touches the storage of a place. */
static void touch(struct plan *plan, const struct place *place, size_t step)
{
    struct storage *storage = &plan->storages[place->storage];

    storage->first = step < storage->first ? step : storage->first; /* of none, NONE is above all */
    storage->last = step > storage->last ? step : storage->last;
}

/* Begins a step: operator, layer, and room for its inputs. */
static plait_status begin_step(struct planned_step *planned, const struct op *op, const char *layer, size_t input_count)
{
    plait_status status = PLAIT_OK;

    *planned = (struct planned_step){.scratch = NONE};
    planned->step.op = op;
    TRY(mem_text(&planned->layer, layer));
    planned->step.layer = planned->layer;
    TRY(mem_alloc(&planned->inputs, input_count, sizeof *planned->inputs));
    TRY(mem_alloc(&planned->step.inputs, input_count, sizeof *planned->step.inputs));
    planned->step.input_count = input_count;
out:
    return status;
}

/* Appends a step. */
static plait_status add_step(struct plan *plan, const struct op *op, const char *layer, size_t input_count)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&plan->steps, &plan->step_capacity, plan->step_count + 1, sizeof *plan->steps));
    plan->step_count++;
    TRY(begin_step(&plan->steps[plan->step_count - 1], op, layer, input_count));
out:
    return status;
}

/* Ends the newest step, whose places are set: lifetimes, variant, scratch. */
static plait_status finish_step(struct values *values)
{
    plait_status status = PLAIT_OK;
    struct plan *plan = values->plan;
    const size_t index = plan->step_count - 1;
    struct planned_step *planned = &plan->steps[index];
    struct step *step = &planned->step;

    for (size_t i = 0; i < step->input_count; i++) {
        step->inputs[i] = planned->inputs[i].view;
        touch(plan, &planned->inputs[i], index);
    }
    step->output = planned->output.view;
    touch(plan, &planned->output, index);
    if (step->has_residual) {
        step->residual = planned->residual.view;
        touch(plan, &planned->residual, index);
    }
    TRY(choose_variant(values, step));
    if (step->scratch_floats > 0) {
        const struct storage scratch = {
            .kind = STORAGE_ARENA, .floats = step->scratch_floats, .first = index, .last = index};
        TRY(mem_grow(&plan->storages, &plan->storage_capacity, plan->storage_count + 1, sizeof scratch));
        plan->storages[plan->storage_count] = scratch;
        planned->scratch = plan->storage_count++;
    }
out:
    return status;
}

static plait_status schedule_copy(struct values *values, const char *layer, struct place from, struct place to)
{
    plait_status status = PLAIT_OK;

    TRY(add_step(values->plan, &op_copy, layer, 1));
    struct planned_step *planned = &values->plan->steps[values->plan->step_count - 1];
    TRY(mem_text(&planned->fused, ""));
    planned->inputs[0] = from;
    planned->output = to;
    TRY(finish_step(values));
out:
    return status;
}

static plait_status schedule_join(struct values *values, const struct value *join)
{
    plait_status status = PLAIT_OK;
    const size_t axis = join->node->op->join_axis(join->node);
    size_t begin = 0;
    bool copies = false;

    for (size_t i = 0; i < join->input_count; i++) {
        const struct value *part = &values->items[join->inputs[i]];
        const size_t size = part->shape.dims[axis - 1];
        const struct place slice = value_slice(join, axis, begin, size);
        begin += size;
        if (join->copied[i]) {
            TRY(schedule_copy(values, join->node->name, part->place, slice));
            copies = true;
        }
    }
    if (!copies) {
        value_note_free(values, join->node);
    }
out:
    return status;
}

static plait_status schedule_alias(struct values *values, const struct value *alias)
{
    plait_status status = PLAIT_OK;
    const struct value *source = &values->items[alias->inputs[0]];
    struct place from = source->place;
    struct place to = alias->place;
    const plait_shape as_source = value_full_shape(values, source);
    const plait_shape as_alias = value_full_shape(values, alias);

    if (!alias->copied[0]) {
        value_note_free(values, alias->node);
        return PLAIT_OK;
    }
    if (!view_reshape(&alias->place.view, as_source, &to.view)) {
        to = alias->place;
        if (!view_reshape(&source->place.view, as_alias, &from.view)) {
            return error_set(PLAIT_ERR_UNSUPPORTED, "%s \"%s\": no copy from %s to %s can be planned",
                             alias->node->op->name, alias->node->name, shape_name(as_source).text,
                             shape_name(as_alias).text);
        }
    }
    TRY(schedule_copy(values, alias->node->name, from, to));
out:
    return status;
}

/* Adds the flops of a sample of the model, as the operators, value and heads, count them. `shapes` are those of the
 * innermost head's inputs; then the value's. */
static void add_flops(const struct value *value, plait_shape *shapes, double *flops)
{
    const struct op *op = value->node->op;

    if (value->head) {
        add_flops(value->head, shapes, flops);
        shapes[0] = value->head->shape;
    }
    *flops += op->flops ? op->flops(value->node, shapes) * (double)value->node->samples : 0;
}

static plait_status count_flops(const struct values *values, const struct value *value, double *flops)
{
    plait_status status = PLAIT_OK;
    plait_shape *shapes = NULL;

    TRY(mem_alloc(&shapes, value->input_count, sizeof *shapes));
    for (size_t i = 0; i < value->input_count; i++) {
        shapes[i] = values->items[value->inputs[i]].shape;
    }
    add_flops(value, shapes, flops);
out:
    mem_free(shapes);
    return status;
}

/* What the step computes. */
static plait_status fill_step(const struct values *values, struct value *value, struct planned_step *planned)
{
    plait_status status = PLAIT_OK;
    const struct node *node = value->node;
    struct step *step = &planned->step;

    TRY(mem_text(&planned->fused, text_string(&value->fused)));
    TRY(mem_copy(&step->params, node->params, node->params_bytes));
    step->weights = node->weights;
    step->weight_count = node->weight_count;
    step->padding = value->padding;
    step->gated = value->gated;
    step->activation = value->activation;
    step->accuracy = values->request->opts->accuracy;
    planned->scale = value->scale;
    planned->shift = value->shift;
    planned->input_scale = value->input_scale;
    planned->input_shift = value->input_shift;
    value->scale = NULL; /* now the plan's */
    value->shift = NULL;
    value->input_scale = NULL;
    value->input_shift = NULL;
    step->scale = planned->scale;
    step->shift = planned->shift;
    step->input_scale = planned->input_scale;
    step->input_shift = planned->input_shift;
out:
    return status;
}

/* A head reads what its step reads, and its result is a tensor of its own, if only in pieces. */
static plait_status fill_heads(const struct values *values, const struct value *value, struct planned_step *planned)
{
    plait_status status = PLAIT_OK;

    for (struct value *head = value->head; head; head = head->head) {
        TRY(mem_alloc(&planned->head, 1, sizeof *planned->head));
        TRY(begin_step(planned->head, head->node->op, head->node->name, 1));
        TRY(fill_step(values, head, planned->head));
        planned->head->step.inputs[0] = values->items[value->inputs[0]].place.view;
        planned->head->step.output = view_of(value_full_shape(values, head));
        planned->step.head = &planned->head->step;
        planned = planned->head;
    }
out:
    return status;
}

static plait_status schedule_operator(struct values *values, struct value *value)
{
    plait_status status = PLAIT_OK;

    TRY(add_step(values->plan, value->node->op, value->node->name, value->input_count));
    value->step = values->plan->step_count - 1;
    struct planned_step *planned = &values->plan->steps[value->step];
    TRY(fill_step(values, value, planned));
    TRY(fill_heads(values, value, planned));
    TRY(count_flops(values, value, &planned->step.flops));
    for (size_t i = 0; i < value->input_count; i++) {
        planned->inputs[i] = values->items[value->inputs[i]].place;
    }
    planned->output = value->place;
    planned->step.has_residual = value->residual != NONE;
    if (planned->step.has_residual) {
        planned->residual = values->items[value->residual].place;
    }
    TRY(finish_step(values));
out:
    return status;
}

/* Whether the plan is one with tails. What others read besides lies in memory longer together with its tail. */
static bool wants_tail(const struct plan_request *request, const struct value *source)
{
    return !request->without_tails && (value_is_private(source) || !request->opts->less_memory);
}

/* What the value is of its input, if it is that alone and the step that computes the input can make it as well. */
static bool find_tail(const struct values *values, const struct value *value, struct tail *tail)
{
    const struct op *op = value->node->op;
    const struct value *source = value->input_count ? &values->items[value->inputs[0]] : NULL;
    const struct step *step = source && source->step != NONE ? &values->plan->steps[source->step].step : NULL;
    struct text_range name;

    return op->tail && step && wants_tail(values->request, source) && value_is_bare(value) &&
           activation_is_linear(&value->activation) && !variant_forced(values, op, &name) &&
           !variant_forced(values, step->op, &name) && step->tail.kind == TAIL_NONE && step->variant->takes_tail &&
           op->tail(value->node, source->shape, tail) && step->variant->takes_tail(step, tail);
}

static plait_status note_fused(struct planned_step *planned, const struct value *value)
{
    plait_status status = PLAIT_OK;
    struct text fused = {0};

    text_add(&fused, "%s%s%s%s%s", planned->fused, planned->fused[0] ? ", " : "", value->node->name,
             value->fused.length ? ", " : "", text_string(&value->fused));
    TRY(fused.status);
    mem_free(planned->fused);
    planned->fused = fused.data;
    fused.data = NULL; /* now the plan's */
out:
    text_free(&fused);
    return status;
}

/* Lets the step that computes the value's input make the value as well. */
static plait_status schedule_tail(struct values *values, const struct value *value, struct tail tail)
{
    plait_status status = PLAIT_OK;
    struct plan *plan = values->plan;
    const struct value *source = &values->items[value->inputs[0]];
    struct planned_step *planned = &plan->steps[source->step];
    struct step *step = &planned->step;

    TRY(note_fused(planned, value));
    planned->tail_output = value->place;
    step->tail = tail;
    step->tail_output = value->place.view;
    step->fleeting = value_is_private(source);
    if (step->fleeting) {
        plan->storages[source->place.storage].first = NONE; /* it has no memory: no other step has touched it */
    }
    touch(plan, &value->place, source->step);
    TRY(plan_variant(step, step->variant, values->request->device));
out:
    return status;
}

/* Outputs that are inputs, or that another output has claimed, are copied at the end. */
static plait_status schedule_outputs(struct values *values)
{
    plait_status status = PLAIT_OK;
    const plait_nodes outputs = values->request->outputs;

    for (size_t i = 0; i < outputs.count; i++) {
        const struct value *value = &values->items[values->outputs[i]];
        if (value->output == i) {
            continue;
        }
        struct plan *plan = values->plan;
        const plait_shape shape = shape_with_batch(value->shape, plan->batch);
        struct place to = {.storage = plan->storage_count, .view = view_of(shape)};
        TRY(mem_grow(&plan->storages, &plan->storage_capacity, plan->storage_count + 1, sizeof *plan->storages));
        plan->storages[plan->storage_count++] =
            (struct storage){.kind = STORAGE_OUTPUT, .index = i, .floats = shape_count(shape), .first = NONE};
        TRY(schedule_copy(values, plait_node_name(outputs.items[i]), value->place, to));
    }
out:
    return status;
}

plait_status pass_schedule(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        struct value *value = &values->items[i];
        struct tail tail;
        if (!value->node || value->node->op->is_input) {
            continue;
        }
        if (value->node->op->join_axis) {
            TRY(schedule_join(values, value));
        } else if (value->node->op->aliases) {
            TRY(schedule_alias(values, value));
        } else if (find_tail(values, value, &tail)) {
            TRY(schedule_tail(values, value, tail));
        } else {
            TRY(schedule_operator(values, value));
        }
    }
    TRY(schedule_outputs(values));
    TRY(values->free_layers.status);
    TRY(mem_text(&values->plan->free_layers, text_string(&values->free_layers)));
out:
    return status;
}
