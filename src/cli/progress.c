/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, isatty */
#include "cli/cli.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void progress_show(const char *what, size_t done, size_t total)
{
    static double begin; /* a command has one thread */
    static int shown;

    if (!isatty(STDERR_FILENO)) {
        return;
    }
    begin = begin > 0 ? begin : now();
    if (!what) {
        fputs(shown ? "\r\033[K" : "", stderr);
        shown = 0;
    } else if (now() - begin > 1) {
        fprintf(stderr, "\r\033[K%s", what);
        if (total > 0) {
            fprintf(stderr, ": %zu of %zu", done, total);
        }
        shown = 1;
    }
    (void)fflush(stderr);
}

void progress_model(void *user, size_t done, size_t total)
{
    (void)user;
    progress_show("kernels and weights of steps", done, total);
}
