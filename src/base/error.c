/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 4096 };

static _Thread_local char message[MESSAGE_BYTES];

/* Makes `text`, of MESSAGE_BYTES, the message. Built apart first: arguments may point into the old one. */
static void replace_message(const char *text)
{
    memcpy(message, text, MESSAGE_BYTES);
}

plait_status error_set(plait_status status, const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    replace_message(text);
    return status;
}

plait_status error_within(plait_status status, const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    const int written = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (written > 0 && (size_t)written < sizeof text) {
        const size_t room = sizeof text - (size_t)written;
        memcpy(text + written, message, room);
        text[sizeof text - 1] = 0;
    }
    replace_message(text);
    return status;
}

const char *plait_error_message(void)
{
    return message;
}

const char *plait_status_name(plait_status status)
{
    switch (status) {
#define NAME_CASE(name, value, meaning) \
    case PLAIT_##name:                  \
        return "PLAIT_" #name;
        PLAIT_STATUSES(NAME_CASE)
#undef NAME_CASE
    }
    return "PLAIT_?";
}

const char *plait_status_text(plait_status status)
{
    switch (status) {
#define TEXT_CASE(name, value, meaning) \
    case PLAIT_##name:                  \
        return meaning;
        PLAIT_STATUSES(TEXT_CASE)
#undef TEXT_CASE
    }
    return "not a status of plait";
}

unsigned plait_version(void)
{
    return PLAIT_VERSION_HEX;
}
