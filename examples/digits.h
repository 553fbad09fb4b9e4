/* SPDX-License-Identifier: MIT */
/* The two-branch model that classifies handwritten digits; tools/make_digits.py trained it with Keras. */
#ifndef EXAMPLES_DIGITS_H
#define EXAMPLES_DIGITS_H

#include "common.h"

enum { DIGITS_SIZE = 16, DIGITS_PIXELS = DIGITS_SIZE * DIGITS_SIZE, DIGITS_CLASSES = 10 };

/* Digits that the training did not see, and the probabilities that Keras gives them. */
struct digits {
    plait_array left;   /* {count, 16, 16, 1} */
    plait_array right;  /* the same digits' edges */
    plait_array labels; /* {count} */
    plait_array keras;  /* {count, 10} */
    size_t count;
};

/* Zeroed memory, to be given to free; ends the program where there is none. */
void *allocate(size_t count, size_t size);

/* Reads a NumPy file of the example's folder: digits_read("add_keras.npy"). Freed with plait_array_free. */
plait_array digits_read(const char *name);

/* The digits, with Keras's results for the model joined by `merge`. Freed with digits_free. */
struct digits digits_load(const char *merge);
void digits_free(struct digits *digits);

/* The model with its trained weights; `merge`, "add" or "concat", says how the branches are joined.
 * Inputs left and right {16, 16, 1}, output {10}, the probability of each class. */
plait_model *digits_model_create(plait_context *context, const char *merge);

#endif
