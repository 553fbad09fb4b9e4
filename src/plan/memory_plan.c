/* SPDX-License-Identifier: MIT */
/* Pass: offsets in the arena, so that tensors whose lifetimes do not meet share memory.
 *
 * "Greedy by size" of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference"
 * (2020): the largest tensor first, each at the lowest offset that is free during its lifetime. Where steps may run at
 * the same time, lifetimes meet unless the data's own order keeps them apart: a branch that took the memory of another
 * would have to wait for it. */
#include "base/memory.h"
#include "plan/order.h"
#include "plan/values.h"

enum { ALIGN_FLOATS = 64 }; /* 256 bytes: whole cache lines, and what GPUs want of a base address */

static size_t aligned(size_t floats)
{
    return (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

/* How memory may be shared. */
struct sharing {
    const struct plan *plan;
    bool disjoint;              /* not at all */
    struct lifetimes lifetimes; /* if steps overlap */
};

static bool live_together(const struct sharing *sharing, const struct storage *a, const struct storage *b)
{
    if (sharing->lifetimes.touching) {
        const struct storage *storages = sharing->plan->storages;
        return !lifetimes_apart(&sharing->lifetimes, (size_t)(a - storages), (size_t)(b - storages));
    }
    return sharing->disjoint || (a->first <= b->last && b->first <= a->last);
}

static plait_status find_sharing(const struct values *values, struct sharing *sharing)
{
    plait_status status = PLAIT_OK;
    struct order order = {0};

    *sharing = (struct sharing){.plan = values->plan, .disjoint = values->request->opts->disjoint_memory != 0};
    if (values->request->overlap == OVERLAP_BEST && !sharing->disjoint) {
        TRY(order_create(values->plan, false, false, &order));
        TRY(lifetimes_create(values->plan, &order, &sharing->lifetimes));
    }
out:
    order_free(&order);
    return status;
}

/* The arena's storages, largest first; equal ones in order of need. */
static size_t by_size(struct plan *plan, struct storage **sorted)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->storage_count; i++) {
        struct storage *storage = &plan->storages[i];
        if (storage->kind != STORAGE_ARENA || storage->first == NONE) {
            continue;
        }
        size_t at = count++;
        for (; at > 0 && sorted[at - 1]->floats < storage->floats; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = storage;
    }
    return count;
}

/* Inserts `storage` into `placed`, which is ordered by offset, at the lowest offset that is free. */
static void insert(struct storage **placed, size_t count, struct storage *storage, const struct sharing *sharing)
{
    const size_t size = aligned(storage->floats);
    size_t offset = 0;

    for (size_t i = 0; i < count; i++) {
        const struct storage *other = placed[i];
        if (!live_together(sharing, storage, other)) {
            continue;
        }
        if (other->offset >= offset && other->offset - offset >= size) {
            break;
        }
        const size_t end = other->offset + aligned(other->floats);
        offset = end > offset ? end : offset;
    }
    storage->offset = offset;
    size_t at = count;
    for (; at > 0 && placed[at - 1]->offset > offset; at--) {
        placed[at] = placed[at - 1];
    }
    placed[at] = storage;
}

plait_status pass_memory_plan(struct values *values)
{
    plait_status status = PLAIT_OK;
    struct plan *plan = values->plan;
    struct storage **sorted = NULL;
    struct storage **placed = NULL;
    struct sharing sharing = {0};

    TRY(find_sharing(values, &sharing));
    TRY(mem_alloc(&sorted, plan->storage_count, sizeof(struct storage *)));
    TRY(mem_alloc(&placed, plan->storage_count, sizeof(struct storage *)));
    const size_t count = by_size(plan, sorted);
    for (size_t i = 0; i < count; i++) {
        insert(placed, i, sorted[i], &sharing);
        const size_t end = sorted[i]->offset + aligned(sorted[i]->floats);
        plan->arena_floats = end > plan->arena_floats ? end : plan->arena_floats;
    }
out:
    lifetimes_free(&sharing.lifetimes);
    mem_free(sorted);
    mem_free(placed);
    return status;
}
