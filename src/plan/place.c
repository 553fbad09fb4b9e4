/* SPDX-License-Identifier: MIT */
/* Pass: where every value lies.
 *
 * Consumers come first: a join gives its inputs their slices of the joined tensor, an alias gives its
 * input its own memory, and so on down to the operators, which then write straight to where their result
 * is wanted. A value that has a place already, or comes from outside, is copied instead. */
#include "base/memory.h"
#include "plan/values.h"
#include "shape/shape.h"

static plait_status add_storage(struct values *values, const struct value *value, struct storage storage, size_t *out)
{
    plait_status status = PLAIT_OK;
    struct plan *plan = values->plan;

    size_t samples = 0;

    if (!size_mul(values->plan->batch, value->node->samples, &samples) ||
        !size_mul(samples, shape_count(value->shape), &storage.floats) || storage.floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_TOO_LARGE,
                         "%s \"%s\": output %s for a batch of %zu has more than %zu elements; use a smaller batch",
                         value->node->op->name, value->node->name, shape_name(value->shape).text, plan->batch,
                         SHAPE_MAX_ELEMENTS);
    }
    storage.first = NONE;
    TRY(mem_grow(&plan->storages, &plan->storage_capacity, plan->storage_count + 1, sizeof storage));
    plan->storages[plan->storage_count] = storage;
    *out = plan->storage_count++;
out:
    return status;
}

static void put(struct value *value, struct place place)
{
    value->place = place;
    value->placed = true;
}

/* Gives the value memory of its own: the model's input or output, or a part of the arena. */
static plait_status put_alone(struct values *values, struct value *value)
{
    plait_status status = PLAIT_OK;
    struct storage storage = {.kind = STORAGE_ARENA};
    struct place place = {.view = view_of(value_full_shape(values, value))};

    if (value->node->op->is_input) {
        storage.kind = STORAGE_INPUT;
        while (values->request->inputs.items[storage.index].id != value->node->id) {
            storage.index++;
        }
    } else if (value->output != NONE) {
        storage.kind = STORAGE_OUTPUT;
        storage.index = value->output;
    }
    TRY(add_storage(values, value, storage, &place.storage));
    put(value, place);
out:
    return status;
}

/* Whether the value's place is still free to choose. */
static bool is_open(const struct value *value)
{
    return !value->placed && !value->node->op->is_input && value->output == NONE;
}

/* Whether whoever computes the value can do so at `view`: an alias hands it on in its input's shape. */
static bool can_lie(const struct values *values, const struct value *value, const struct view *view)
{
    struct view inner;

    return !value->node->op->aliases ||
           view_reshape(view, value_full_shape(values, &values->items[value->inputs[0]]), &inner);
}

/* Puts the inputs of a join, which has its place, into their slices. */
static plait_status place_join(struct values *values, struct value *join)
{
    plait_status status = PLAIT_OK;
    const size_t axis = join->node->op->join_axis(join->node);
    struct text_range name;
    const bool copy_all = variant_forced(values, join->node->op, &name);
    size_t begin = 0;

    TRY(mem_alloc(&join->copied, join->input_count, sizeof *join->copied));
    for (size_t i = 0; i < join->input_count; i++) {
        struct value *part = &values->items[join->inputs[i]];
        const size_t size = part->shape.dims[axis - 1];
        const struct place slice = value_slice(join, axis, begin, size);
        join->copied[i] = copy_all || !is_open(part) || !can_lie(values, part, &slice.view);
        if (!join->copied[i]) {
            put(part, slice);
        }
        begin += size;
    }
out:
    return status;
}

/* Shares memory between an alias and its input; the alias may have no place yet. */
static plait_status place_alias(struct values *values, struct value *alias)
{
    plait_status status = PLAIT_OK;
    struct value *source = &values->items[alias->inputs[0]];
    struct text_range name;
    struct place inner;
    const bool copy = variant_forced(values, alias->node->op, &name);

    TRY(mem_alloc(&alias->copied, 1, sizeof *alias->copied));
    if (!alias->placed && alias->output == NONE && !copy) {
        alias->follows = true; /* decided when the source's place is known */
        goto out;
    }
    if (!alias->placed) {
        TRY(put_alone(values, alias));
    }
    inner = alias->place;
    alias->copied[0] =
        copy || !is_open(source) || !view_reshape(&alias->place.view, value_full_shape(values, source), &inner.view);
    if (!alias->copied[0]) {
        put(source, inner);
    }
out:
    return status;
}

/* Consumers first: values have smaller indices than what reads them. */
static plait_status place_value(struct values *values, struct value *value)
{
    plait_status status = PLAIT_OK;

    if (value->node->op->aliases) {
        return place_alias(values, value);
    }
    if (!value->placed) {
        TRY(put_alone(values, value));
    }
    if (value->node->op->join_axis) {
        TRY(place_join(values, value));
    }
out:
    return status;
}

/* An alias whose input lies where it has to: the same memory if the shape fits on it, else a copy. */
static plait_status follow(struct values *values, struct value *alias)
{
    plait_status status = PLAIT_OK;
    const struct value *source = &values->items[alias->inputs[0]];
    struct place place = source->place;

    if (view_reshape(&source->place.view, value_full_shape(values, alias), &place.view)) {
        put(alias, place);
    } else {
        alias->copied[0] = true;
        TRY(put_alone(values, alias));
    }
out:
    return status;
}

plait_status pass_place(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = values->count; i-- > 0;) {
        if (values->items[i].node) {
            TRY(place_value(values, &values->items[i]));
        }
    }
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].node && values->items[i].follows) {
            TRY(follow(values, &values->items[i]));
        }
    }
out:
    return status;
}
