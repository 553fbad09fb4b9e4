/* SPDX-License-Identifier: MIT */
#include "oracle_recurrent.h"

#include <math.h>
#include <string.h>

/* A value and its terms, by the rules of compare.h; each operation adds the rounding of its own result. */
struct number {
    double value;
    double terms;
};

/* A layer, and one sample's state; arrays are in scratch memory. */
struct cell {
    enum recurrent kind;
    const plait_recurrent_opts *opts;
    plait_activation activation;
    plait_activation recurrent_activation;
    size_t features;
    size_t units;
    size_t gates;
    struct number *x; /* of this step */
    struct number *h;
    struct number *c;
    struct number *reset; /* r * h */
};

static double weight(plait_array array, size_t index)
{
    return array.data ? (double)array.data[index] : 0;
}

static struct number exactly(double value)
{
    return (struct number){value, 0};
}

static struct number product(struct number a, struct number b)
{
    const double value = a.value * b.value;

    return (struct number){value, fabs(value) + fabs(a.value) * b.terms + fabs(b.value) * a.terms};
}

static struct number sum(struct number a, struct number b)
{
    const double value = a.value + b.value;

    return (struct number){value, fabs(value) + a.terms + b.terms};
}

/* The longest sum that an element goes through. */
static size_t sums_of(const struct cell *cell)
{
    return cell->features + cell->units + 2;
}

static struct number apply(const struct cell *cell, plait_activation kind, struct number x)
{
    return (struct number){oracle_activation(kind, x.value),
                           oracle_activation_terms(kind, x.value, x.terms, sums_of(cell))};
}

static bool biased_twice(const struct cell *cell)
{
    return cell->kind == GRU && !cell->opts->reset_before;
}

/* bias + the sum of x[i] * weights[i][column]. The errors of x add up in squares: they come of as many roundings, and
 * were they added up, the bound would grow by the norm of the weights with each step. */
static struct number weighted(const struct number *x, size_t count, plait_array weights, size_t column, double bias)
{
    const size_t columns = weights.shape.dims[1];
    struct number y = {bias, fabs(bias)};
    double squares = 0;

    for (size_t i = 0; i < count; i++) {
        const double factor = weight(weights, i * columns + column);
        y.value += x[i].value * factor;
        y.terms += fabs(x[i].value * factor);
        squares += x[i].terms * factor * x[i].terms * factor;
    }
    y.terms += sqrt(squares);
    return y;
}

/* What x adds to a gate of a unit. */
static struct number from_input(const struct cell *cell, size_t gate, size_t unit)
{
    const size_t column = gate * cell->units + unit;

    return weighted(cell->x, cell->features, cell->opts->kernel, column, weight(cell->opts->bias, column));
}

static struct number from_state(const struct cell *cell, const struct number *h, size_t gate, size_t unit)
{
    const size_t column = gate * cell->units + unit;
    const double bias = biased_twice(cell) ? weight(cell->opts->bias, cell->gates * cell->units + column) : 0;

    return weighted(h, cell->units, cell->opts->recurrent_kernel, column, bias);
}

static struct number gate_of(const struct cell *cell, size_t gate, size_t unit)
{
    return apply(cell, cell->recurrent_activation,
                 sum(from_input(cell, gate, unit), from_state(cell, cell->h, gate, unit)));
}

/* The new h of a unit; c changes at once. */
static struct number advance_unit(struct cell *cell, size_t unit)
{
    const size_t at = cell->kind == LSTM || cell->kind == GRU ? 2 : 0; /* the gate of the new state */
    const bool reset_before = cell->kind == GRU && cell->opts->reset_before;
    struct number from_h = from_state(cell, reset_before ? cell->reset : cell->h, at, unit);

    if (biased_twice(cell)) {
        from_h = product(from_h, gate_of(cell, 1, unit));
    }
    const struct number new_state = apply(cell, cell->activation, sum(from_input(cell, at, unit), from_h));
    if (cell->kind == SIMPLE_RNN) {
        return new_state;
    }
    if (cell->kind == GRU) {
        const struct number update = gate_of(cell, 0, unit);
        const struct number rest = sum(exactly(1), (struct number){-update.value, update.terms});
        return sum(product(update, cell->h[unit]), product(rest, new_state));
    }
    cell->c[unit] = sum(product(gate_of(cell, 1, unit), cell->c[unit]), product(gate_of(cell, 0, unit), new_state));
    return product(gate_of(cell, 3, unit), apply(cell, cell->activation, cell->c[unit]));
}

static void advance(struct cell *cell)
{
    struct number *next = scratch(cell->units, sizeof *next);

    for (size_t unit = 0; cell->kind == GRU && unit < cell->units; unit++) {
        cell->reset[unit] = product(gate_of(cell, 1, unit), cell->h[unit]);
    }
    for (size_t unit = 0; unit < cell->units; unit++) {
        next[unit] = advance_unit(cell, unit);
    }
    memcpy(cell->h, next, cell->units * sizeof *next);
}

static void store(struct reference *y, size_t at, const struct number *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        y->value[at + i] = numbers[i].value;
        y->terms[at + i] = numbers[i].terms;
    }
}

/* Zeros for NULL. */
static void fetch(const struct reference *x, size_t at, struct number *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] = x ? (struct number){x->value[at + i], x->terms[at + i]} : exactly(0);
    }
}

