/* SPDX-License-Identifier: MIT */
/* Pass: what each step waits for, for queues that run commands in any order. */
#include "plan/order.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "plan/values.h"

enum { WORD_BITS = 64 };

/* A part of memory that a step reads or writes. */
struct access {
    const struct storage *storage;
    const struct place *place; /* NULL: the whole storage */
    bool writes;
};

static uint64_t *row(uint64_t *rows, size_t words, size_t index)
{
    return rows + index * words;
}

static bool has_bit(const uint64_t *bits, size_t index)
{
    return bits[index / WORD_BITS] >> index % WORD_BITS & 1;
}

static void set_bit(uint64_t *bits, size_t index)
{
    bits[index / WORD_BITS] |= (uint64_t)1 << index % WORD_BITS;
}

static size_t access_count(const struct planned_step *planned)
{
    const struct step *step = &planned->step;

    return step->input_count + !step->fleeting + (step->tail.kind != TAIL_NONE) + (planned->scratch != NONE) +
           step->has_residual;
}

static struct access access_to(const struct plan *plan, const struct place *place, bool writes)
{
    return (struct access){.storage = &plan->storages[place->storage], .place = place, .writes = writes};
}

/* The step's access `index`: output and tail, scratch, residual, inputs. */
static struct access access_of(const struct plan *plan, const struct planned_step *planned, size_t index)
{
    const struct step *step = &planned->step;

    if (!step->fleeting && index-- == 0) {
        return access_to(plan, &planned->output, true);
    }
    if (step->tail.kind != TAIL_NONE && index-- == 0) {
        return access_to(plan, &planned->tail_output, true);
    }
    if (planned->scratch != NONE && index-- == 0) {
        return (struct access){.storage = &plan->storages[planned->scratch], .writes = true};
    }
    if (step->has_residual && index-- == 0) {
        return access_to(plan, &planned->residual, false);
    }
    return access_to(plan, &planned->inputs[index], false);
}

/* The elements of the arena, from *begin to before *end. */
static void find_range(const struct access *access, size_t *begin, size_t *end)
{
    *begin = access->storage->offset + (access->place ? access->place->offset : 0);
    *end = *begin + (access->place ? view_extent(&access->place->view) : access->storage->floats);
}

/* Whether both may touch an element, and one writes. */
static bool conflict(const struct access *a, const struct access *b, bool in_arena)
{
    size_t a_begin, a_end, b_begin, b_end;

    if (!a->writes && !b->writes) {
        return false;
    }
    if (a->storage == b->storage) {
        return !a->place || !b->place ||
               views_meet(&a->place->view, a->place->offset, &b->place->view, b->place->offset);
    }
    if (!in_arena || a->storage->kind != STORAGE_ARENA || b->storage->kind != STORAGE_ARENA) {
        return false;
    }
    find_range(a, &a_begin, &a_end);
    find_range(b, &b_begin, &b_end);
    return a_begin < b_end && b_begin < a_end;
}

static bool steps_conflict(const struct plan *plan, size_t a, size_t b, bool in_arena)
{
    const struct planned_step *left = &plan->steps[a];
    const struct planned_step *right = &plan->steps[b];

    for (size_t i = 0; i < access_count(left); i++) {
        const struct access one = access_of(plan, left, i);
        for (size_t k = 0; k < access_count(right); k++) {
            const struct access other = access_of(plan, right, k);
            if (conflict(&one, &other, in_arena)) {
                return true;
            }
        }
    }
    return false;
}

static plait_status add_wait(struct planned_step *planned, size_t step)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&planned->waits, &planned->wait_capacity, planned->wait_count + 1, sizeof *planned->waits));
    planned->waits[planned->wait_count++] = step;
out:
    return status;
}

/* Looks at the earlier steps from the newest to the oldest: those that come before one found already are reached
 * through it, and need no look. */
