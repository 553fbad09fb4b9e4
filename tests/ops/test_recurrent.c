/* SPDX-License-Identifier: MIT */
/* SimpleRNN, LSTM and GRU, with all options, in every variant. */
#include "layer.h"
#include "oracle_recurrent.h"
#include "weights.h"

#include <math.h>

enum { IN_ORDER = 2 }; /* of `backwards` */

struct recurrent_case {
    const char *name;
    enum recurrent kind;
    size_t time, features, units;
    size_t batch, planned;
    bool sequences, states, initial, reset_before, no_bias;
    int backwards;
    bool masked, zeros;
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
        .zero_output_for_mask = c->zeros,
    };
}

static struct twin input(plait_graph *graph, plait_shape shape, size_t batch, struct random *random)
{
    return twin_input(graph, shape, batch, random_floats(random, DATA_NORMAL, batch * sample_size(shape)));
}

/* A mask of steps: of the first sample the first two are masked, of the second all, of the others some. */
static struct twin new_mask(plait_graph *graph, const struct recurrent_case *c, struct random *random)
{
    float *values = random_floats(random, DATA_NORMAL, c->batch * c->time);

    for (size_t i = 0; i < c->batch * c->time; i++) {
        const size_t sample = i / c->time;
        const bool counts = sample == 0 ? i >= 2 : sample > 1 && values[i] > 0;
        values[i] = counts ? values[i] : 0;
    }
    return twin_input(graph, PLAIT_SHAPE(c->time), c->batch, values);
}

static void try(const struct recurrent_case *c, struct random *random)
{
    plait_graph *graph = twin_graph();
    const plait_recurrent_opts opts = options_of(c, random);
    struct twin x[4];
    struct twin y[3];

    x[0] = input(graph, PLAIT_SHAPE(c->time, c->features), c->batch, random);
    x[1] = input(graph, PLAIT_SHAPE(c->units), c->batch, random);
    x[2] = input(graph, PLAIT_SHAPE(c->units), c->batch, random);
    const size_t inputs = !c->initial ? 1 : c->kind == LSTM ? 3 : 2;
    x[3] = c->masked ? new_mask(graph, c, random) : x[0];
    const struct recurrent_twins twins =
        twin_masked_recurrent(c->kind, x[0], c->masked ? &x[3] : NULL, &opts, c->initial ? x + 1 : NULL, c->states);
    x[inputs] = x[3]; /* behind the states */
    y[0] = twins.y;
    y[1] = twins.h;
    y[2] = twins.c;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        trial_run(&(struct trial){.name = c->name,
                                  .inputs = x,
                                  .input_count = inputs + c->masked,
                                  .outputs = y,
                                  .output_count = !c->states        ? 1
                                                  : c->kind == LSTM ? 3
                                                                    : 2,
                                  .gate = GATE_ZERO_MEAN,
                                  .l2 = 1e-6,
                                  .run = {.planned = c->planned, .variants = variants[i]}});
    }
    plait_graph_free(graph);
    scratch_reset();
}

/* Whether a checker is slow: then the largest and some of the others are left out. */
static bool quick(void)
{
    return test_rounds(8) < 8;
}

static void all_options(void **state)
{
    struct random random = random_stream("recurrent");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i += quick() ? 3 : 1) {
        try(&cases[i], &random);
    }
    check_verdict(compare_enough(0.7), "recurrent");
}

static void masked_steps(void **state)
{
    static const struct recurrent_case masked[] = {
        {"lstm, last", LSTM, 5, 3, 7, .batch = 3},
        {"lstm, sequences", LSTM, 6, 3, 18, .batch = 5, .planned = 2, .sequences = true, .states = true},
        {"lstm, all", LSTM, 6, 3, 17, .batch = 4, .sequences = true, .states = true, .initial = true, .backwards = 1},
        {"lstm, zeros", LSTM, 6, 3, 5, .batch = 3, .sequences = true, .states = true, .initial = true, .zeros = true},
        {"lstm, last of zeros", LSTM, 6, 3, 5, .batch = 3, .states = true, .zeros = true, .backwards = 1},
        {"gru, initial", GRU, 5, 3, 33, .batch = 3, .states = true, .initial = true},
        {"gru, reset before", GRU, 5, 3, 7, .batch = 3, .reset_before = true, .sequences = true, .initial = true},
        {"gru, in order", GRU, 5, 3, 4, .batch = 2, .sequences = true, .states = true, .backwards = IN_ORDER},
        {"simple", SIMPLE_RNN, 5, 2, 4, .batch = 3, .initial = true},
        {"simple, zeros", SIMPLE_RNN, 4, 2, 16, .batch = 2, .sequences = true, .zeros = true, .backwards = IN_ORDER},
    };
    struct random random = random_stream("recurrent masked");

    (void)state;
    for (size_t i = 0; i < sizeof masked / sizeof *masked; i += quick() ? 3 : 1) {
        struct recurrent_case c = masked[i];
        c.masked = true;
        try(&c, &random);
    }
}

