/* SPDX-License-Identifier: MIT */
/* A string that grows. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/error.h"

#include <stddef.h>

/* All zero is an empty text. After a failure to grow, `status` stays set and further additions do
 * nothing, so a caller may add many parts and look once. */
struct text {
    char *data; /* ends with 0; NULL while empty */
    size_t length;
    size_t capacity;
    plait_status status;
};

void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text as a string, "" while empty; belongs to `text`. */
const char *text_string(const struct text *text);

void text_free(struct text *text);

/* Copies a text to a caller's array as plait_model_summary promises. */
plait_status text_deliver(const struct text *text, char *out, size_t bytes, size_t *length);

#endif