static struct cell new_cell(enum recurrent kind, plait_shape x, const plait_recurrent_opts *opts)
{
    static const size_t gates[] = {[SIMPLE_RNN] = 1, [LSTM] = 4, [GRU] = 3};
    const size_t units = opts->recurrent_kernel.shape.dims[0];

    return (struct cell){
        .kind = kind,
        .opts = opts,
        .activation = opts->activation ? *opts->activation : PLAIT_TANH,
        .recurrent_activation = opts->recurrent_activation ? *opts->recurrent_activation : PLAIT_SIGMOID,
        .features = x.dims[2],
        .units = units,
        .gates = gates[kind],
        .x = scratch(x.dims[2], sizeof(struct number)),
        .h = scratch(units, sizeof(struct number)),
        .c = scratch(units, sizeof(struct number)),
        .reset = scratch(units, sizeof(struct number)),
    };
}

/* One step, of which `row` keeps the result: that of the step before if the step is masked, or zeros. */
static void take_step(struct cell *cell, bool masked, struct number *row)
{
    if (!masked) {
        advance(cell);
        memcpy(row, cell->h, cell->units * sizeof *row);
    } else if (cell->opts->zero_output_for_mask) {
        fetch(NULL, 0, row, cell->units);
    }
}

/* Takes one sample through all steps. */
static void run_sample(struct cell *cell, const struct reference *x, const struct reference *mask, size_t sample,
                       struct reference *y)
{
    const size_t time = x->shape.dims[1];
    const plait_recurrent_opts *opts = cell->opts;
    struct number *row = scratch(cell->units, sizeof *row); /* zeros */

    for (size_t step = 0; step < time; step++) {
        const size_t place = opts->go_backwards ? time - 1 - step : step;
        const size_t to = opts->keep_order ? place : step;
        fetch(x, (sample * time + place) * cell->features, cell->x, cell->features);
        take_step(cell, mask && mask->value[sample * time + place] == 0, row);
        if (opts->return_sequences) {
            store(y, (sample * time + to) * cell->units, row, cell->units);
        }
    }
    if (!opts->return_sequences) {
        store(y, sample * cell->units, row, cell->units);
    }
}

struct recurrent_twins twin_recurrent(enum recurrent kind, struct twin x, const plait_recurrent_opts *opts,
                                      const struct twin *initial, bool states)
{
    return twin_masked_recurrent(kind, x, NULL, opts, initial, states);
}

struct recurrent_twins twin_masked_recurrent(enum recurrent kind, struct twin x, const struct twin *mask,
                                             const plait_recurrent_opts *given, const struct twin *initial, bool states)
{
    static plait_node (*const make[])(plait_node, const plait_recurrent_opts *) = {
        [SIMPLE_RNN] = plait_simple_rnn, [LSTM] = plait_lstm, [GRU] = plait_gru};
    plait_recurrent_opts opts = *given;
    struct recurrent_twins out = {0};
    struct cell cell = new_cell(kind, x.ref.shape, &opts);
    const size_t batch = x.ref.shape.dims[0];
    const plait_shape state = PLAIT_SHAPE(batch, cell.units);

    opts.initial_h = initial ? initial[0].node : (plait_node){0};
    opts.initial_c = initial && kind == LSTM ? initial[1].node : (plait_node){0};
    opts.mask = mask ? mask->node : (plait_node){0};
    opts.last_h = states ? &out.h.node : NULL;
    opts.last_c = states && kind == LSTM ? &out.c.node : NULL;
    out.y.node = make[kind](x.node, &opts);
    out.y.ref = reference_new(opts.return_sequences ? PLAIT_SHAPE(batch, x.ref.shape.dims[1], cell.units) : state);
    out.h.ref = reference_new(state);
    out.c.ref = reference_new(state);
    out.y.ref.sums = out.h.ref.sums = out.c.ref.sums = sums_of(&cell);
    for (size_t sample = 0; sample < batch; sample++) {
        fetch(initial ? &initial[0].ref : NULL, sample * cell.units, cell.h, cell.units);
        fetch(initial && kind == LSTM ? &initial[1].ref : NULL, sample * cell.units, cell.c, cell.units);
        run_sample(&cell, &x.ref, mask ? &mask->ref : NULL, sample, &out.y.ref);
        store(&out.h.ref, sample * cell.units, cell.h, cell.units);
        store(&out.c.ref, sample * cell.units, cell.c, cell.units);
    }
    return out;
}

struct twin twin_embedding(struct twin x, plait_array embeddings)
{
    const size_t channels = embeddings.shape.dims[1];
    plait_shape shape = x.ref.shape;

    shape.dims[shape.rank++] = channels;
    struct twin y = {plait_embedding(x.node, embeddings, NULL), reference_new(shape)};
    for (size_t i = 0; i < y.ref.count; i++) {
        const double row = trunc(x.ref.value[i / channels]);
        const bool inside = row >= 0 && row < (double)embeddings.shape.dims[0];
        y.ref.value[i] = inside ? (double)embeddings.data[(size_t)row * channels + i % channels] : (double)NAN;
        y.ref.terms[i] = fabs(y.ref.value[i]);
    }
    y.ref.exact = true;
    return y;
}
