/* SPDX-License-Identifier: MIT */
/* Golden files with changes: what must be refused, with its part and the reason, and what may be read. */
#ifndef SUPPORT_KERAS_CHANGE_H
#define SUPPORT_KERAS_CHANGE_H

#include "keras_file.h"

#include <plait/status.h>

/* Loads a file into a graph of its own, and frees both. */
plait_status keras_try(const char *path);

/* Checks that a file of this config, and the weights of a golden file, is refused; or read, if
 * PLAIT_OK is wanted. */
void check_config(const char *config, const char *weights_of, plait_status wanted, const char *part);

/* A golden file's config with one change. */
struct change {
    const char *old;
    const char *new;
    plait_status status;
    const char *part; /* of the message */
};

void check_changes(const char *file, const struct change *changes, size_t count);

#define CHECK_CHANGES(file, changes) check_changes((file), (changes), sizeof(changes) / sizeof *(changes))

#endif
