/* SPDX-License-Identifier: MIT */
/* Classifies 200 handwritten digits with a two-branch model that Keras trained, and compares with Keras.
 * digits_data.c reads the files, digits_model.c builds the model, this runs it and shows what came out. */
#include "digits.h"

#include <math.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: digits [--merge add|concat] [--device TEXT]\n"
    "\n"
    "  --merge add|concat   how the two branches are joined (default: concat)\n"
    "  --device TEXT        part of a device's name, or its number (default: the first GPU, else the CPU)\n";

enum { SHOWN = 5, RUNS = 5 };

struct options {
    const char *merge;
    const char *device; /* NULL: the default */
};

static struct options parse(int argc, char **argv)
{
    struct options options = {.merge = "concat"};

    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            printf("%s", usage);
            exit(EXIT_SUCCESS);
        }
        const char **value = strcmp(argv[i], "--merge") == 0    ? &options.merge
                             : strcmp(argv[i], "--device") == 0 ? &options.device
                                                                : NULL;
        if (!value || i + 1 == argc) {
            const char *wrong = value ? "no value after" : "unknown option";
            fprintf(stderr, "digits: %s \"%s\"\n%s", wrong, argv[i], usage);
            exit(2);
        }
        *value = argv[i + 1];
    }
    if (strcmp(options.merge, "add") != 0 && strcmp(options.merge, "concat") != 0) {
        fprintf(stderr, "digits: --merge is \"%s\"; it can be add or concat\n", options.merge);
        exit(2);
    }
    return options;
}

static double seconds_now(void)
{
    struct timespec now;

    (void)timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The class of the largest of a digit's probabilities. */
static int class_of(const float *probabilities, size_t digit)
{
    const float *p = probabilities + digit * DIGITS_CLASSES;
    int best = 0;

    for (int i = 1; i < DIGITS_CLASSES; i++) {
        best = p[i] > p[best] ? i : best;
    }
    return best;
}

static int label_of(const struct digits *digits, size_t digit)
{
    return (int)digits->labels.data[digit];
}

static size_t count_right(const struct digits *digits, const float *probabilities)
{
    size_t right = 0;

    for (size_t i = 0; i < digits->count; i++) {
        right += class_of(probabilities, i) == label_of(digits, i);
    }
    return right;
}

/* Draws digits side by side, one character for two pixels, one above the other, and their classes. */
static void draw(const struct digits *digits, const float *probabilities, const size_t *which, size_t count)
{
    static const char shades[] = " .:-=+*#%@";

    for (size_t row = 0; row < DIGITS_SIZE; row += 2) {
        for (size_t i = 0; i < count; i++) {
            const float *pixel = digits->left.data + which[i] * DIGITS_PIXELS + row * DIGITS_SIZE;
            for (size_t column = 0; column < DIGITS_SIZE; column++) {
                const double light = 0.5 * (double)(pixel[column] + pixel[column + DIGITS_SIZE]);
                putchar(shades[light <= 0 ? 0 : light >= 1 ? 9 : (int)(light * 9.99)]);
            }
        }
        putchar('\n');
    }
    for (size_t i = 0; i < count; i++) {
        const int predicted = class_of(probabilities, which[i]);
        const int label = label_of(digits, which[i]);
        char caption[DIGITS_SIZE + 1];
        const char *format = predicted == label ? "       %d" : "   %d, but is %d";
        (void)snprintf(caption, sizeof caption, format, predicted, label);
        printf("%-*s", DIGITS_SIZE, caption);
    }
    printf("\n\n");
}

/* A row of the first digits, and one of those that came out wrong. */
static void show_some(const struct digits *digits, const float *probabilities)
{
    const size_t first[SHOWN] = {0, 1, 2, 3, 4};
    size_t wrong[SHOWN];
    size_t count = 0;

    draw(digits, probabilities, first, SHOWN);
    for (size_t i = 0; i < digits->count && count < SHOWN; i++) {
        if (class_of(probabilities, i) != label_of(digits, i)) {
            wrong[count++] = i;
        }
    }
    if (count > 0) {
        draw(digits, probabilities, wrong, count);
    }
}

/* Prints the device and the table that Keras's summary() prints. */
static void introduce(const plait_context *context, const plait_model *model)
{
    plait_device_info info;
    size_t length = 0;

    check(plait_context_device(context, &info));
    check(plait_model_summary(model, 0, NULL, 0, &length));
    char *summary = allocate(length + 1, 1);
    check(plait_model_summary(model, 0, summary, length + 1, NULL));
    printf("device: %s (%s)\n\n%s\n", info.name, info.platform, summary);
    free(summary);
}

/* Runs the model on all digits; the best of some runs counts, after a first one. Seconds. */
static double classify_all(plait_model *model, const struct digits *digits, float *probabilities)
{
    const float *const inputs[] = {digits->left.data, digits->right.data};
    double best = INFINITY;

    check(plait_model_predict(model, digits->count, inputs, &probabilities));
    for (int run = 0; run < RUNS; run++) {
        const double begin = seconds_now();
        check(plait_model_predict(model, digits->count, inputs, &probabilities));
        best = fmin(best, seconds_now() - begin);
    }
    return best;
}

static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0;

    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
    }
    return largest;
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    struct digits digits = digits_load(options.merge);
    float *probabilities = allocate(digits.count * DIGITS_CLASSES, sizeof *probabilities);
    plait_context *context = NULL;

    check(plait_context_create(options.device, NULL, &context));
    plait_model *model = digits_model_create(context, options.merge);
    introduce(context, model);

    const double seconds = classify_all(model, &digits, probabilities);
    show_some(&digits, probabilities);
    printf("time: %.3f ms a picture\n", 1e3 * seconds / (double)digits.count);
    printf("largest difference to Keras's outputs: %.1e\n",
           largest_difference(probabilities, digits.keras.data, digits.count * DIGITS_CLASSES));
    printf("right: %zu of %zu, Keras: %zu of %zu\n", count_right(&digits, probabilities), digits.count,
           count_right(&digits, digits.keras.data), digits.count);

    free(probabilities);
    plait_model_free(model);
    plait_context_free(context);
    digits_free(&digits);
    return EXIT_SUCCESS;
}
