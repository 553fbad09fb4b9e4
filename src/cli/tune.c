/* SPDX-License-Identifier: MIT */
/* plait tune: which kernels are the fastest, measured and kept; and what is kept. */
#include "cli/cli.h"
#include "cli/subject.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: plait tune MODEL [OPTIONS]\n"
    "       plait tune --list | --delete [--device TEXT] | --export FILE | --import FILE\n\n"
    "Measures the kernels that can compute each step of MODEL on the device, the costliest steps first, and keeps\n"
    "the fastest whose values are right in a cache, where every later model finds it. Steps that were measured\n"
    "before are not measured again, so a tuning that ran out of time goes on where it ended. MODEL is a file that\n"
    "Keras saved, or one of those that plait bench knows.\n\n"
    "  --batch B         samples a run (default 1)\n"
    "  --seconds S       time to spend (default 60)\n"
    "  --again           measure anew what was measured before, too\n"
    "  --device TEXT     device number, or a part of its or its platform's name\n"
    "  --accuracy A      fast or strict (default: fast)\n\n"
    "  --list            print all results in the cache, of all devices\n"
    "  --delete          delete them, or with --device those of that device\n"
    "  --export FILE     write them to FILE\n"
    "  --import FILE     take in what was exported, perhaps elsewhere\n\n"
    "The cache is plait/cache.sqlite in the folder XDG_CACHE_HOME, or in ~/.cache.\n";

struct options {
    const char *model;
    const char *device;
    const char *file; /* to export to or import from */
    plait_accuracy accuracy;
    size_t batch;
    size_t seconds;
    int again;
    int job; /* key of the option that names it; 0: tune */
};

static void show_progress(void *user, size_t done, size_t total)
{
    (void)user;
    progress_show("steps measured", done, total);
}

/* "12x32x64" */
static void format_shape(plait_shape shape, char *text, size_t bytes)
{
    size_t length = 0;

    text[0] = 0;
    for (size_t i = 0; i < shape.rank && length < bytes; i++) {
        length += (size_t)snprintf(text + length, bytes - length, "%s%zu", i ? "x" : "", shape.dims[i]);
    }
}

static void print_result(void *user, const plait_tuned *it)
{
    size_t *rows = user;
    char shape[64];

    progress_show(NULL, 0, 0);
    if ((*rows)++ == 0) {
        printf("%-24s %-20s %-14s %-14s %10s %-14s %10s\n", "layer", "operator", "output", "fastest", "ms", "usual",
               "ms");
    }
    format_shape(it->output, shape, sizeof shape);
    printf("%-24s %-20s %-14s %-14s %10.3f %-14s ", it->layer, it->kind, shape, it->variant, it->seconds * 1e3,
           it->usual);
    if (it->usual_seconds > 0) {
        printf("%10.3f", it->usual_seconds * 1e3);
    } else {
        printf("%10s", "-");
    }
    printf("%s%s\n", it->wrong[0] ? "  WRONG: " : "", it->wrong);
    (void)fflush(stdout);
}

