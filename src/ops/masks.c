/* SPDX-License-Identifier: MIT */
#include "ops/masks.h"

#include <plait/operations.h>
#include <plait/reshaping.h>
#include <stdio.h>

struct part_name masks_part(const struct source *source, const char *part)
{
    struct part_name name;

    (void)snprintf(name.text, sizeof name.text, "%s/%s", source->name, part);
    return name;
}

struct part_name masks_numbered(const struct source *source, const char *part, size_t number)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%s_%zu", part, number);
    return masks_part(source, text);
}

plait_node masks_of_channels(struct source *source, plait_node mask, size_t number)
{
    const struct part_name name = masks_numbered(source, "channels", number);
    plait_shape shape = plait_node_shape(mask);

    if (shape.rank < PLAIT_MAX_RANK) {
        shape.dims[shape.rank++] = 1;
    }
    return plait_reshape(mask, shape, &(plait_layer_opts){.name = name.text});
}

bool masks_are_few(struct source *source, plait_nodes x)
{
    bool masked = false;

    for (size_t i = 0; i < x.count && !masked; i++) {
        masked = source->calls->carried(source, x.items[i]).graph;
    }
    if (masked && x.count > MASKS_MOST_INPUTS) {
        source_unsupported(source, "it merges %zu tensors, of which some are masked; plait does that with up to %d",
                           x.count, MASKS_MOST_INPUTS);
    }
    return !masked || x.count <= MASKS_MOST_INPUTS;
}

/* Whether tensors carry masks: some of them, or all. */
static bool any_masked(struct source *source, plait_nodes x, bool all)
{
    if (!masks_are_few(source, x)) {
        return false;
    }
    for (size_t i = 0; i < x.count; i++) {
        const bool masked = source->calls->carried(source, x.items[i]).graph != NULL;
        if (masked != all) {
            return masked;
        }
    }
    return all;
}

/* Which steps count in one of two masks. */
static plait_node either(struct source *source, plait_node a, plait_node b, size_t number)
{
    const struct part_name name = masks_numbered(source, "mask", number);

    return a.id == b.id ? a : plait_ops_logical_or(plait_of(a), plait_of(b), &(plait_layer_opts){.name = name.text});
}

/* Which steps count in one of x, all of which carry masks. */
static plait_node join(struct source *source, plait_nodes x)
{
    plait_node joined = source->calls->carried(source, x.items[0]);

    for (size_t i = 1; i < x.count; i++) {
        joined = either(source, joined, source->calls->carried(source, x.items[i]), i);
    }
    return joined;
}

void masks_join(struct source *source, plait_nodes x, plait_node y)
{
    if (any_masked(source, x, true)) {
        source->calls->carry(source, y, join(source, x));
    }
}

/* Where a mask has it, x, else y. */
static plait_node choose(struct source *source, plait_node mask, plait_node x, plait_operand y, const char *part,
                         size_t number)
{
    const struct part_name name = masks_numbered(source, part, number);

    return plait_ops_where(mask, plait_of(x), y, &(plait_layer_opts){.name = name.text});
}

/* Factor number `i`. */
static plait_node factor(struct source *source, plait_node x, size_t i)
{
    const plait_node mask = source->calls->carried(source, x);

    return mask.graph ? choose(source, masks_of_channels(source, mask, i), x, plait_number(1), "factor", i) : x;
}

plait_node masks_multiply(struct source *source, plait_nodes x, merge_layers *multiply)
{
    const plait_layer_opts opts = {.name = source->name};
    const bool all = any_masked(source, x, true);
    plait_node y = x.items[0];

    if (!any_masked(source, x, false)) {
        return multiply(x, &opts);
    }
    y = factor(source, y, 0);
    for (size_t i = 1; i < x.count; i++) {
        const struct part_name name = masks_numbered(source, "product", i);
        const plait_layer_opts part = {.name = !all && i + 1 == x.count ? source->name : name.text};
        y = multiply(PLAIT_NODES(y, factor(source, x.items[i], i)), &part);
    }
    if (all) {
        const plait_node joined = join(source, x);
        y = plait_ops_where(masks_of_channels(source, joined, x.count), plait_of(y), plait_number(0), &opts);
        source->calls->carry(source, y, joined);
    }
    return y;
}

plait_node masks_choose(struct source *source, plait_nodes x, merge_layers *merge)
{
    plait_node y = x.items[0];
    plait_node counts = source->calls->carried(source, y); /* in y */

    if (!any_masked(source, x, false)) {
        return merge(x, &(plait_layer_opts){.name = source->name});
    }
    for (size_t i = 1; i < x.count; i++) {
        const struct part_name name = masks_numbered(source, "merged", i);
        const plait_node mask = source->calls->carried(source, x.items[i]);
        plait_node right = x.items[i];
        if (mask.graph) {
            right = choose(source, masks_of_channels(source, mask, 2 * i), right, plait_of(y), "right", i);
        }
        if (counts.graph) {
            y = choose(source, masks_of_channels(source, counts, 2 * i + 1), y, plait_of(right), "left", i);
        }
        counts = mask.graph && counts.graph ? either(source, counts, mask, i) : (plait_node){0};
        y = merge(PLAIT_NODES(y, right), &(plait_layer_opts){.name = i + 1 == x.count ? source->name : name.text});
    }
    source->calls->carry(source, y, counts);
    return y;
}
