/* SPDX-License-Identifier: MIT */
/* What layers share that work on the cells of sequences {steps, features} and pictures {rows, cols, channels}. */
#ifndef OPS_CELLS_H
#define OPS_CELLS_H

#include "graph/ir.h"
#include "graph/source.h"

#include <plait/resizing.h>

enum { CELLS_MAX_AXES = 2 };

/* Whether `shape` has `axes` axes of cells, all above 0; else notes it. */
bool cells_check(plait_graph *graph, struct node *node, plait_shape shape, size_t axes);

/* An option such as Keras's padding: a number for all ends, or for each axis a number or a pair. For a
 * sequence a number or a pair. `ends` keeps what it has if the option is missing. */
void cells_read_ends(struct source *source, const char *key, size_t axes, plait_ends *ends);

#endif