static int print_report(const struct options *options, const plait_tune_report *report)
{
    printf("%zu measured, %zu known before", report->measured, report->known);
    if (report->left > 0) {
        printf(", %zu left: %zu s were not enough, or a step does not fit in memory; run again to go on", report->left,
               options->seconds);
    }
    printf("\n");
    if (report->wrong > 0) {
        fprintf(stderr, "plait tune: kernels are wrong for %zu steps; please report the table and plait devices\n",
                report->wrong);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static int tune(const struct options *options)
{
    size_t rows = 0;
    const plait_model_opts opts = {.batch = options->batch, .accuracy = options->accuracy};
    const plait_tune_opts tune_opts = {.seconds = (double)options->seconds,
                                       .again = options->again,
                                       .progress = show_progress,
                                       .result = print_result,
                                       .user = &rows};
    plait_tune_report report = {0};
    plait_context *context = NULL;
    struct subject subject;

    plait_status status = subject_open(options->model, &subject);
    if (status == PLAIT_OK) {
        status = plait_context_create(options->device, &(plait_context_opts){.awake = 1, .keep_programs = 1}, &context);
    }
    if (status == PLAIT_OK) {
        status = plait_tune(context, subject.inputs, subject.outputs, &opts, &tune_opts, &report);
    }
    progress_show(NULL, 0, 0);
    const int code = status == PLAIT_OK ? print_report(options, &report) : fail("tune", status);
    plait_context_free(context);
    subject_free(&subject);
    return code;
}

/* ---- What is kept ----------------------------------------------------------------------------------- */

/* What was printed so far, and the device of the newest line. */
struct listing {
    size_t count;
    char *device;
};

static void print_kept(void *user, const plait_tuning *it)
{
    struct listing *listing = user;

    if (!listing->device || strcmp(listing->device, it->device) != 0) {
        const size_t bytes = strlen(it->device) + 1;
        free(listing->device);
        listing->device = malloc(bytes);
        if (listing->device) {
            memcpy(listing->device, it->device, bytes);
        }
        printf("%s%s\n", listing->count ? "\n" : "", it->device);
    }
    listing->count++;
    printf("%12.3f ms  %-14s %s\n", it->seconds * 1e3, it->variant, it->step);
}

static int list(void)
{
    struct listing listing = {0};
    const plait_status status = plait_tunings_visit(NULL, print_kept, &listing);

    free(listing.device);
    if (status == PLAIT_OK && listing.count == 0) {
        printf("nothing was measured yet\n");
    }
    return status == PLAIT_OK ? EXIT_DONE : fail("tune", status);
}

static int delete_kept(const char *device)
{
    plait_context *context = NULL;
    plait_status status = device ? plait_context_create(device, NULL, &context) : PLAIT_OK;

    if (status == PLAIT_OK) {
        status = plait_tunings_delete(NULL, context);
    }
    plait_context_free(context);
    return status == PLAIT_OK ? EXIT_DONE : fail("tune", status);
}

static int import_kept(const char *file)
{
    size_t count = 0;
    const plait_status status = plait_tunings_import(NULL, file, &count);

    if (status == PLAIT_OK) {
        printf("%zu results taken in\n", count);
    }
    return status == PLAIT_OK ? EXIT_DONE : fail("tune", status);
}

static int do_job(const struct options *options)
{
    switch (options->job) {
    case 'l':
        return list();
    case 'x':
        return delete_kept(options->device);
    case 'i':
        return import_kept(options->file);
    case 'e': {
        const plait_status status = plait_tunings_export(NULL, options->file);
        return status == PLAIT_OK ? EXIT_DONE : fail("tune", status);
    }
    default:
        return tune(options);
    }
}

int command_tune(int argc, char **argv)
{
    static const struct option known[] = {
        {"batch", required_argument, NULL, 'b'},
        {"seconds", required_argument, NULL, 's'},
        {"again", no_argument, NULL, 'n'},
        {"device", required_argument, NULL, 'd'},
        {"accuracy", required_argument, NULL, 'a'},
        {"list", no_argument, NULL, 'l'},
        {"delete", no_argument, NULL, 'x'},
        {"export", required_argument, NULL, 'e'},
        {"import", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {.batch = 1, .seconds = 60};
    int right = 1;

    for (int key; (key = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (key) {
        case 'b':
            options.batch = parse_count(optarg);
            break;
        case 's':
            options.seconds = parse_count(optarg);
            break;
        case 'n':
            options.again = 1;
            break;
        case 'd':
            options.device = optarg;
            break;
        case 'a':
            right = parse_accuracy(optarg, &options.accuracy) && right;
            break;
        case 'l':
        case 'x':
        case 'e':
        case 'i':
            right = !options.job && right; /* one at a time */
            options.job = key;
            options.file = optarg;
            break;
        default:
            fputs(help, key == 'h' ? stdout : stderr);
            return key == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (!right || optind + !options.job != argc || options.batch == 0 || options.seconds == 0) {
        return misuse("tune", help,
                      "one MODEL is needed, or one of --list, --delete, --export and --import; --batch and --seconds "
                      "of at least 1, and --accuracy fast or strict");
    }
    options.model = argv[optind];
    return do_job(&options);
}
