/* SPDX-License-Identifier: MIT */
/* plait summary and plait plot: a model as a table and as a picture. Neither needs a device. */
#define _DEFAULT_SOURCE /* posix_spawnp, fileno, TIOCGWINSZ */
#include "cli/cli.h"
#include "cli/model_file.h"

#include <errno.h>
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char summary_help[] =
    "usage: plait summary MODEL.keras [OPTIONS]\n\n"
    "Prints the table that Keras's summary() prints.\n\n"
    "  --expand-nested         also the layers of inner models, under them\n"
    "  --show-trainable        a column that says which layers are trained\n"
    "  --columns N             width of the table (default: Keras's own, or what the terminal has room for)\n"
    "  --shape [NAME=]D,D,...  size of an input, without the batch, where the file leaves it open\n";

static const char plot_help[] =
    "usage: plait plot MODEL.keras -o FILE.svg|FILE.png|FILE.dot [OPTIONS]\n\n"
    "Draws the picture that Keras's plot_model draws, with shapes and names. Pictures other than .dot are\n"
    "drawn by Graphviz's program dot, which must be installed.\n\n"
    "  -o, --output FILE       where to; its ending says in which form\n"
    "  --shape [NAME=]D,D,...  size of an input, without the batch, where the file leaves it open\n";

enum { MAX_SIZES = 64 };

struct options {
    const char *command;
    const char *help;
    const char *model;
    const char *output;
    size_t columns;
    int expand_nested;
    int show_trainable;
    plait_keras_size sizes[MAX_SIZES];
    size_t size_count;
};

extern char **environ;

/* Reads the options; EXIT_DONE with *stop set for --help. */
static int parse(int argc, char **argv, struct options *options, int *stop)
{
    static const struct option known[] = {
        {"output", required_argument, NULL, 'o'},
        {"columns", required_argument, NULL, 'c'},
        {"line-length", required_argument, NULL, 'c'},
        {"expand-nested", no_argument, NULL, 'e'},
        {"show-trainable", no_argument, NULL, 't'},
        {"shape", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int right = 1;

    for (int key; (key = getopt_long(argc, argv, "o:h", known, NULL)) != -1 && right;) {
        switch (key) {
        case 'o':
            options->output = optarg;
            break;
        case 'c':
            options->columns = parse_count(optarg);
            right = options->columns > 0;
            break;
        case 'e':
            options->expand_nested = 1;
            break;
        case 't':
            options->show_trainable = 1;
            break;
        case 's':
            right = options->size_count < MAX_SIZES && parse_size(optarg, &options->sizes[options->size_count++]);
            break;
        default:
            fputs(options->help, key == 'h' ? stdout : stderr);
            *stop = 1;
            return key == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (!right || optind + 1 != argc) {
        return misuse(options->command, options->help, "one MODEL is needed, and options as below, of sizes above 0");
    }
    options->model = argv[optind];
    return EXIT_DONE;
}

/* A text of the library, by the function that makes it: asked for its length, then for itself. */
typedef plait_status text_maker(const struct model_file *file, const struct options *options, char *text, size_t bytes,
                                size_t *length);

/* What the terminal has room for, 4 left free as in Keras: by COLUMNS, or as it says itself; 0: it is none. */
static size_t most_columns(void)
{
    const char *text = getenv("COLUMNS");
    size_t columns = text ? parse_count(text) : 0;
    struct winsize size;

    if (columns == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        columns = size.ws_col;
    }
    return columns > 4 ? columns - 4 : columns;
}

static plait_status make_summary(const struct model_file *file, const struct options *options, char *text, size_t bytes,
                                 size_t *length)
{
    const plait_summary_opts opts = {
        .columns = options->columns,
        .expand_nested = options->expand_nested,
        .show_trainable = options->show_trainable,
        .most_columns = most_columns(),
    };

    return plait_keras_summary(file->keras, &opts, text, bytes, length);
}

static plait_status make_dot(const struct model_file *file, const struct options *options, char *text, size_t bytes,
                             size_t *length)
{
    (void)options;
    return plait_keras_dot(file->keras, text, bytes, length);
}

/* NULL after a failure, which has been printed; else to be freed. */
static char *make_text(const struct options *options, text_maker *maker)
{
    struct model_file file;
    size_t length = 0;
    char *text = NULL;

    plait_status status = model_file_open(options->model, options->sizes, options->size_count, &file);
    if (status == PLAIT_OK) {
        status = maker(&file, options, NULL, 0, &length);
    }
    if (status == PLAIT_OK) {
        text = malloc(length + 1);
        status = text ? maker(&file, options, text, length + 1, NULL) : PLAIT_ERR_HOST_MEMORY;
    }
    if (status != PLAIT_OK) {
        (void)fail(options->command, status);
        free(text);
        text = NULL;
    }
    model_file_free(&file);
    return text;
}

int command_summary(int argc, char **argv)
{
    struct options options = {.command = "summary", .help = summary_help};
    int stop = 0;

    const int code = parse(argc, argv, &options, &stop);
    if (code != EXIT_DONE || stop) {
        return code;
    }
    char *text = make_text(&options, make_summary);
    if (!text) {
        return EXIT_FAILED;
    }
    fputs(text, stdout);
    free(text);
    return EXIT_DONE;
}

/* The ending of a file name, without the dot; "" if there is none. */
static const char *ending(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : "";
}

static int write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        fprintf(stderr, "plait plot: %s cannot be written: %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

/* Starts Graphviz's dot, which reads from `input`; 0 if it cannot be started. */
static pid_t start_dot(const char *form, const char *path, int input)
{
    char type[16];
    char *args[] = {"dot", type, "-o", (char *)path, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;

    (void)snprintf(type, sizeof type, "-T%s", form);
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return 0;
    }
    (void)posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (posix_spawnp(&child, "dot", &actions, NULL, args, environ) != 0) {
        child = 0;
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return child;
}

/* The DOT text goes by way of a file without a name: a pipe would block on a large graph. */
static int draw(const char *path, const char *text)
{
    FILE *source = tmpfile();
    int state = 1;

    if (!source || fputs(text, source) < 0 || fflush(source) != 0 || fseek(source, 0, SEEK_SET) != 0) {
        fprintf(stderr, "plait plot: no temporary file can be written\n");
        return EXIT_FAILED;
    }
    const pid_t child = start_dot(ending(path), path, fileno(source));
    if (child == 0) {
        fprintf(stderr, "plait plot: Graphviz's program dot is needed for .%s (Debian: graphviz); .dot works without\n",
                ending(path));
    } else if (waitpid(child, &state, 0) == child && state != 0) {
        fprintf(stderr, "plait plot: Graphviz's program dot could not write %s\n", path);
    }
    (void)fclose(source);
    return state == 0 ? EXIT_DONE : EXIT_FAILED;
}

int command_plot(int argc, char **argv)
{
    struct options options = {.command = "plot", .help = plot_help};
    int stop = 0;

    int code = parse(argc, argv, &options, &stop);
    if (code != EXIT_DONE || stop) {
        return code;
    }
    const char *form = options.output ? ending(options.output) : "";
    if (strcmp(form, "svg") != 0 && strcmp(form, "png") != 0 && strcmp(form, "dot") != 0) {
        return misuse("plot", plot_help, "-o FILE is needed, ending in .svg, .png or .dot");
    }
    char *text = make_text(&options, make_dot);
    if (!text) {
        return EXIT_FAILED;
    }
    code = strcmp(form, "dot") == 0 ? write_text(options.output, text) : draw(options.output, text);
    free(text);
    return code;
}
