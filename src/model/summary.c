/* SPDX-License-Identifier: MIT */
/* The table that Keras's Model.summary() prints.
 *
 * Reproduces keras/src/utils/summary_utils.py, and what the package `rich`, which draws the table, does:
 *   - Columns end at fixed parts of the line's length. What the borders and the spaces beside them need,
 *     rich takes from all columns evenly, and the odd character from the last but one.
 *   - Text is broken at spaces, as many words to a line as fit. A word that is longer than its column has
 *     a line of its own, on which it is cut and ends with an ellipsis.
 * Unlike rich, every character counts one column, wide ones too; and since names may come from a file,
 * control characters and bytes that are not UTF-8 are replaced. */
#include "model/model.h"

#include <math.h>
#include <string.h>

enum {
    MAX_COLUMNS = 5,
    TRAINABLE_WIDTH = 12, /* more, with a column "Trainable" */
    MIN_PART = 4,         /* of the width for a column: Keras refuses to draw a table with less */
    MAX_WIDTH = 10000,
};

enum side { LEFT, RIGHT, CENTER };

struct column {
    const char *title;
    double end; /* as a part of the table's width */
    enum side side;
    void (*add)(struct text *text, const struct layer_row *row); /* what its cells say */
};

struct form {
    size_t width; /* unless another is asked for */
    size_t count;
    struct column columns[MAX_COLUMNS];
};

