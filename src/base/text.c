/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    va_list again;

    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (text->status == PLAIT_OK && length > 0) {
        text->status = mem_grow(&text->data, &text->capacity, text->length + (size_t)length + 1, 1);
    }
    if (text->status == PLAIT_OK && length > 0) {
        (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

void text_free(struct text *text)
{
    mem_free(text->data);
    *text = (struct text){0};
}

plait_status text_deliver(const struct text *text, char *out, size_t bytes, size_t *length)
{
    if (text->status != PLAIT_OK) {
        return text->status;
    }
    if (length) {
        *length = text->length;
    }
    if (!out && bytes == 0) {
        return PLAIT_OK;
    }
    if (!out || bytes == 0) {
        return error_set(PLAIT_ERR_INVALID, "text: %s", out ? "room for 0 bytes" : "NULL with room for bytes");
    }
    const size_t fits = text->length < bytes ? text->length : bytes - 1;
    memcpy(out, text_string(text), fits);
    out[fits] = 0;
    if (fits < text->length) {
        return error_set(PLAIT_ERR_INVALID, "text: %zu bytes are needed, there is room for %zu", text->length + 1,
                         bytes);
    }
    return PLAIT_OK;
}
