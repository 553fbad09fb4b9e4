/* SPDX-License-Identifier: MIT */
/* Which steps must come before which: where a queue may run them in any order, they wait for no others. */
#ifndef PLAN_ORDER_H
#define PLAN_ORDER_H

#include "plan/plan.h"

/* For each step, the steps that end before it begins, as a row of bits. */
struct order {
    size_t steps;
    size_t words; /* of a row */
    uint64_t *before;
};

/* A step follows each earlier one that writes what it reads or writes, or reads what it writes. With `in_arena`,
 * tensors that share a part of the arena count too; their offsets must be known then. If `waits`, each step gets the
 * fewest steps to wait for that bring this about, and the plan its ends. */
plait_status order_create(struct plan *plan, bool in_arena, bool waits, struct order *out);
void order_free(struct order *order);

/* For each storage, as rows of the order's words: the steps that touch it, and those before all of them. */
struct lifetimes {
    size_t words;
    uint64_t *touching;
    uint64_t *before;
};

plait_status lifetimes_create(const struct plan *plan, const struct order *order, struct lifetimes *out);
void lifetimes_free(struct lifetimes *lifetimes);

/* Whether, however the queue runs the steps, all that touch one of the storages end before any touches the other. */
bool lifetimes_apart(const struct lifetimes *lifetimes, size_t a, size_t b);

#endif
