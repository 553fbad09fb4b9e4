/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* setenv, SCHED_BATCH */
#include "cli/cli.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"devices", command_devices, "every OpenCL device, and which one is the default and why"},
    {"summary", command_summary, "the table that Keras's summary() prints"},
    {"plot", command_plot, "the picture that Keras's plot_model draws"},
    {"run", command_run, "the outputs of a model that Keras saved, for arrays in .npy files"},
    {"check", command_check, "every kernel against its reference, on this device"},
    {"tune", command_tune, "measure which kernels are the fastest for a model, and keep that for later"},
    {"bench", command_bench, "time a model, from inputs in host memory to outputs in host memory"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(FILE *file)
{
    fprintf(file, "usage: plait COMMAND [OPTIONS]\n\nMulti-branch neural networks, wholly on one OpenCL device.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].help);
    }
    fprintf(file, "\nplait COMMAND --help tells more; plait --version prints %d.%d.%d.\n", PLAIT_VERSION_MAJOR,
            PLAIT_VERSION_MINOR, PLAIT_VERSION_PATCH);
}

/* Says how the threads that PoCL is going to make are to run. Each keeps to a core of its own: else two of them share
 * one for the first tenth of a second, and a short program never sees more. And they are of Linux's batch class, which
 * they inherit from this thread: to wake one interrupts no core, 14 us on a virtual machine, since the thread that
 * waits for the model yields its own to it anyway. */
static void settle_threads(void)
{
    (void)setenv("POCL_AFFINITY", "1", 0);
#ifdef SCHED_BATCH
    if (sched_getscheduler(0) == SCHED_OTHER) {
        (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    }
#endif
}

int main(int argc, char **argv)
{
    settle_threads();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("plait %d.%d.%d\n", PLAIT_VERSION_MAJOR, PLAIT_VERSION_MINOR, PLAIT_VERSION_PATCH);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "plait: there is no command \"%s\"; plait --help lists them\n", argv[1]);
    return EXIT_USAGE;
}
