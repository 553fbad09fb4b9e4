/* SPDX-License-Identifier: MIT */
/* What layers of files do with masks, which say of each step of a sequence whether it counts. */
#ifndef OPS_MASKS_H
#define OPS_MASKS_H

#include "graph/source.h"

enum {
    PART_NAME_BYTES = 1024,
    MASKS_MOST_INPUTS = 64, /* that are merged, if one is masked: each takes several nodes */
};

/* A name for a part of a layer, for the length of a call. */
struct part_name {
    char text[PART_NAME_BYTES];
};

/* "layer/part". */
struct part_name masks_part(const struct source *source, const char *part);

/* "layer/part_1". */
struct part_name masks_numbered(const struct source *source, const char *part, size_t number);

/* A mask that says it for every channel of a step: {..., 1}. */
plait_node masks_of_channels(struct source *source, plait_node mask, size_t number);

/* False, with a note, if some of x are masked, and x are too many. */
bool masks_are_few(struct source *source, plait_nodes x);

/* Makes y, the sum of x or the like, carry the mask of steps that count in one of x: if all of x carry masks. */
void masks_join(struct source *source, plait_nodes x, plait_node y);

typedef plait_node merge_layers(plait_nodes x, const plait_layer_opts *opts);

/* Keras's Multiply of x: a step that does not count is a factor of 1 and, where it counts in none, becomes 0. */
plait_node masks_multiply(struct source *source, plait_nodes x, merge_layers *multiply);

/* Keras's Maximum or Minimum, which `merge` is for two of x: a step that counts in one of both is that one's. */
plait_node masks_choose(struct source *source, plait_nodes x, merge_layers *merge);

#endif
