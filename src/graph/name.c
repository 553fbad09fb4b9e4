/* SPDX-License-Identifier: MIT */
#include "graph/name.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Keras's to_snake_case: an underscore before a capital that a small letter follows, and between a small
 * letter and a capital; then all small. */
static bool starts_word(const char *text, size_t i)
{
    return i > 0 && is_upper(text[i]) && (is_lower(text[i + 1]) || is_lower(text[i - 1]));
}

void name_number(const char *class_name, size_t number, char out[NAME_BYTES])
{
    size_t used = 0;

    for (size_t i = 0; class_name[i] && used < NAME_BYTES - 24; i++) {
        if (starts_word(class_name, i)) {
            out[used++] = '_';
        }
        out[used++] = is_upper(class_name[i]) ? (char)(class_name[i] - 'A' + 'a') : class_name[i];
    }
    out[used] = 0;
    if (number > 0) {
        (void)snprintf(out + used, NAME_BYTES - used, "_%zu", number);
    }
}
