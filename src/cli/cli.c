/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fail(const char *command, plait_status status)
{
    const char *message = plait_error_message();

    if (status == PLAIT_ERR_HOST_MEMORY && !message[0]) { /* the command's own failure to get memory */
        message = "the host is out of memory";
    }
    progress_show(NULL, 0, 0);
    fprintf(stderr, "plait %s: ", command);
    for (; *message; message++) { /* names in a file must not steer the terminal */
        const unsigned char c = (unsigned char)*message;
        fputc((c < ' ' && c != '\n') || c == 0x7F ? '?' : c, stderr);
    }
    fputc('\n', stderr);
    return EXIT_FAILED;
}

int misuse(const char *command, const char *help, const char *what)
{
    fprintf(stderr, "plait %s: %s\n\n%s", command, what, help);
    return EXIT_USAGE;
}

size_t parse_count(const char *text)
{
    char *end = NULL;
    const unsigned long long value = strtoull(text, &end, 10);

    return end != text && *end == 0 && strspn(text, "0123456789") == strlen(text) && value < SIZE_MAX ? (size_t)value
                                                                                                      : 0;
}

int parse_accuracy(const char *text, plait_accuracy *accuracy)
{
    *accuracy = strcmp(text, "strict") == 0 ? PLAIT_STRICT : PLAIT_FAST;
    return strcmp(text, "strict") == 0 || strcmp(text, "fast") == 0;
}

char *split_name(char *text, const char **name)
{
    char *equals = strchr(text, '=');

    *name = NULL;
    if (!equals || memchr(text, '/', (size_t)(equals - text))) {
        return text;
    }
    *equals = 0;
    *name = text;
    return equals + 1;
}

size_t value_count(plait_shape shape)
{
    size_t count = 1;

    for (size_t i = 0; i < shape.rank; i++) {
        count *= shape.dims[i];
    }
    return count;
}
