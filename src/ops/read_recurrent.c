/* SPDX-License-Identifier: MIT */
/* Recurrent layers of files: SimpleRNN, LSTM, GRU, RNN with one of their cells, and Bidirectional around any. */
#include "graph/source.h"

#include <plait/recurrent.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 192, NAME_BYTES = 1024, MOST_STATES = 2 };

enum { MASK_PLACE = 2 }; /* call(sequences, initial_state, mask, training) */

/* A class of layers, and of cells. */
struct kind {
    const char *layer;
    const char *cell;
    plait_node (*make)(plait_node x, const plait_recurrent_opts *opts);
    size_t states;
    bool has_gates;
};

static const struct kind kinds[] = {
    {"SimpleRNN", "SimpleRNNCell", plait_simple_rnn, 1, false},
    {"LSTM", "LSTMCell", plait_lstm, 2, true},
    {"GRU", "GRUCell", plait_gru, 1, true},
};

/* One recurrent layer in a layer's options: the options of each begin with a path. */
struct place {
    const struct kind *kind;
    char layer[PATH_BYTES]; /* "", "backward_layer.config." */
    char cell[PATH_BYTES];  /* the same, or "cell.config." behind it */
    const char *part;       /* of the weights */
};

/* A path to an option, for the length of a call. */
struct key {
    char text[2 * PATH_BYTES];
};

static struct key key_of(const char *prefix, const char *option)
{
    struct key key;

    (void)snprintf(key.text, sizeof key.text, "%s%s", prefix, option);
    return key;
}

static bool flag(struct source *source, const char *prefix, const char *option, bool fallback)
{
    return source_flag(source, key_of(prefix, option).text, fallback);
}

/* Finds a layer of this class whose options begin with `path`; false, with a note, if plait has none. */
static bool find_place(struct source *source, const char *class_name, const char *path, const char *part,
                       struct place *place)
{
    const bool is_rnn = strcmp(class_name, "RNN") == 0;
    const char *cell = is_rnn ? source_text(source, key_of(path, "cell.class_name").text, "unknown") : class_name;

    place->part = part;
    (void)snprintf(place->layer, sizeof place->layer, "%s", path);
    (void)snprintf(place->cell, sizeof place->cell, "%s%s", path, is_rnn ? "cell.config." : "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(cell, is_rnn ? kinds[i].cell : kinds[i].layer) == 0) {
            place->kind = &kinds[i];
            return true;
        }
    }
    source_unsupported(source, "its %s \"%.64s\" is not one that plait has", is_rnn ? "cell" : "layer", cell);
    return false;
}

static plait_array weight(struct source *source, const char *part, size_t index)
{
    const plait_array array = source->calls->weight(source, part, index);

    if (!array.data) {
        source_refuse(source, "the file lacks weight number %zu of its %s, counted from 0", index, part);
    }
    return array;
}

/* An activation, which has no fallback: Keras always writes one, and a null would be linear. */
static plait_activation activation(struct source *source, const struct place *place, const char *option)
{
    const struct key key = key_of(place->cell, option);
    const enum source_kind kind = source->calls->kind(source, key.text);

    if (kind == SOURCE_TEXT) {
        return source_activation(source, key.text);
    }
    if (kind == SOURCE_OBJECT) {
        source_unsupported(source, "%s is an object; within a recurrent layer plait has Keras's functions alone",
                           key.text);
    } else {
        source_refuse(source, "option %s must be the name of an activation", key.text);
    }
    return PLAIT_LINEAR;
}

static void refuse_options(struct source *source, const struct place *place)
{
    if (flag(source, place->layer, "stateful", false)) {
        source_unsupported(source, "stateful is true; plait's layers keep nothing between calls, but can be passed "
                                   "an initial state and return the last one");
    }
    if (flag(source, place->layer, "time_major", false)) {
        source_unsupported(source, "time_major is true; plait has the batch first");
    }
}