static plait_status order_step(struct plan *plan, size_t step, bool in_arena, bool waits, struct order *order)
{
    plait_status status = PLAIT_OK;
    uint64_t *before = row(order->before, order->words, step);

    for (size_t earlier = step; earlier-- > 0;) {
        if (has_bit(before, earlier) || !steps_conflict(plan, earlier, step, in_arena)) {
            continue;
        }
        const uint64_t *reached = row(order->before, order->words, earlier);
        for (size_t i = 0; i < order->words; i++) {
            before[i] |= reached[i];
        }
        set_bit(before, earlier);
        if (waits) {
            TRY(add_wait(&plan->steps[step], earlier));
        }
    }
out:
    return status;
}

/* Notes the steps that no other waits for. */
static plait_status find_ends(struct plan *plan)
{
    plait_status status = PLAIT_OK;
    bool *waited_for = NULL;

    TRY(mem_alloc(&waited_for, plan->step_count, sizeof *waited_for));
    TRY(mem_alloc(&plan->ends, plan->step_count, sizeof *plan->ends));
    for (size_t i = 0; i < plan->step_count; i++) {
        for (size_t k = 0; k < plan->steps[i].wait_count; k++) {
            waited_for[plan->steps[i].waits[k]] = true;
        }
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        if (!waited_for[i]) {
            plan->ends[plan->end_count++] = i;
        }
    }
out:
    mem_free(waited_for);
    return status;
}

plait_status order_create(struct plan *plan, bool in_arena, bool waits, struct order *out)
{
    plait_status status = PLAIT_OK;

    *out = (struct order){.steps = plan->step_count, .words = divide_up(plan->step_count, WORD_BITS)};
    TRY(mem_alloc(&out->before, plan->step_count * out->words, sizeof *out->before));
    for (size_t i = 0; i < plan->step_count; i++) {
        TRY(order_step(plan, i, in_arena, waits, out));
    }
    if (waits) {
        TRY(find_ends(plan));
    }
out:
    return status;
}

void order_free(struct order *order)
{
    mem_free(order->before);
}

plait_status lifetimes_create(const struct plan *plan, const struct order *order, struct lifetimes *out)
{
    plait_status status = PLAIT_OK;

    *out = (struct lifetimes){.words = order->words};
    TRY(mem_alloc(&out->touching, plan->storage_count * order->words, sizeof *out->touching));
    TRY(mem_alloc(&out->before, plan->storage_count * order->words, sizeof *out->before));
    for (size_t i = 0; i < plan->storage_count * order->words; i++) {
        out->before[i] = UINT64_MAX;
    }
    for (size_t step = 0; step < plan->step_count; step++) {
        const uint64_t *earlier = row(order->before, order->words, step);
        for (size_t i = 0; i < access_count(&plan->steps[step]); i++) {
            const size_t storage = (size_t)(access_of(plan, &plan->steps[step], i).storage - plan->storages);
            uint64_t *before = row(out->before, order->words, storage);
            set_bit(row(out->touching, order->words, storage), step);
            for (size_t k = 0; k < order->words; k++) {
                before[k] &= earlier[k];
            }
        }
    }
out:
    return status;
}

void lifetimes_free(struct lifetimes *lifetimes)
{
    mem_free(lifetimes->touching);
    mem_free(lifetimes->before);
}

/* Whether all that touches `a` comes before all that touches `b`. */
static bool comes_first(const struct lifetimes *lifetimes, size_t a, size_t b)
{
    const uint64_t *touching = row(lifetimes->touching, lifetimes->words, a);
    const uint64_t *before = row(lifetimes->before, lifetimes->words, b);

    for (size_t i = 0; i < lifetimes->words; i++) {
        if (touching[i] & ~before[i]) {
            return false;
        }
    }
    return true;
}

bool lifetimes_apart(const struct lifetimes *lifetimes, size_t a, size_t b)
{
    return comes_first(lifetimes, a, b) || comes_first(lifetimes, b, a);
}

plait_status pass_order(struct values *values)
{
    plait_status status = PLAIT_OK;
    struct order order = {0};

    if (values->request->overlap != OVERLAP_NONE) {
        TRY(order_create(values->plan, true, true, &order));
    }
out:
    order_free(&order);
    return status;
}
