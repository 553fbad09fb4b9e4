/* SPDX-License-Identifier: MIT */
#include "oracle_recurrent.h"

#include <math.h>
#include <string.h>

/* A layer, and one sample's state; arrays are in scratch memory. */
struct cell {
    enum recurrent kind;
    const plait_recurrent_opts *opts;
    plait_activation activation;
    plait_activation recurrent_activation;
    size_t features;
    size_t units;
    size_t gates;
    double *h;
    double *c;
    double *reset; /* r * h */
};

static double weight(plait_array array, size_t index)
{
    return array.data ? (double)array.data[index] : 0;
}

static bool biased_twice(const struct cell *cell)
{
    return cell->kind == GRU && !cell->opts->reset_before;
}

/* What x adds to a gate of a unit. */
static double from_input(const struct cell *cell, const double *x, size_t gate, size_t unit)
{
    const size_t columns = cell->gates * cell->units;
    const size_t column = gate * cell->units + unit;
    double sum = weight(cell->opts->bias, column);

    for (size_t i = 0; i < cell->features; i++) {
        sum += x[i] * weight(cell->opts->kernel, i * columns + column);
    }
    return sum;
}

static double from_state(const struct cell *cell, const double *h, size_t gate, size_t unit)
{
    const size_t columns = cell->gates * cell->units;
    const size_t column = gate * cell->units + unit;
    double sum = biased_twice(cell) ? weight(cell->opts->bias, columns + column) : 0;

    for (size_t i = 0; i < cell->units; i++) {
        sum += h[i] * weight(cell->opts->recurrent_kernel, i * columns + column);
    }
    return sum;
}

static double gate_of(const struct cell *cell, const double *x, size_t gate, size_t unit)
{
    return oracle_activation(cell->recurrent_activation,
                             from_input(cell, x, gate, unit) + from_state(cell, cell->h, gate, unit));
}

/* The new h of a unit; c changes at once. */
static double advance_unit(struct cell *cell, const double *x, size_t unit)
{
    const size_t at = cell->kind == LSTM || cell->kind == GRU ? 2 : 0; /* the gate of the new state */
    const bool reset_before = cell->kind == GRU && cell->opts->reset_before;
    double sum = from_state(cell, reset_before ? cell->reset : cell->h, at, unit);

    if (biased_twice(cell)) {
        sum *= gate_of(cell, x, 1, unit);
    }
    const double new_state = oracle_activation(cell->activation, from_input(cell, x, at, unit) + sum);
    if (cell->kind == SIMPLE_RNN) {
        return new_state;
    }
    if (cell->kind == GRU) {
        const double update = gate_of(cell, x, 0, unit);
        return update * cell->h[unit] + (1 - update) * new_state;
    }
    cell->c[unit] = gate_of(cell, x, 1, unit) * cell->c[unit] + gate_of(cell, x, 0, unit) * new_state;
    return gate_of(cell, x, 3, unit) * oracle_activation(cell->activation, cell->c[unit]);
}

static void advance(struct cell *cell, const double *x)
{
    double *next = scratch(cell->units, sizeof *next);

    for (size_t unit = 0; cell->kind == GRU && unit < cell->units; unit++) {
        cell->reset[unit] = gate_of(cell, x, 1, unit) * cell->h[unit];
    }
    for (size_t unit = 0; unit < cell->units; unit++) {
        next[unit] = advance_unit(cell, x, unit);
    }
    memcpy(cell->h, next, cell->units * sizeof *next);
}

static void store(struct reference *y, size_t at, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        y->value[at + i] = values[i];
        y->terms[at + i] = fabs(values[i]);
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
        .h = scratch(units, sizeof(double)),
        .c = scratch(units, sizeof(double)),
        .reset = scratch(units, sizeof(double)),
    };
}

/* Takes one sample through all steps. */
static void run_sample(struct cell *cell, const struct reference *x, size_t sample, struct reference *y)
{
    const size_t time = x->shape.dims[1];
    const plait_recurrent_opts *opts = cell->opts;

    for (size_t step = 0; step < time; step++) {
        const size_t place = opts->go_backwards ? time - 1 - step : step;
        const size_t row = opts->keep_order ? place : step;
        advance(cell, x->value + (sample * time + place) * cell->features);
        if (opts->return_sequences) {
            store(y, (sample * time + row) * cell->units, cell->h, cell->units);
        }
    }
    if (!opts->return_sequences) {
        store(y, sample * cell->units, cell->h, cell->units);
    }
}

struct recurrent_twins twin_recurrent(enum recurrent kind, struct twin x, const plait_recurrent_opts *given,
                                      const struct twin *initial, bool states)
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
    opts.last_h = states ? &out.h.node : NULL;
    opts.last_c = states && kind == LSTM ? &out.c.node : NULL;
    out.y.node = make[kind](x.node, &opts);
    out.y.ref = reference_new(opts.return_sequences ? PLAIT_SHAPE(batch, x.ref.shape.dims[1], cell.units) : state);
    out.h.ref = reference_new(state);
    out.c.ref = reference_new(state);
    for (size_t sample = 0; sample < batch; sample++) {
        for (size_t unit = 0; unit < cell.units; unit++) {
            cell.h[unit] = initial ? initial[0].ref.value[sample * cell.units + unit] : 0;
            cell.c[unit] = initial && kind == LSTM ? initial[1].ref.value[sample * cell.units + unit] : 0;
        }
        run_sample(&cell, &x.ref, sample, &out.y.ref);
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