/* Bytes of the character at `text`; 0 if it is a control character, 0, or no UTF-8. */
static size_t character_bytes(const char *text)
{
    static const uint32_t least[] = {0, 0x20, 0xA0, 0x800, 0x10000}; /* that is printed, by bytes */
    const unsigned char *s = (const unsigned char *)text;
    const size_t bytes = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    uint32_t code = bytes == 1 ? s[0] : s[0] & (0x7Fu >> bytes);

    for (size_t i = 1; i < bytes; i++) {
        if (s[i] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3Fu);
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    return bytes == 0 || code < least[bytes] || code == 0x7F || surrogate || code > 0x10FFFF ? 0 : bytes;
}

/* Adds a string that may hold anything as printable UTF-8. */
static void add_printable(struct text *text, const char *string)
{
    for (;; string++) {
        size_t sound = 0;
        for (size_t bytes; (bytes = character_bytes(string + sound)) > 0;) {
            sound += bytes;
        }
        text_add(text, "%.*s", (int)sound, string);
        string += sound;
        if (*string == 0) {
            return;
        }
        text_add(text, "\uFFFD");
    }
}

static void add_shape(struct text *text, plait_shape shape)
{
    text_add(text, "(None");
    for (size_t i = 0; i < shape.rank; i++) {
        text_add(text, ", %zu", shape.dims[i]);
    }
    text_add(text, ")");
}

/* Those of several outputs as a list. */
static void add_shapes(struct text *text, const struct layer_row *row)
{
    text_add(text, row->shape_count > 1 ? "[" : "");
    for (size_t i = 0; i < row->shape_count; i++) {
        text_add(text, i ? ", " : "");
        add_shape(text, row->shapes[i]);
    }
    text_add(text, row->shape_count > 1 ? "]" : "");
}

/* Adds a number with commas: 1,234,567. */
static void add_number(struct text *text, size_t number)
{
    if (number >= 1000) {
        add_number(text, number / 1000);
        text_add(text, ",%03zu", number % 1000);
    } else {
        text_add(text, "%zu", number);
    }
}

static void add_name(struct text *text, const struct layer_row *row)
{
    if (row->level > 0) {
        text_add(text, "%*s└ ", (int)(3 * row->level), "");
    }
    add_printable(text, row->name);
    text_add(text, " (");
    add_printable(text, row->class_name);
    text_add(text, ")");
}

static void add_params(struct text *text, const struct layer_row *row)
{
    add_number(text, row->params);
}

/* Keras: calls inside other models do not count. */
static void add_connected(struct text *text, const struct layer_row *row)
{
    add_printable(text, row->level == 0 ? row->connected : "-");
}

static void add_trainable(struct text *text, const struct layer_row *row)
{
    text_add(text, "%s", row->params == 0 ? "-" : row->frozen ? "N" : "Y");
}

/* For a chain of layers, */
static const struct form chain_form = {
    .width = 88,
    .count = 3,
    .columns = {{"Layer (type)", 0.45, LEFT, add_name},
                {"Output Shape", 0.80, LEFT, add_shapes},
                {"Param #", 1, RIGHT, add_params}},
};

/* and for any other graph. */
static const struct form graph_form = {
    .width = 108,
    .count = 4,
    .columns = {{"Layer (type)", 0.30, LEFT, add_name},
                {"Output Shape", 0.56, LEFT, add_shapes},
                {"Param #", 0.74, RIGHT, add_params},
                {"Connected to", 1, LEFT, add_connected}},
};

struct table {
    struct form form;
    size_t widths[MAX_COLUMNS]; /* of the text in each column, in characters; may be 0 */
    struct text *out;
};

/* A text in a cell that is shown line by line. */
struct cell {
    const char *rest; /* what is not shown yet */
    size_t lines;
};

/* Whether each of the model's own layers is called once, on the one before alone. */
static bool is_chain(const struct layer_row *rows, size_t count)
{
    for (size_t i = 0, last = 0; i < count; i++) {
        const struct layer_row *row = &rows[i];
        if (row->level > 0) {
            continue;
        }
        if (i > 0 && (row->input_count != 1 || row->inputs[0] != last)) {
            return false;
        }
        last = i;
    }
    return true;
}

static struct form choose_form(const struct layer_row *rows, size_t count, const plait_summary_opts *opts)
{
    struct form form = is_chain(rows, count) ? chain_form : graph_form;

    if (opts->show_trainable) {
        for (size_t i = 0; i < form.count; i++) {
            form.columns[i].end *= 0.90;
        }
        form.columns[form.count++] = (struct column){"Trainable", 1, CENTER, add_trainable};
        form.width += TRAINABLE_WIDTH;
    }
    return form;
}

/* Sets the widths of columns in a table of `width`; false if one is too narrow. */
static bool divide(struct table *table, size_t width)
{
    const size_t count = table->form.count;
    size_t begin = 0;

    for (size_t i = 0; i < count; i++) {
        const size_t end = (size_t)(table->form.columns[i].end * (double)width);
        if (end < begin + MIN_PART) {
            return false;
        }
        table->widths[i] = end - begin - (i + 2 == count ? 4 : 3);
        begin = end;
    }
    return true;
}

/* Characters of sound UTF-8 from `begin` to `end`. */
static size_t count_characters(const char *begin, const char *end)
{
    size_t count = 0;

    for (; begin < end; begin++) {
        count += (*begin & 0xC0) != 0x80;
    }
    return count;
}

static const char *word_end(const char *text)
{
    text += strspn(text, " ");
    return text + strcspn(text, " ");
}

/* Takes a line of at most `width` characters, or of one longer word, off *rest; returns where it ends. */
static const char *take_line(const char **rest, size_t width)
{
    const char *begin = *rest;
    const char *end = word_end(begin);

    while (*end && count_characters(begin, word_end(end)) <= width) {
        end = word_end(end);
    }
    *rest = end + strspn(end, " ");
    return end;
}

static size_t count_lines(const char *text, size_t width)
{
    size_t lines = 0;

    for (; *text; lines++) {
        (void)take_line(&text, width);
    }
    return lines;
}

/* Bytes of the first `count` characters. */
static size_t head_bytes(const char *text, size_t count)
{
    size_t bytes = 0;

    for (; count > 0; count--) {
        bytes += character_bytes(text + bytes);
    }
    return bytes;
}

/* Adds a line of a cell, filled or cut to the width. */
static void add_line(struct text *out, const char *begin, const char *end, size_t width, enum side side)
{
    const size_t length = count_characters(begin, end);

    if (length > width) {
        text_add(out, " %.*s… ", (int)head_bytes(begin, width - 1), begin);
        return;
    }
    const int space = (int)(width - length);
    const int before = side == LEFT ? 0 : side == RIGHT ? space : space / 2;
    text_add(out, " %*s%.*s%*s ", before, "", (int)(end - begin), begin, space - before, "");
}

/* Adds a row of texts, with `bar` beside each, at the top of their cells or at the bottom. */
static void add_row(const struct table *table, const char *bar, bool bottom, const char *const *texts)
{
    const size_t count = table->form.count;
    struct cell cells[MAX_COLUMNS];
    size_t height = 0;

    for (size_t i = 0; i < count; i++) {
        const char *text = table->widths[i] > 0 ? texts[i] : "";
        cells[i] = (struct cell){text, count_lines(text, table->widths[i])};
        height = cells[i].lines > height ? cells[i].lines : height;
    }
    for (size_t line = 0; line < height; line++) {
        for (size_t i = 0; i < count; i++) {
            const bool above = bottom && line + cells[i].lines < height;
            const char *begin = cells[i].rest;
            const char *end = above ? begin : take_line(&cells[i].rest, table->widths[i]);
            text_add(table->out, "%s", bar);
            add_line(table->out, begin, end, table->widths[i], table->form.columns[i].side);
        }
        text_add(table->out, "%s\n", bar);
    }
}

/* Adds a line across the table of the parts left, dash, cross, right. */
static void add_rule(const struct table *table, const char *const parts[4])
{
    for (size_t i = 0; i < table->form.count; i++) {
        text_add(table->out, "%s", parts[i == 0 ? 0 : 2]);
        for (size_t k = 0; k < table->widths[i] + 2; k++) {
            text_add(table->out, "%s", parts[1]);
        }
    }
    text_add(table->out, "%s\n", parts[3]);
}

static void add_header(const struct table *table)
{
    const char *titles[MAX_COLUMNS] = {0};

    for (size_t i = 0; i < table->form.count; i++) {
        titles[i] = table->form.columns[i].title;
    }
    add_rule(table, (const char *const[]){"┏", "━", "┳", "┓"});
    add_row(table, "┃", true, titles);
    add_rule(table, (const char *const[]){"┡", "━", "╇", "┩"});
}

static plait_status add_layer(const struct table *table, const struct layer_row *row)
{
    plait_status status = PLAIT_OK;
    struct text cells[MAX_COLUMNS] = {0};
    const char *texts[MAX_COLUMNS];

    for (size_t i = 0; i < table->form.count; i++) {
        table->form.columns[i].add(&cells[i], row);
        TRY(cells[i].status);
        texts[i] = text_string(&cells[i]);
    }
    add_row(table, "│", false, texts);
out:
    for (size_t i = 0; i < MAX_COLUMNS; i++) {
        text_free(&cells[i]);
    }
    return status;
}

/* Adds a line under the table: " Total params: 11,940 (46.64 KB)". */
static void add_total(struct text *out, const char *what, size_t numbers, size_t whole)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    double size = (double)numbers * sizeof(float) + (double)whole * (sizeof(int64_t) - sizeof(float));
    size_t unit = 0;

    while (size >= 1024 && unit < sizeof units / sizeof *units - 1) {
        size /= 1024;
        unit++;
    }
    const long long hundredths = llrint(size * 100); /* "%f" would write the comma of the user's language */
    text_add(out, " %s: ", what);
    add_number(out, numbers);
    text_add(out, " (%lld.%02lld %s)\n", hundredths / 100, hundredths % 100, units[unit]);
}