static void read_weights(struct source *source, const struct place *place, plait_recurrent_opts *opts)
{
    const bool use_bias = flag(source, place->cell, "use_bias", true);

    opts->kernel = weight(source, place->part, 0);
    opts->recurrent_kernel = weight(source, place->part, 1);
    opts->bias = use_bias ? weight(source, place->part, 2) : (plait_array){0};
    source_check_axes(source, key_of(place->cell, "units").text, opts->recurrent_kernel, 0, 1);
}

/* The initial states behind x; false, with a note, if they are too few. */
static bool take_states(struct source *source, const struct kind *kind, plait_nodes states, plait_recurrent_opts *opts)
{
    if (states.count > 0 && states.count < kind->states) {
        source_refuse(source, "it is called with %zu initial state; %s has %zu", states.count, kind->layer,
                      kind->states);
        return false;
    }
    if (states.count > 0) {
        opts->initial_h = states.items[0];
    }
    if (states.count > 1 && kind->states > 1) {
        opts->initial_c = states.items[1];
    }
    return true;
}

/* What a layer gives: its output, and its states if return_state asks for them. */
struct results {
    plait_node y;
    plait_node states[MOST_STATES];
    size_t state_count;
};

/* Makes a layer with these options, to which those of the file are added. */
static struct results make(struct source *source, const struct place *place, plait_node x, plait_nodes states,
                           plait_recurrent_opts *opts)
{
    const bool return_state = flag(source, place->layer, "return_state", false);
    struct results results = {.y = x, .state_count = return_state ? place->kind->states : 0};
    const plait_activation new_state = activation(source, place, "activation");
    const plait_activation gates =
        place->kind->has_gates ? activation(source, place, "recurrent_activation") : PLAIT_SIGMOID;

    refuse_options(source, place);
    read_weights(source, place, opts);
    if (!take_states(source, place->kind, states, opts)) {
        return results;
    }
    opts->activation = &new_state;
    opts->recurrent_activation = &gates;
    opts->return_sequences = flag(source, place->layer, "return_sequences", false);
    opts->reset_before = !flag(source, place->cell, "reset_after", true);
    opts->last_h = results.state_count > 0 ? &results.states[0] : NULL;
    opts->last_c = results.state_count > 1 ? &results.states[1] : NULL;
    opts->mask = source->calls->mask(source, 0);
    results.y = place->kind->make(x, opts);
    return results;
}

/* Rows for all steps go with the mask of the steps, even where the call did not pass it to the layer. */
static void carry_mask(struct source *source, plait_node x, plait_node y, bool sequences)
{
    const plait_node passed = source->calls->mask(source, 0);

    source->calls->carry(source, y,
                         !sequences     ? (plait_node){0}
                         : passed.graph ? passed
                                        : source->calls->carried(source, x));
}

static plait_nodes behind(plait_nodes nodes, size_t begin, size_t count)
{
    return (plait_nodes){nodes.items + begin, count};
}

static void give_states(struct source *source, const struct results *results)
{
    for (size_t i = 0; i < results->state_count; i++) {
        source->calls->output(source, results->states[i]);
    }
}

static plait_node read_class(struct source *source, plait_nodes x, const char *class_name)
{
    plait_recurrent_opts opts = {.name = source->name, .go_backwards = flag(source, "", "go_backwards", false)};
    struct place place;

    if (!find_place(source, class_name, "", "cell", &place)) {
        return x.items[0];
    }
    opts.zero_output_for_mask = flag(source, "", "zero_output_for_mask", false);
    const struct results results = make(source, &place, x.items[0], behind(x, 1, x.count - 1), &opts);
    give_states(source, &results);
    carry_mask(source, x.items[0], results.y, opts.return_sequences);
    return results.y;
}

static plait_node read_simple_rnn(struct source *source, plait_nodes x)
{
    return read_class(source, x, "SimpleRNN");
}

static plait_node read_lstm(struct source *source, plait_nodes x)
{
    return read_class(source, x, "LSTM");
}

static plait_node read_gru(struct source *source, plait_nodes x)
{
    return read_class(source, x, "GRU");
}

