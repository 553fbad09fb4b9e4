/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "device/chain.h"
#include "device/stream.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum {
    ROW = 8,           /* numbers of a row of the table */
    WAITS_OF_ROW = 4,  /* that a row holds */
    COUNTS = 16,       /* integers of a cache line */
    FIXED_ARGS = 5,    /* of the chain, before the buffers */
    FLOATS_APART = 32, /* pieces of local memory begin at multiples of so many: of a cache line, and of vectors */
};

/* A buffer that launches use. */
struct slot {
    const struct buffer *buffer;
    size_t end; /* which of the replaced ones it is; SIZE_MAX: none */
};

/* What is played as one command. */
struct section {
    size_t row; /* its first */
    size_t launches;
    size_t local_floats;
    struct slot *slots;
    size_t slot_count;
    size_t slot_capacity;
};

/* The launch by which a step ends. */
struct ending {
    size_t section;
    size_t launch;
    size_t groups;
};

struct tape {
    struct chain *chain;
    int32_t (*rows)[ROW];
    size_t row_count;
    size_t row_capacity;
    struct section *sections;
    size_t section_count;
    size_t section_capacity;
    struct ending *endings; /* of the steps so far */
    size_t ending_count;
    size_t ending_capacity;
    const size_t *waits; /* of the step that is recorded, until its first launch */
    size_t wait_count;
    bool has_launched;    /* the step that is recorded */
    struct buffer *table; /* the rows, once it is closed */
    struct buffer *counts;
};

static struct section *newest(const struct tape *tape)
{
    return &tape->sections[tape->section_count - 1];
}

static plait_status add_section(struct tape *tape)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&tape->sections, &tape->section_capacity, tape->section_count + 1, sizeof *tape->sections));
    tape->sections[tape->section_count++] = (struct section){.row = tape->row_count};
out:
    return status;
}

plait_status tape_create(struct chain *chain, struct tape **out)
{
    plait_status status = PLAIT_OK;
    struct tape *tape = NULL;

    TRY(mem_alloc(&tape, 1, sizeof *tape));
    tape->chain = chain;
    TRY(add_section(tape));
    *out = tape;
    tape = NULL; /* now the caller's */
out:
    tape_free(tape);
    return status;
}

void tape_open(struct tape *tape, struct stream *stream)
{
    *stream = (struct stream){.context = tape->chain->context, .tape = tape};
}

static plait_status add_row(struct tape *tape, const int32_t *values)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&tape->rows, &tape->row_capacity, tape->row_count + 1, sizeof *tape->rows));
    memcpy(tape->rows[tape->row_count++], values, sizeof *tape->rows);
out:
    return status;
}

/* ---- Recording ---- */

static struct slot *find_slot(const struct section *section, const struct buffer *buffer)
{
    for (size_t i = 0; i < section->slot_count; i++) {
        if (section->slots[i].buffer == buffer) {
            return &section->slots[i];
        }
    }
    return NULL;
}

/* Whether the section has room for the buffers of a launch. */
static bool has_room(const struct tape *tape, const struct arg *args, size_t count)
{
    size_t needed = newest(tape)->slot_count;

    for (size_t i = 0; i < count; i++) {
        needed += args[i].kind == ARG_BUFFER && !find_slot(newest(tape), args[i].value.buffer);
    }
    return needed <= tape->chain->buffers;
}

/* The number of a buffer in the section, where there is room for it. */
static plait_status number_of(struct section *section, const struct buffer *buffer, int32_t *number)
{
    plait_status status = PLAIT_OK;
    const struct slot *slot = find_slot(section, buffer);

    if (!slot) {
        TRY(mem_grow(&section->slots, &section->slot_capacity, section->slot_count + 1, sizeof *section->slots));
        section->slots[section->slot_count++] = (struct slot){buffer, SIZE_MAX};
        slot = &section->slots[section->slot_count - 1];
    }
    *number = (int32_t)(slot - section->slots);
out:
    return status;
}

