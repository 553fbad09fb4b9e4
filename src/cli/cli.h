/* SPDX-License-Identifier: MIT */
/* The command `plait`: what its sub-commands share. They use the public headers alone. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <plait.h>

/* Exit codes: done, failed with one message on standard error, called wrongly. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Each sub-command gets its own name as argv[0]. */
int command_devices(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_check(int argc, char **argv);
int command_run(int argc, char **argv);
int command_summary(int argc, char **argv);
int command_plot(int argc, char **argv);
int command_tune(int argc, char **argv);

/* Shows what the command is at, on standard error if that is a terminal, and only from a second after the first
 * call on; `total` of 0: no share is known. NULL for `what` clears it. */
void progress_show(const char *what, size_t done, size_t total);

/* The same for plait_model_opts.progress. */
void progress_model(void *user, size_t done, size_t total);

/* Prints "plait <command>: <message of the library>" on standard error; EXIT_FAILED. */
int fail(const char *command, plait_status status);

/* Prints what is wrong with the command line, and how it is used, on standard error; EXIT_USAGE. */
int misuse(const char *command, const char *help, const char *what);

/* The number that `text` is, at least 1, or 0. */
size_t parse_count(const char *text);

/* Reads "fast" or "strict"; 0 if it is neither. */
int parse_accuracy(const char *text, plait_accuracy *accuracy);

/* Splits "NAME=REST" in place: sets *name, NULL if there is none, and returns REST. A path may hold '='. */
char *split_name(char *text, const char **name);

/* How many values a tensor of this shape has. */
size_t value_count(plait_shape shape);

#endif