static plait_node read_rnn(struct source *source, plait_nodes x)
{
    return read_class(source, x, "RNN");
}

/* ---- Bidirectional ---- */

/* One of the two directions. A file that lacks the backward layer's options has the forward one's twice. */
static bool find_direction(struct source *source, bool backwards, struct place *place)
{
    const char *part = backwards ? "backward_layer/cell" : "forward_layer/cell";
    const bool given = backwards && source->calls->kind(source, "backward_layer") == SOURCE_OBJECT;
    const char *layer = given ? "backward_layer" : "layer";
    const char *class_name = source_text(source, key_of(layer, ".class_name").text, "unknown");

    if (!find_place(source, class_name, key_of(layer, ".config.").text, part, place)) {
        return false;
    }
    if (flag(source, place->layer, "go_backwards", given) != given) {
        source_unsupported(source,
                           "its %s has go_backwards the other way round; plait takes the forward layer's steps "
                           "from the first on, the backward layer's from the last on",
                           layer);
        return false;
    }
    return true;
}

/* Makes one direction as a layer of its own, called by the wrapper's name and its own. */
static struct results make_direction(struct source *source, plait_nodes x, bool backwards, const struct place *place)
{
    const size_t half = (x.count - 1) / 2;
    const plait_nodes states = behind(x, 1 + backwards * half, backwards ? x.count - 1 - half : half);
    plait_recurrent_opts opts = {.go_backwards = backwards, .keep_order = backwards};
    char name[NAME_BYTES];

    (void)snprintf(name, sizeof name, "%s/%s", source->name, backwards ? "backward_layer" : "forward_layer");
    opts.name = name;
    opts.zero_output_for_mask = flag(source, place->layer, "return_sequences", false); /* Keras overrules the option */
    return make(source, place, x.items[0], states, &opts);
}

static plait_node merge(struct source *source, plait_nodes x, const char *mode)
{
    static const struct {
        const char *mode;
        plait_node (*make)(plait_nodes x, const plait_layer_opts *opts);
    } modes[] = {{"sum", plait_add}, {"mul", plait_multiply}, {"ave", plait_average}};
    const plait_layer_opts opts = {.name = source->name};

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].mode, mode) == 0) {
            return modes[i].make(x, &opts);
        }
    }
    if (strcmp(mode, "concat") != 0) {
        source_refuse(source, "merge_mode is \"%.64s\"; sum, mul, ave, concat and null are possible", mode);
    }
    return plait_concatenate(x, -1, &opts);
}

static plait_node read_bidirectional(struct source *source, plait_nodes x)
{
    const char *mode = source_text(source, "merge_mode", NULL); /* null: both outputs */
    const bool sequences = flag(source, "layer.config.", "return_sequences", false);
    struct place places[2];
    struct results results[2];

    for (size_t i = 0; i < 2; i++) {
        if (!find_direction(source, i == 1, &places[i])) {
            return x.items[0];
        }
    }
    for (size_t i = 0; i < 2; i++) {
        results[i] = make_direction(source, x, i == 1, &places[i]);
    }
    plait_node y = results[0].y;
    if (mode) {
        y = merge(source, PLAIT_NODES(results[0].y, results[1].y), mode);
    } else {
        source->calls->output(source, results[1].y);
    }
    give_states(source, &results[0]);
    give_states(source, &results[1]);
    carry_mask(source, x.items[0], y, sequences);
    if (!mode) {
        carry_mask(source, x.items[0], results[1].y, sequences);
    }
    return y;
}

const struct layer_reader read_recurrent_readers[] = {
    {"SimpleRNN", read_simple_rnn, MASKS_END, MASK_PLACE},
    {"LSTM", read_lstm, MASKS_END, MASK_PLACE},
    {"GRU", read_gru, MASKS_END, MASK_PLACE},
    {"RNN", read_rnn, MASKS_END, MASK_PLACE},
    {"Bidirectional", read_bidirectional, MASKS_END, MASK_PLACE},
    {0},
};