/* `local_floats` is what the launch's arguments before this one have of local memory. */
static plait_status add_argument(struct tape *tape, const struct arg *arg, size_t *local_floats)
{
    plait_status status = PLAIT_OK;
    int32_t row[ROW] = {0};

    switch (arg->kind) {
    case ARG_BUFFER:
        TRY(number_of(newest(tape), arg->value.buffer, &row[0]));
        break;
    case ARG_INT:
        row[0] = arg->value.i;
        break;
    case ARG_LONG:
        memcpy(row, &arg->value.l, sizeof arg->value.l);
        break;
    case ARG_FLOAT:
        memcpy(row, &arg->value.f, sizeof arg->value.f);
        break;
    case ARG_INT8:
        memcpy(row, arg->value.i8, sizeof arg->value.i8);
        break;
    case ARG_LOCAL:
        row[0] = (int32_t)*local_floats;
        *local_floats += (arg->value.local_bytes / sizeof(float) / FLOATS_APART + 1) * FLOATS_APART;
        break;
    }
    TRY(add_row(tape, row));
out:
    return status;
}

/* Adds rows for what the step's next launch waits for, and counts the launches. */
static plait_status add_waits(struct tape *tape, int32_t *count)
{
    plait_status status = PLAIT_OK;
    const struct ending *own = &tape->endings[tape->ending_count - 1];
    int32_t row[ROW] = {0};

    for (size_t i = 0; i < (tape->has_launched ? 1 : tape->wait_count); i++) {
        const struct ending *ending = tape->has_launched ? own : &tape->endings[tape->waits[i]];
        if (ending->section + 1 != tape->section_count) {
            continue; /* it was played before */
        }
        row[*count % WAITS_OF_ROW * 2] = (int32_t)ending->launch;
        row[*count % WAITS_OF_ROW * 2 + 1] = (int32_t)ending->groups;
        if (++*count % WAITS_OF_ROW == 0) {
            TRY(add_row(tape, row));
            memset(row, 0, sizeof row);
        }
    }
    if (*count % WAITS_OF_ROW > 0) {
        TRY(add_row(tape, row));
    }
out:
    return status;
}

/* Records a launch of kernel `number` of the chain; -1: none, which does nothing. */
static plait_status add_launch(struct tape *tape, int32_t number, const struct range *range, const struct arg *args,
                               size_t count)
{
    plait_status status = PLAIT_OK;
    const size_t first = tape->row_count;
    const size_t groups = range->global[0] / range->local[0] * range->global[1] * range->global[2];
    int32_t head[ROW] = {
        number,        (int32_t)groups, (int32_t)range->global[0], (int32_t)range->global[1], (int32_t)range->local[0],
        (int32_t)count};
    size_t local_floats = 0;

    assert(groups <= INT32_MAX / 2 && range->global[0] <= INT32_MAX && range->local[1] * range->local[2] == 1);
    TRY(add_row(tape, head));
    for (size_t i = 0; i < count; i++) {
        TRY(add_argument(tape, &args[i], &local_floats));
    }
    TRY(add_waits(tape, &head[6]));
    head[7] = (int32_t)(tape->row_count - first);
    memcpy(tape->rows[first], head, sizeof head);

    struct section *section = newest(tape);
    section->local_floats = local_floats > section->local_floats ? local_floats : section->local_floats;
    tape->endings[tape->ending_count - 1] = (struct ending){tape->section_count - 1, section->launches++, groups};
    tape->has_launched = true;
out:
    return status;
}

plait_status tape_record(struct tape *tape, const struct kernel *kernel, const struct range *range,
                         const struct arg *args, size_t count)
{
    plait_status status = PLAIT_OK;

    if (!has_room(tape, args, count)) {
        TRY(add_section(tape));
    }
    TRY(add_launch(tape, (int32_t)kernel->number, range, args, count));
out:
    return status;
}

/* A step without a launch gets one that does nothing: who waits for it waits for all that it waits for. */
static plait_status end_step(struct tape *tape)
{
    const struct range one = {{1, 1, 1}, {1, 1, 1}};

    return tape->ending_count > 0 && !tape->has_launched ? add_launch(tape, -1, &one, NULL, 0) : PLAIT_OK;
}

