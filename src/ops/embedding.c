/* SPDX-License-Identifier: MIT */
/* y[...][c] = embeddings[x[...]][c]: Keras's Embedding layer. Numbers that are no row's give NaN, as do those that
 * Keras's back ends raise an error for, clamp, or count from the end: no device can raise one, and a NaN shows.
 *
 * The packed table has a row of NaN behind its own, which such numbers read. */
#include "base/memory.h"
#include "base/sizes.h"
#include "graph/source.h"
#include "ops/masks.h"
#include "ops/walk.h"
#include "shape/shape.h"

#include <math.h>
#include <plait/operations.h>
#include <plait/recurrent.h>
#include <string.h>

struct embedding {
    plait_array table;
};

/* Place in step->tile of the rows of a work-item; 0 in the reference. */
enum { TILE_ROWS = WALK_GROUP + 1 };

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct embedding *params = node->params;
    const plait_shape table = params->table.shape;
    plait_shape y = inputs[0];
    size_t size = 0;

    if (!params->table.data) {
        node_fail(graph, node, "embeddings is missing; it must have shape {rows, channels}");
    } else if (table.rank != 2 || !shape_size(table, &size) || size == 0) {
        node_fail(graph, node, "embeddings has shape %s but must be {rows, channels} without a size 0",
                  shape_name(table).text);
    } else if (size + table.dims[1] > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "embeddings %s has more than %zu elements", shape_name(table).text,
                  SHAPE_MAX_ELEMENTS - table.dims[1]);
    } else if (y.rank + 2 > PLAIT_MAX_RANK) {
        node_fail(graph, node, "input %s has %zu axes; the output would have one more than the %d that are possible",
                  shape_name(y).text, y.rank, PLAIT_MAX_RANK - 1);
    } else if (node_weight(graph, node, "embeddings", params->table, table)) {
        y.dims[y.rank++] = table.dims[1];
        node->shape = y;
    }
}

static plait_shape table_of(const struct step *step)
{
    return ((const struct embedding *)step->params)->table.shape;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "embedding_cpu", [WALK_REFERENCE] = "embedding_reference"};
    const plait_shape table = table_of(step);

    (void)walk_kernel(step, names[form], form, device);
    step->packed_floats = (table.dims[0] + 1) * table.dims[1];
    if (form == WALK_CPU) {
        step->tile[TILE_ROWS] = table.dims[1] < WALK_RUN ? WALK_RUN / table.dims[1] : 1;
    }
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

static void pack(const struct step *step, float *packed)
{
    const struct embedding *params = step->params;
    const size_t count = shape_count(params->table.shape);

    memcpy(packed, params->table.data, count * sizeof *packed);
    for (size_t i = count; i < step->packed_floats; i++) {
        packed[i] = NAN;
    }
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const plait_shape table = table_of(step);
    const size_t each = step->tile[TILE_ROWS];
    const size_t group = step->tile[WALK_GROUP];
    struct view x = run->inputs[0].view;
    struct view y = run->output.view;
    struct view *const rows[] = {&x, &y};
    size_t count = 1;

    y.rank--; /* the channels of a row lie side by side */
    for (size_t i = 0; i < x.rank; i++) {
        count *= x.dims[i];
    }
    walk_align_views(rows, 2);
    const size_t sizes[] = {count, table.dims[1], table.dims[0], each};
    const struct range range = each > 0 ? (struct range){.global = {divide_up(count, each)}, .local = {1}}
                                        : (struct range){.global = {count * table.dims[1]}, .local = {group}};
    return launch(run->stream, run->kernels[0], range,
                  ARGS(ARG_OPERAND(run->inputs[0]), ARG_OPERAND(run->output), arg_buffer(run->packed),
                       arg_int8(x.dims, WALK_AXES), arg_int8(x.strides, WALK_AXES), arg_int8(y.strides, WALK_AXES),
                       arg_int8(sizes, 4)));
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, pack, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, pack, enqueue};
static const struct variant *const variants[] = {&cpu, &reference};

static const struct op op_embedding = {
    .name = "embedding",
    .class_name = "Embedding",
    .infer = infer,
    .variants = variants,
    .variant_count = sizeof variants / sizeof *variants,
};

plait_node plait_embedding(plait_node x, plait_array embeddings, const plait_layer_opts *opts)
{
    const struct embedding params = {embeddings};

    return graph_add(&op_embedding, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_array table = source_weight(source, 0);

    source_check_axes(source, "input_dim", table, 0, 1);
    source_check_axes(source, "output_dim", table, 1, 1);
    const plait_node y = plait_embedding(x.items[0], table, &(plait_layer_opts){.name = source->name});
    if (source_flag(source, "mask_zero", false)) {
        const struct part_name name = masks_part(source, "mask");
        const plait_layer_opts opts = {.name = name.text};
        source->calls->carry(source, y, plait_ops_not_equal(plait_of(x.items[0]), plait_number(0), &opts));
    }
    return y;
}

const struct layer_reader embedding_readers[] = {{"Embedding", read}, {0}};
