/* SPDX-License-Identifier: MIT */
/* Model files for the loader's tests: those of tests/golden/data/keras, and such with changes. */
#ifndef SUPPORT_KERAS_FILE_H
#define SUPPORT_KERAS_FILE_H

#include "check.h"

/* The path of a golden model file, in scratch memory. */
const char *keras_path(const char *file);

/* The config of a golden .keras file, in scratch memory. */
const char *keras_config(const char *file);

/* `text` with the first `old` in it replaced, in scratch memory; fails if there is none. */
const char *keras_replace(const char *text, const char *old, const char *new);

/* Writes an archive of this config and the weights of a golden .keras file; without a member that is NULL.
 * What zip does to the text is deflate. */
void keras_write(const char *path, const char *config, const char *weights_of);

#endif