plait_status tape_step(struct tape *tape, size_t step, const size_t *waits, size_t count)
{
    plait_status status = PLAIT_OK;

    assert(step == tape->ending_count);
    TRY(end_step(tape));
    TRY(mem_grow(&tape->endings, &tape->ending_capacity, step + 1, sizeof *tape->endings));
    tape->endings[tape->ending_count++] = (struct ending){0};
    tape->waits = waits;
    tape->wait_count = count;
    tape->has_launched = false;
out:
    return status;
}

/* Zeros for the counts of the longest section: kernels/chain.clh. */
static plait_status make_counts(struct tape *tape)
{
    plait_status status = PLAIT_OK;
    int32_t *zeros = NULL;
    size_t most = 0;
    const size_t units = tape->chain->context->info.compute_units;

    for (size_t i = 0; i < tape->section_count; i++) {
        most = tape->sections[i].launches > most ? tape->sections[i].launches : most;
    }
    const size_t bytes = (most + 1) * (1 + units) * COUNTS * sizeof *zeros;
    TRY(mem_alloc(&zeros, bytes, 1));
    TRY(buffer_copy(tape->chain->context, zeros, bytes, &tape->counts));
out:
    mem_free(zeros);
    return status;
}

plait_status tape_close(struct tape *tape, const struct buffer *const *ends, size_t count)
{
    plait_status status = PLAIT_OK;

    TRY(end_step(tape));
    for (size_t i = 0; i < tape->section_count; i++) {
        for (size_t end = count; end-- > 0;) {
            struct slot *slot = find_slot(&tape->sections[i], ends[end]);
            if (slot) {
                slot->end = end;
            }
        }
    }
    const size_t bytes = tape->row_count * sizeof *tape->rows;
    if (bytes > 0) {
        TRY(buffer_copy(tape->chain->context, tape->rows, bytes, &tape->table));
        TRY(make_counts(tape));
    }
    mem_free(tape->rows);
    tape->rows = NULL;
out:
    return status;
}

/* ---- Playing ---- */

static plait_status play_section(const struct tape *tape, const struct section *section, struct stream *stream,
                                 const struct buffer *const *ends)
{
    plait_status status = PLAIT_OK;
    const struct chain *chain = tape->chain;
    struct arg *args = NULL;
    size_t count = 0;

    TRY(mem_alloc(&args, FIXED_ARGS + chain->buffers, sizeof *args));
    args[count++] = arg_buffer(tape->table);
    args[count++] = arg_int(section->row);
    args[count++] = arg_int(section->launches);
    args[count++] = arg_buffer(tape->counts);
    args[count++] = arg_local((section->local_floats + FLOATS_APART) * sizeof(float));
    for (size_t i = 0; i < chain->buffers; i++) { /* those that are not used are the first */
        const struct slot *slot = &section->slots[i < section->slot_count ? i : 0];
        args[count++] = arg_buffer(slot->end == SIZE_MAX ? slot->buffer : ends[slot->end]);
    }
    const struct range range = {.global = {chain->context->info.compute_units}, .local = {1}};
    TRY(launch(stream, chain->kernel, range, args, count));
out:
    mem_free(args);
    return status;
}

plait_status tape_play(const struct tape *tape, struct stream *stream, const struct buffer *const *ends)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < tape->section_count; i++) {
        if (tape->sections[i].launches > 0) {
            TRY(play_section(tape, &tape->sections[i], stream, ends));
        }
    }
out:
    return status;
}

void tape_free(struct tape *tape)
{
    if (tape) {
        for (size_t i = 0; i < tape->section_count; i++) {
            mem_free(tape->sections[i].slots);
        }
        buffer_free(tape->table);
        buffer_free(tape->counts);
        mem_free(tape->sections);
        mem_free(tape->endings);
        mem_free(tape->rows);
        mem_free(tape);
    }
}
