/* SPDX-License-Identifier: MIT */
/* Keras's Split operation, in files: an axis cut in parts, each of which is a layer of its own. */
#include "graph/source.h"
#include "ops/axis.h"
#include "shape/shape.h"

#include <math.h>
#include <plait/reshaping.h>
#include <stdio.h>

enum {
    MOST_PARTS = 256,
    NAME_BYTES = 1024,
    FARTHEST = 1 << 30, /* beyond any axis */
};

/* Where the parts end; each begins where the one before ends. */
struct parts {
    size_t count;
    int64_t ends[MOST_PARTS];
};

/* So many equal parts of an axis of `size`; false, with a note, if it cannot be. */
static bool cut_evenly(struct source *source, double sections, size_t size, struct parts *parts)
{
    if (!(sections >= 1) || fmod((double)size, sections) != 0) {
        source_refuse(source, "option indices_or_sections is %g, which does not divide the axis's size, %zu", sections,
                      size);
        return false;
    }
    if (sections > MOST_PARTS) {
        source_unsupported(source, "option indices_or_sections is %g; plait splits in up to %d parts", sections,
                           MOST_PARTS);
        return false;
    }
    parts->count = (size_t)sections;
    for (size_t i = 0; i < parts->count; i++) {
        parts->ends[i] = (int64_t)(size / parts->count * (i + 1));
    }
    return true;
}

/* Parts that end at these places, and one more; false, with a note, if it cannot be. */
static bool cut_at(struct source *source, plait_array places, struct parts *parts)
{
    const size_t count = places.shape.dims[0];

    if (places.shape.rank > 1 || count >= MOST_PARTS) {
        source_unsupported(source,
                           "option indices_or_sections has %zu axes, the first of size %zu; plait splits at "
                           "a list of up to %d places",
                           places.shape.rank, count, MOST_PARTS - 1);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const double place = (double)places.data[i];
        if (place != floor(place)) {
            source_refuse(source, "option indices_or_sections has %g; places are whole numbers", place);
            return false;
        }
        parts->ends[i] = (int64_t)fmax(-FARTHEST, fmin(FARTHEST, place));
    }
    parts->ends[count] = FARTHEST;
    parts->count = count + 1;
    return true;
}

/* Part `index` of x along the axis, counted in a sample. */
static plait_node make_part(struct source *source, plait_node x, size_t axis, const struct parts *parts, size_t index)
{
    plait_range ranges[PLAIT_MAX_RANK];
    char name[NAME_BYTES];

    for (size_t i = 0; i < axis; i++) {
        ranges[i] = PLAIT_ALL;
    }
    ranges[axis] = PLAIT_RANGE(index > 0 ? parts->ends[index - 1] : 0, parts->ends[index], 1);
    (void)snprintf(name, sizeof name, "%s/%zu", source->name, index);
    return plait_get_item(x, ranges, axis + 1, &(plait_layer_opts){.name = index > 0 ? name : source->name});
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_shape shape = plait_node_shape(x.items[0]);
    const int axis = source_axis(source, "axis", -1);
    const plait_array given = source->calls->array(source, "indices_or_sections");
    struct parts parts;
    size_t place;

    if (!given.data) {
        return x.items[0];
    }
    if (!axis_in_sample(axis, shape.rank, &place)) {
        source_refuse(source, "option axis is %d, which is no axis of a sample of shape %s", axis,
                      shape_name(shape).text);
        return x.items[0];
    }
    if (!(given.shape.rank == 0 ? cut_evenly(source, (double)given.data[0], shape.dims[place], &parts)
                                : cut_at(source, given, &parts))) {
        return x.items[0];
    }
    const plait_node first = make_part(source, x.items[0], place, &parts, 0);
    for (size_t i = 1; i < parts.count; i++) {
        source->calls->output(source, make_part(source, x.items[0], place, &parts, i));
    }
    return first;
}

const struct layer_reader split_readers[] = {{"ops.Split", read}, {0}};