/* The width that was asked for, or else the form's own, as far as there is room. */
static size_t choose_width(const struct form *form, const plait_summary_opts *opts)
{
    const bool has_room = opts->most_columns == 0 || form->width <= opts->most_columns;
    const size_t own = has_room ? form->width : opts->most_columns;
    const size_t width = opts->columns > 0 ? opts->columns : own;

    return width < MAX_WIDTH ? width : MAX_WIDTH;
}

plait_status rows_summary(const struct layer_row *rows, size_t count, const plait_summary_opts *opts, struct text *out)
{
    plait_status status = PLAIT_OK;
    struct table table = {.form = choose_form(rows, count, opts), .out = out};
    size_t width = choose_width(&table.form, opts);
    size_t params = 0;
    size_t frozen = 0;
    size_t whole = 0;

    while (!divide(&table, width)) {
        width++;
    }
    text_add(out, "Model: \"");
    add_printable(out, opts->title ? opts->title : "functional"); /* Keras's name for one without */
    text_add(out, "\"\n");
    add_header(&table);
    const size_t first = opts->hide_input && count > 1 ? 1 : 0;
    for (size_t i = first; i < count; i++) {
        if (rows[i].level > 0 && !opts->expand_nested) {
            continue;
        }
        if (i > first) {
            add_rule(&table, (const char *const[]){"├", "─", "┼", "┤"});
        }
        TRY(add_layer(&table, &rows[i]));
        params += rows[i].level == 0 ? rows[i].params : 0;
        frozen += rows[i].level == 0 ? rows[i].frozen_params : 0;
        whole += rows[i].level == 0 ? rows[i].whole_params : 0;
    }
    add_rule(&table, (const char *const[]){"└", "─", "┴", "┘"});
    add_total(out, "Total params", params, whole);
    add_total(out, "Trainable params", params - frozen, 0);
    add_total(out, "Non-trainable params", frozen, whole);
    status = out->status;
out:
    return status;
}

plait_status plait_model_summary(const plait_model *model, size_t columns, char *text, size_t bytes, size_t *length)
{
    plait_status status = PLAIT_OK;
    const plait_summary_opts opts = {.columns = columns};
    struct text summary = {0};

    if (!model) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_summary: model is NULL");
    }
    TRY(rows_summary(model->rows, model->row_count, &opts, &summary));
    status = text_deliver(&summary, text, bytes, length);
out:
    text_free(&summary);
    return status;
}

plait_status plait_graph_summary(plait_nodes inputs, plait_nodes outputs, const plait_summary_opts *opts, char *text,
                                 size_t bytes, size_t *length)
{
    static const plait_summary_opts defaults = {0};
    plait_status status = PLAIT_OK;
    struct layer_row *rows = NULL;
    struct text summary = {0};
    size_t count = 0;

    TRY(rows_of_graph(inputs, outputs, &rows, &count));
    TRY(rows_summary(rows, count, opts ? opts : &defaults, &summary));
    status = text_deliver(&summary, text, bytes, length);
out:
    rows_free(rows, count);
    text_free(&summary);
    return status;
}
