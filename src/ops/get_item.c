/* SPDX-License-Identifier: MIT */
/* y = x[:, begin:end:step, ...]: Keras's GetItem operation with constant ranges, by Python's rules. */
#include "ops/move.h"
#include "shape/shape.h"

#include <plait/reshaping.h>

struct get_item {
    struct move move;
    bool missing; /* ranges is NULL */
    size_t count; /* of ranges; other axes are taken whole */
    plait_range ranges[PLAIT_MAX_RANK];
};

/* Where a range's begin or end lies on an axis of `size` elements, brought to low .. high. */
static int64_t resolve(int64_t place, int64_t size, int64_t low, int64_t high)
{
    const int64_t from_begin = place < 0 ? place + size : place;

    return from_begin < low ? low : from_begin > high ? high : from_begin;
}

/* The elements that a range takes of an axis of `size`; *begin is the first (slice.indices of Python). */
static size_t measure(plait_range range, int64_t size, int64_t *begin)
{
    if (range.step > 0) {
        *begin = resolve(range.begin, size, 0, size);
        const int64_t end = resolve(range.end, size, 0, size);
        return end > *begin ? (size_t)((end - *begin - 1) / range.step + 1) : 0;
    }
    *begin = resolve(range.begin, size, -1, size - 1);
    const int64_t end = resolve(range.end, size, -1, size - 1);
    return *begin > end ? (size_t)((end + 1 - *begin) / range.step + 1) : 0;
}

/* Takes range i of x; false after a mistake. */
static bool take(plait_graph *graph, struct node *node, size_t i, plait_shape x)
{
    struct get_item *params = node->params;
    const int64_t size = (int64_t)x.dims[i];
    const plait_range range = i < params->count ? params->ranges[i] : PLAIT_ALL;
    int64_t begin = range.begin < 0 ? range.begin + size : range.begin;

    if (range.step == 0 && (begin < 0 || begin >= size)) {
        node_fail(graph, node, "index %lld is out of range for axis %zu of input %s; it must be %lld to %lld",
                  (long long)range.begin, i + 1, shape_name(x).text, -(long long)size, (long long)size - 1);
        return false;
    }
    if (range.step != 0) {
        const size_t count = measure(range, size, &begin);
        if (count == 0) {
            node_fail(graph, node, "%lld:%lld:%lld takes nothing of axis %zu of input %s; take at least one element",
                      (long long)range.begin, (long long)range.end, (long long)range.step, i + 1, shape_name(x).text);
            return false;
        }
        node->shape.dims[node->shape.rank++] = count;
        params->move.axes[node->shape.rank] = (struct move_axis){.axis = i + 1, .step = count > 1 ? range.step : 1};
    }
    params->move.begin[i + 1] = begin;
    return true;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct get_item *params = node->params;

    if (params->missing) {
        node_fail(graph, node, "ranges is NULL but count is %zu; pass a range for each axis", params->count);
        return;
    }
    if (params->count > inputs[0].rank) {
        node_fail(graph, node, "there are %zu ranges but input %s has %zu axes besides the batch", params->count,
                  shape_name(inputs[0]).text, inputs[0].rank);
        return;
    }
    params->move.axes[0].step = 1;
    for (size_t i = 0; i < inputs[0].rank; i++) {
        if (!take(graph, node, i, inputs[0])) {
            return;
        }
    }
}

static const struct op op_get_item = {
    .name = "get_item",
    .class_name = "GetItem",
    .infer = infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_get_item(plait_node x, const plait_range *ranges, size_t count, const plait_layer_opts *opts)
{
    struct get_item params = {.missing = count > 0 && !ranges, .count = count};

    for (size_t i = 0; ranges && i < count && i < PLAIT_MAX_RANK; i++) {
        params.ranges[i] = ranges[i];
    }
    return graph_add(&op_get_item, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}
