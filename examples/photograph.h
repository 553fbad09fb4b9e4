/* SPDX-License-Identifier: MIT */
/* What lesson 5 needs besides plait: pixels of a photograph, and names of classes. */
#ifndef EXAMPLES_PHOTOGRAPH_H
#define EXAMPLES_PHOTOGRAPH_H

#include <plait.h>

enum { PHOTOGRAPH_CHANNELS = 3 };

/* How a model wants its pixels. */
struct mode;

/* The mode that was asked for, or else, if that is NULL, the one of the longest family whose name begins the model's.
 */
const struct mode *photograph_mode(const char *asked, const char *model);

/* Reads a photograph, resizes it to the shape, {rows, cols, 3}, and scales its pixels. Freed with free. */
float *photograph_read(const char *path, const struct mode *mode, plait_shape shape);

/* Prints the likeliest classes with their names in a file, one a line, or, if that is NULL, their numbers; takes them
 * out of `probabilities`. */
void photograph_print(float *probabilities, size_t count, const char *names);

/* Says what is wrong, and ends the program. */
void stop(int code, const char *what, const char *which);

#endif