/* x and y as parts of joined tensors, where rows are further apart than they are long. */
static void joined(void **state)
{
    static const struct recurrent_case joined[] = {
        {"lstm", LSTM, 4, 3, 17, .batch = 3, .sequences = true},
        {"lstm, backwards", LSTM, 4, 3, 7, .batch = 2, .sequences = true, .backwards = 1},
        {"gru", GRU, 4, 3, 16, .batch = 1, .reset_before = true},
        {"simple", SIMPLE_RNN, 4, 3, 5, .batch = 2, .sequences = true, .backwards = IN_ORDER},
    };
    struct random random = random_stream("recurrent joined");

    (void)state;
    for (size_t i = 0; i < sizeof joined / sizeof *joined * 3; i++) {
        const struct recurrent_case *c = &joined[i / 3];
        plait_graph *graph = twin_graph();
        const plait_recurrent_opts opts = options_of(c, &random);
        const plait_shape shape = c->sequences ? PLAIT_SHAPE(c->time, c->units) : PLAIT_SHAPE(c->units);
        const struct twin x[] = {input(graph, PLAIT_SHAPE(c->time, c->features), c->batch, &random),
                                 input(graph, shape, c->batch, &random)};
        const struct twin part = twin_activate(x[0], PLAIT_LINEAR); /* not from outside, so it may lie anywhere */
        const struct twin y = twin_recurrent(c->kind, part, &opts, NULL, false).y;
        const struct twin outputs[] = {twin_concatenate((const struct twin[]){x[0], part}, 2, -1),
                                       twin_concatenate((const struct twin[]){x[1], y, x[1]}, 3, -1)};
        trial_run(&(struct trial){.name = c->name,
                                  .inputs = x,
                                  .input_count = 2,
                                  .outputs = outputs,
                                  .output_count = 2,
                                  .gate = GATE_ZERO_MEAN,
                                  .l2 = 1e-6,
                                  .run = {.variants = variants[i % 3]}});
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* Sums of integers are exact, so relu's results are, and units are shared by work-items where they are many. */
static void integers(void **state)
{
    static const struct recurrent_case many[] = {
        {"many units", SIMPLE_RNN, 3, 4, 750, .batch = 1, .sequences = true, .activation = &relu6},
        {"few units", SIMPLE_RNN, 3, 4, 20, .batch = 3, .sequences = true, .activation = &relu6},
    };
    struct random random = random_stream("recurrent integers");

    (void)state;
    for (size_t i = quick(); i < sizeof many / sizeof *many; i++) {
        const struct recurrent_case *c = &many[i];
        plait_graph *graph = twin_graph();
        const plait_recurrent_opts opts = {
            .kernel = random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(c->features, c->units)),
            .recurrent_kernel = random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(c->units, c->units)),
            .bias = random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(c->units)),
            .activation = c->activation,
            .return_sequences = c->sequences,
        };
        const plait_shape shape = PLAIT_SHAPE(c->time, c->features);
        const size_t count = c->batch * sample_size(shape);
        const struct twin x = twin_input(graph, shape, c->batch, random_floats(&random, DATA_INTEGERS, count));
        const struct twin y = twin_recurrent(c->kind, x, &opts, NULL, false).y;
        trial_run(&(struct trial){
            .name = c->name, .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_INTEGERS});
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* Many units and one sample: each step is a launch. */
static void units_are_shared(void **state)
{
    static const struct recurrent_case shared[] = {
        {"lstm", LSTM, 3, 2, 370, .batch = 1, .states = true, .initial = true},
        {"gru", GRU, 3, 2, 430, .batch = 1, .sequences = true},
        {"gru, reset before", GRU, 2, 2, 430, .batch = 1, .reset_before = true},
    };
    struct random random = random_stream("recurrent shared");

    (void)state;
    for (size_t i = 0; !quick() && i < sizeof shared / sizeof *shared; i++) {
        try(&shared[i], &random);
    }
}

/* NaN in a sample's state stays in that sample. */
static void nan_spreads_within_its_sample(void **state)
{
    const struct recurrent_case c = {"nan", LSTM, 4, 3, 17, .batch = 3, .sequences = true};
    struct random random = random_stream("recurrent nan");
    plait_graph *graph = twin_graph();
    const plait_recurrent_opts opts = options_of(&c, &random);
    float *values = random_floats(&random, DATA_NORMAL, 3 * 4 * 3);

    (void)state;
    values[(1 * 4 + 2) * 3] = NAN; /* sample 1, step 2 */
    const struct twin x = twin_input(graph, PLAIT_SHAPE(4, 3), 3, values);
    const plait_node y = plait_lstm(x.node, &opts);
    for (size_t i = 0; i < 3; i++) {
        float got[3 * 4 * 17];
        const float *in[] = {values};
        float *out[] = {got};
        check_ok(
            fixture_run(PLAIT_NODES(x.node), PLAIT_NODES(y), &(struct run_opts){.variants = variants[i]}, 3, in, out));
        for (size_t e = 0; e < sizeof got / sizeof *got; e++) {
            const bool wanted = e / 17 / 4 == 1 && e / 17 % 4 >= 2;
            check_that((got[e] != got[e]) == wanted, "element %zu is %g", e, (double)got[e]);
        }
    }
    plait_graph_free(graph);
    scratch_reset();
}

static void mistakes(void **state)
{
    static const float values[256] = {0};
    static const plait_activation none = (plait_activation)99, softmax = PLAIT_SOFTMAX;
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node flat = plait_input(graph, "flat", PLAIT_SHAPE(3));
    const plait_recurrent_opts right = {.kernel = {values, PLAIT_SHAPE(3, 8)},
                                        .recurrent_kernel = {values, PLAIT_SHAPE(2, 8)},
                                        .bias = {values, PLAIT_SHAPE(8)}};
    plait_recurrent_opts opts[10];
    plait_node h;
    plait_node c;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        opts[i] = right;
    }
    opts[1].recurrent_kernel = (plait_array){0};
    opts[2].recurrent_kernel.shape = PLAIT_SHAPE(2, 6);
    opts[3].recurrent_kernel.shape = PLAIT_SHAPE(3, 12);
    opts[4].bias.shape = PLAIT_SHAPE(2, 8);
    opts[5].kernel.shape = PLAIT_SHAPE(4, 8);
    opts[6].initial_h = flat;
    opts[6].last_h = &h;
    opts[6].last_c = &c;
    opts[7].activation = &softmax;
    opts[8].recurrent_activation = &none;
    opts[9].initial_c = flat;
    for (size_t i = 0; i < 10; i++) {
        (void)plait_lstm(i == 0 ? flat : x, &opts[i]);
    }
    (void)plait_relu(h, NULL);
    (void)plait_relu(c, NULL);
    (void)plait_gru(x, &(plait_recurrent_opts){.kernel = {values, PLAIT_SHAPE(3, 6)},
                                               .recurrent_kernel = {values, PLAIT_SHAPE(2, 6)},
                                               .bias = {values, PLAIT_SHAPE(6)}});
    (void)plait_simple_rnn(x, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "lstm \"lstm\": input has shape {3} but must be a sequence, {time, features}");
    static const char *const parts[] = {
        "lstm \"lstm_1\": recurrent_kernel is missing; it must have shape {units, 4 * units}",
        "lstm \"lstm_2\": recurrent_kernel has shape {2,6} but must be {units, 4 * units}",
        "lstm \"lstm_3\": kernel {3,8} and recurrent_kernel {3,12} must have the same number of columns",
        "lstm \"lstm_4\": bias has shape {2,8} but must have {8}",
        "lstm \"lstm_5\": input has 3 channels but kernel expects 4 (kernel {4,8})",
        "recurrence \"lstm_6\": initial_h has shape {3} but must have {2}, a value for each unit",
        "recurrence \"lstm_7\": activation 25 is none that a recurrent layer can have",
        "recurrence \"lstm_8\": recurrent_activation 99 is none that a recurrent layer can have",
        "recurrence \"lstm_9\": initial_c has shape {3} but must have {2}",
        "gru \"gru\": bias has shape {6} but must have {2,6}",
        "simple_rnn \"simple_rnn\": recurrent_kernel is missing",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        check_has(plait_error_message(), parts[i]);
    }
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_options),      cmocka_unit_test(masked_steps),
        cmocka_unit_test(joined),           cmocka_unit_test(integers),
        cmocka_unit_test(units_are_shared), cmocka_unit_test(nan_spreads_within_its_sample),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
