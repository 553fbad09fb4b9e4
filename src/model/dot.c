/* SPDX-License-Identifier: MIT */
/* A graph in Graphviz's DOT language, drawn like Keras's plot_model with shapes and names: a black row with the
 * layer's name and class, under it white cells with its shapes (keras/src/utils/model_visualization.py). */
#include "base/memory.h"
#include "model/model.h"

static void add_escaped(struct text *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        default:
            text_add(out, "%c", *text);
        }
    }
}

/* "(None, 8, 8, 4)" */
static void add_shape(struct text *out, plait_shape shape)
{
    text_add(out, "(None");
    for (size_t i = 0; i < shape.rank; i++) {
        text_add(out, ", %zu", shape.dims[i]);
    }
    text_add(out, shape.rank ? ")" : ",)");
}

/* A cell of shapes; several are a list. */
static void add_cell(struct text *out, const char *what, int columns, const plait_shape *shapes, size_t count)
{
    text_add(out, "<td colspan=\"%d\" bgcolor=\"white\"><font point-size=\"14\">%s: <b>%s", columns, what,
             count > 1 ? "[" : "");
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? ", " : "");
        add_shape(out, shapes[i]);
    }
    text_add(out, "%s</b></font></td>", count > 1 ? "]" : "");
}

static void add_node(struct text *out, const struct layer_row *row, size_t index)
{
    const bool has_inputs = row->input_shape_count > 0;

    text_add(out,
             "n%zu [label=<<table border=\"0\" cellborder=\"1\" bgcolor=\"black\" cellpadding=\"10\"><tr>"
             "<td colspan=\"2\" bgcolor=\"black\"><font point-size=\"16\" color=\"white\"><b>",
             index);
    add_escaped(out, row->name);
    text_add(out, "</b> (");
    add_escaped(out, row->class_name);
    text_add(out, ")</font></td></tr><tr>");
    if (has_inputs) {
        add_cell(out, "Input shape", 1, row->input_shapes, row->input_shape_count);
    }
    add_cell(out, "Output shape", has_inputs ? 1 : 2, row->shapes, row->shape_count);
    text_add(out, "</tr></table>>];\n");
}

/* One edge a pair of layers, however often one reads the other. */
static void add_edges(struct text *out, const struct layer_row *rows, size_t index)
{
    const struct layer_row *row = &rows[index];

    for (size_t i = 0; i < row->input_count; i++) {
        size_t before = 0;
        while (row->inputs[before] != row->inputs[i]) {
            before++;
        }
        if (before == i) {
            text_add(out, "n%zu -> n%zu;\n", row->inputs[i], index);
        }
    }
}

plait_status rows_dot(const struct layer_row *rows, size_t count, struct text *out)
{
    text_add(out, "digraph G {\nrankdir=TB; nodesep=0.5; ranksep=0.6;\n"
                  "node [shape=plain, fontname=Helvetica, margin=0];\nedge [penwidth=2];\n");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].level == 0) {
            add_node(out, &rows[i], i);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].level == 0) {
            add_edges(out, rows, i);
        }
    }
    text_add(out, "}\n");
    return out->status;
}

plait_status plait_graph_dot(plait_nodes inputs, plait_nodes outputs, char *text, size_t bytes, size_t *length)
{
    plait_status status = PLAIT_OK;
    struct layer_row *rows = NULL;
    struct text dot = {0};
    size_t count = 0;

    TRY(rows_of_graph(inputs, outputs, &rows, &count));
    TRY(rows_dot(rows, count, &dot));
    status = text_deliver(&dot, text, bytes, length);
out:
    rows_free(rows, count);
    text_free(&dot);
    return status;
}
