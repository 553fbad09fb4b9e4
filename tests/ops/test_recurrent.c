/* SPDX-License-Identifier: MIT */
/* SimpleRNN, LSTM and GRU, with all options, in every variant. */
#include "layer.h"
#include "oracle_recurrent.h"
#include "weights.h"

enum { IN_ORDER = 2 }; /* of `backwards` */

struct recurrent_case {
    const char *name;
    enum recurrent kind;
    size_t time, features, units;
    size_t batch, planned;
    bool sequences, states, initial, reset_before, no_bias;
    int backwards;
    const plait_activation *activation;
    const plait_activation *recurrent_activation;
};

static const plait_activation linear = PLAIT_LINEAR, relu = PLAIT_RELU, relu6 = PLAIT_RELU6, elu = PLAIT_ELU,
                              hard = PLAIT_HARD_SIGMOID, softplus = PLAIT_SOFTPLUS, soft_sign = PLAIT_SOFTSIGN;

static const struct recurrent_case cases[] = {
    {"simple", SIMPLE_RNN, 5, 3, 7, .batch = 2},
    {"simple, sequences", SIMPLE_RNN, 6, 4, 17, .batch = 3, .sequences = true},
    {"simple, one unit", SIMPLE_RNN, 4, 1, 1, .batch = 1, .sequences = true},
    {"simple, backwards, states", SIMPLE_RNN, 5, 3, 33, .batch = 2, .sequences = true, .states = true, .backwards = 1},
    {"simple, in order, states", SIMPLE_RNN, 5, 3, 4, .batch = 2, .sequences = true, .states = true,
     .backwards = IN_ORDER},
    {"simple, relu, no bias", SIMPLE_RNN, 4, 8, 16, .batch = 5, .activation = &relu, .no_bias = true},
    {"simple, elu, initial", SIMPLE_RNN, 3, 2, 5, .batch = 2, .initial = true, .activation = &elu, .states = true},
    {"lstm", LSTM, 5, 3, 7, .batch = 2},
    {"lstm, sequences", LSTM, 6, 4, 17, .batch = 3, .sequences = true},
    {"lstm, one step", LSTM, 1, 4, 3, .batch = 2, .sequences = true, .states = true},
    {"lstm, states", LSTM, 4, 3, 18, .batch = 2, .states = true},
    {"lstm, all", LSTM, 5, 3, 33, .batch = 3, .sequences = true, .states = true, .initial = true, .backwards = 1},
    {"lstm, in order", LSTM, 5, 3, 16, .batch = 2, .sequences = true, .states = true, .backwards = IN_ORDER},
    {"lstm, backwards, last", LSTM, 5, 3, 8, .batch = 1, .backwards = 1},
    {"lstm, hard_sigmoid, relu6", LSTM, 4, 3, 20, .batch = 2, .activation = &relu6, .recurrent_activation = &hard},
    {"lstm, softplus twice", LSTM, 3, 3, 4, .batch = 2, .activation = &softplus, .recurrent_activation = &softplus},
    {"lstm, linear gates, no bias", LSTM, 3, 3, 4, .batch = 2, .activation = &soft_sign,
     .recurrent_activation = &linear, .no_bias = true},
    {"lstm, many samples", LSTM, 3, 5, 9, .batch = 19, .sequences = true},
    {"lstm, less than planned", LSTM, 3, 5, 18, .batch = 3, .planned = 8, .sequences = true, .states = true},
    {"lstm, more than planned", LSTM, 3, 5, 18, .batch = 5, .planned = 2, .sequences = true, .initial = true},
    {"gru", GRU, 5, 3, 7, .batch = 2},
    {"gru, sequences", GRU, 6, 4, 17, .batch = 3, .sequences = true, .states = true},
    {"gru, no bias", GRU, 4, 4, 33, .batch = 9, .no_bias = true, .initial = true},
    {"gru, backwards", GRU, 4, 4, 5, .batch = 2, .sequences = true, .states = true, .initial = true, .backwards = 1},
    {"gru, relu, hard_sigmoid", GRU, 4, 3, 6, .batch = 2, .activation = &relu, .recurrent_activation = &hard},
    {"gru, reset before", GRU, 5, 3, 7, .batch = 2, .reset_before = true},
    {"gru, reset before, all", GRU, 5, 3, 34, .batch = 5, .reset_before = true, .sequences = true, .states = true,
     .initial = true, .backwards = IN_ORDER},
    {"gru, reset before, no bias", GRU, 3, 3, 16, .batch = 1, .reset_before = true, .no_bias = true},
    {"gru, one step", GRU, 1, 1, 1, .batch = 1, .sequences = true, .states = true},
};

static const char *const variants[] = {NULL, "recurrence=cpu", "recurrence=reference"};

static plait_recurrent_opts options_of(const struct recurrent_case *c, struct random *random)
{
    static const size_t gates[] = {[SIMPLE_RNN] = 1, [LSTM] = 4, [GRU] = 3};
    const size_t columns = gates[c->kind] * c->units;
    const bool twice = c->kind == GRU && !c->reset_before;

    return (plait_recurrent_opts){
        .kernel = random_weights(random, PLAIT_SHAPE(c->features, columns), 0.5),
        .recurrent_kernel = random_weights(random, PLAIT_SHAPE(c->units, columns), 0.3),
        .bias = c->no_bias ? (plait_array){0}
                           : random_weights(random, twice ? PLAIT_SHAPE(2, columns) : PLAIT_SHAPE(columns), 0.5),
        .activation = c->activation,
        .recurrent_activation = c->recurrent_activation,
        .return_sequences = c->sequences,
        .go_backwards = c->backwards != 0,
        .keep_order = c->backwards == IN_ORDER,
        .reset_before = c->reset_before,
    };
}

static struct twin input(plait_graph *graph, plait_shape shape, size_t batch, struct random *random)
{
    return twin_input(graph, shape, batch, random_floats(random, DATA_NORMAL, batch * sample_size(shape)));
}

static void try(const struct recurrent_case *c, struct random *random)
{
    plait_graph *graph = twin_graph();
    const plait_recurrent_opts opts = options_of(c, random);
    struct twin x[3];
    struct twin y[3];

    x[0] = input(graph, PLAIT_SHAPE(c->time, c->features), c->batch, random);
    x[1] = input(graph, PLAIT_SHAPE(c->units), c->batch, random);
    x[2] = input(graph, PLAIT_SHAPE(c->units), c->batch, random);
    const struct recurrent_twins twins = twin_recurrent(c->kind, x[0], &opts, c->initial ? x + 1 : NULL, c->states);
    y[0] = twins.y;
    y[1] = twins.h;
    y[2] = twins.c;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        trial_run(&(struct trial){.name = c->name,
                                  .inputs = x,
                                  .input_count = !c->initial ? 1 : c->kind == LSTM ? 3 : 2,
                                  .outputs = y,
                                  .output_count = !c->states ? 1 : c->kind == LSTM ? 3 : 2,
                                  .gate = GATE_L2,
                                  .limit = 1e-6,
                                  .run = {.planned = c->planned, .variants = variants[i]}});
    }
    plait_graph_free(graph);
    scratch_reset();
}

static void all_options(void **state)
{
    struct random random = random_stream("recurrent");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        try(&cases[i], &random);
    }
    check_verdict(compare_enough(0.7), "recurrent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_options),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
