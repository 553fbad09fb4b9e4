/* SPDX-License-Identifier: MIT */
#include "load/masks.h"

#include "base/memory.h"

/* The node that has the mask of all that are the same tensor. */
static uint32_t owner_of(const struct masks *masks, uint32_t id)
{
    while (id < masks->count && masks->items[id].shared) {
        id = masks->items[id].with; /* an earlier node */
    }
    return id;
}

plait_node masks_get(const struct masks *masks, plait_node node)
{
    const uint32_t id = owner_of(masks, node.id);

    return id < masks->count ? masks->items[id].mask : (plait_node){0};
}

static plait_status make_room(struct masks *masks, uint32_t id)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&masks->items, &masks->capacity, (size_t)id + 1, sizeof *masks->items));
    while (masks->count <= id) {
        masks->items[masks->count++] = (struct carried){.shared = false};
    }
out:
    return status;
}

plait_status masks_set(struct masks *masks, plait_node node, plait_node mask)
{
    plait_status status = PLAIT_OK;
    const uint32_t id = owner_of(masks, node.id);

    if (id >= masks->count && !mask.graph) {
        return PLAIT_OK;
    }
    TRY(make_room(masks, id));
    masks->items[id].mask = mask;
out:
    return status;
}

plait_status masks_share(struct masks *masks, plait_node node, plait_node with)
{
    plait_status status = PLAIT_OK;

    if (with.id >= node.id) {
        return PLAIT_OK; /* the same node */
    }
    TRY(make_room(masks, node.id));
    masks->items[node.id] = (struct carried){.shared = true, .with = with.id};
out:
    return status;
}

void masks_free(struct masks *masks)
{
    mem_free(masks->items);
    *masks = (struct masks){0};
}
