/* SPDX-License-Identifier: MIT */
/* y = x[:, begin:end:step, ...]: Keras's GetItem operation with constant ranges, by Python's rules. */
#include "graph/source.h"
#include "ops/move.h"
#include "shape/shape.h"

#include <math.h>
#include <plait/reshaping.h>
#include <stdio.h>
#include <string.h>

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

enum { FARTHEST = 1 << 30 }; /* beyond any axis */

/* An end of a slice: missing, or a whole number. */
static int64_t read_end(struct source *source, const char *item, const char *end, int64_t fallback)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s.config.%s", item, end);
    const double value = source_number(source, path, (double)fallback);
    if (value != floor(value)) {
        source_refuse(source, "%s is %g; it must be a whole number", path, value);
        return fallback;
    }
    return value < -FARTHEST ? -FARTHEST : value > FARTHEST ? FARTHEST : (int64_t)value;
}

static plait_range read_slice(struct source *source, const char *item)
{
    const int64_t step = read_end(source, item, "step", 1);

    if (step == 0) {
        source_refuse(source, "%s is a slice of step 0", item);
        return PLAIT_ALL;
    }
    return (plait_range){
        .begin = read_end(source, item, "start", step > 0 ? 0 : FARTHEST),
        .end = read_end(source, item, "stop", step > 0 ? FARTHEST : -FARTHEST),
        .step = step,
    };
}

/* One part of the key: an index, a slice, or the ellipsis; anything else is refused. */
static plait_range read_part(struct source *source, const char *item, bool *is_ellipsis)
{
    char path[64];

    *is_ellipsis = false;
    if (source->calls->kind(source, item) == SOURCE_NUMBER) {
        const int64_t index = (int64_t)fmax(-FARTHEST, fmin(FARTHEST, source_number(source, item, 0)));
        return (plait_range){.begin = index};
    }
    (void)snprintf(path, sizeof path, "%s.class_name", item);
    const bool is_object = source->calls->kind(source, item) == SOURCE_OBJECT;
    const char *class_name = is_object ? source_text(source, path, "") : "";
    *is_ellipsis = strcmp(class_name, "__ellipsis__") == 0;
    if (strcmp(class_name, "__slice__") == 0) {
        return read_slice(source, item);
    }
    if (!*is_ellipsis) {
        source_unsupported(source, "%s of its key is no index, slice or ellipsis; for a new axis, use expand_dims",
                           item);
    }
    return PLAIT_ALL;
}

/* The key: one part, or a list of them; `rank` axes with the batch. Returns how many ranges there are. */
static size_t read_key(struct source *source, size_t rank, plait_range *ranges)
{
    char item[32] = "args[1]";
    const bool is_list = source->calls->kind(source, item) == SOURCE_LIST;
    const size_t parts = is_list ? source->calls->length(source, item) : 1;
    size_t count = 0;

    for (size_t i = 0; i < parts; i++) {
        bool is_ellipsis;
        if (is_list) {
            (void)snprintf(item, sizeof item, "args[1][%zu]", i);
        }
        const plait_range range = read_part(source, item, &is_ellipsis);
        const size_t times = !is_ellipsis ? 1 : rank + 1 > parts ? rank + 1 - parts : 0;
        for (size_t k = 0; k < times && count <= PLAIT_MAX_RANK; k++) {
            ranges[count++] = range;
        }
    }
    return count;
}

static plait_node read(struct source *source, plait_nodes x)
{
    const size_t rank = plait_node_shape(x.items[0]).rank + 1;
    const plait_range all = PLAIT_ALL;
    plait_range ranges[PLAIT_MAX_RANK + 1] = {PLAIT_ALL};
    const size_t count = read_key(source, rank, ranges);

    if (count > 0 && (ranges[0].begin != 0 || ranges[0].end < FARTHEST || ranges[0].step != all.step)) {
        source_unsupported(source, "it takes a part of the batch; plait computes each sample for itself");
    }
    if (count > rank) {
        source_refuse(source, "its key has %zu parts where x has %zu axes", count, rank);
        return x.items[0];
    }
    return plait_get_item(x.items[0], ranges + 1, count > 0 ? count - 1 : 0, &(plait_layer_opts){.name = source->name});
}

const struct layer_reader get_item_readers[] = {{"ops.GetItem", read}, {0}};
