/* SPDX-License-Identifier: MIT */
#include "ops/cells.h"

#include "shape/shape.h"

#include <stdio.h>

bool cells_check(plait_graph *graph, struct node *node, plait_shape shape, size_t axes)
{
    static const char *const wanted[] = {"a sequence, {steps, features}", "a picture, {rows, cols, channels}"};

    if (shape.rank != axes + 1) {
        node_fail(graph, node, "input has shape %s but must be %s", shape_name(shape).text, wanted[axes - 1]);
        return false;
    }
    return true;
}

/* One number for both ends, or a list of two. */
static void read_pair(struct source *source, const char *key, plait_ends *ends)
{
    size_t pair[2] = {ends->begin, ends->end};
    const size_t length = source->calls->length(source, key);

    if (source->calls->kind(source, key) == SOURCE_LIST && length != 2) {
        source_refuse(source, "option %s has %zu numbers; it must have 2", key, length);
        return;
    }
    (void)source_sizes(source, key, pair, 2);
    *ends = PLAIT_ENDS(pair[0], pair[1]);
}

void cells_read_ends(struct source *source, const char *key, size_t axes, plait_ends *ends)
{
    char item[64];
    const size_t length = source->calls->length(source, key);
    const bool is_list = source->calls->kind(source, key) == SOURCE_LIST;

    if (axes > 1 && is_list && length != axes) {
        source_refuse(source, "option %s has %zu items; it must have one for each of %zu axes", key, length, axes);
        return;
    }
    for (size_t i = 0; i < axes; i++) {
        (void)snprintf(item, sizeof item, axes > 1 && is_list ? "%s[%zu]" : "%s", key, i);
        read_pair(source, item, &ends[i]);
    }
}
