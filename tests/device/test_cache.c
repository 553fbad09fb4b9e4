/* SPDX-License-Identifier: MIT */
/* The cache keeps what was written, from any number of processes and whenever they are killed; whatever else its
 * file holds counts as nothing. */
#define _POSIX_C_SOURCE 200809L
#include "base/memory.h"
#include "cache_file.h"
#include "check.h"
#include "device/cache.h"
#include "folder.h"
#include "random.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A row that a number stands for. */
static struct tuning row(const char *device, int number)
{
    return (struct tuning){.device = (char *)device,
                           .step = (char *)scratch_text("conv2d fast %05d", number),
                           .variant = "cpu",
                           .nanoseconds = 1000 + (uint64_t)number};
}

static void write_row(const char *device, int number)
{
    check_ok(cache_write(cache_path, &(struct tuning[]){row(device, number)}[0], 1));
}

static struct tunings read_rows(const char *device)
{
    struct tunings tunings = {0};

    check_ok(cache_read(cache_path, device, &tunings));
    return tunings;
}

static size_t count_rows(const char *device)
{
    struct tunings tunings = read_rows(device);
    const size_t count = tunings.count;

    tunings_free(&tunings);
    return count;
}

/* Whether the list has the row, as it was written. */
static bool has(const struct tunings *tunings, struct tuning wanted)
{
    const struct tuning *it = tunings_find(tunings, wanted.step);

    return it && strcmp(it->device, wanted.device) == 0 && strcmp(it->variant, wanted.variant) == 0 &&
           it->nanoseconds == wanted.nanoseconds;
}

/* Fails if there is a row that was not written: numbers from 0 to `end`. */
static void check_rows(const char *device, int end, const char *what)
{
    struct tunings tunings = read_rows(device);

    for (size_t i = 0; i < tunings.count; i++) {
        const int number = atoi(tunings.items[i].step + strlen("conv2d fast "));
        check_that(number < end && has(&tunings, row(device, number)), "%s: row \"%s\" is none that was written", what,
                   tunings.items[i].step);
    }
    tunings_free(&tunings);
}

static void check_has_row(const char *device, int number, const char *what)
{
    struct tunings tunings = read_rows(device);

    check_that(has(&tunings, row(device, number)), "%s: row %d is not there", what, number);
    tunings_free(&tunings);
}

/* ---- Rows ------------------------------------------------------------------------------------------- */

static void rows_come_back(void **state)
{
    (void)state;
    assert_int_equal(count_rows(NULL), 0);
    check_ok(cache_delete(cache_path, NULL));
    for (int i = 10; i-- > 0;) {
        write_row(i % 2 ? "odd" : "even", i);
    }
    assert_int_equal(count_rows(NULL), 10);
    assert_int_equal(count_rows("odd"), 5);
    assert_int_equal(count_rows("other"), 0);
    check_has_row("odd", 3, "ten rows");
    write_row("odd", 3);
    assert_int_equal(count_rows("odd"), 5);
    check_ok(cache_delete(cache_path, "odd"));
    assert_int_equal(count_rows(NULL), 5);
    check_ok(cache_delete(cache_path, NULL));
    assert_int_equal(count_rows(NULL), 0);
}

static void the_oldest_rows_go(void **state)
{
    enum { MORE = 5, ROWS = CACHE_MOST_ROWS + MORE };
    struct tuning *rows = scratch(ROWS, sizeof *rows);
    char(*steps)[16] = scratch(ROWS, sizeof *steps);

    (void)state;
    for (int i = 0; i < ROWS; i++) {
        (void)snprintf(steps[i], sizeof steps[i], "%05d", i);
        rows[i] = (struct tuning){.device = "device", .step = steps[i], .variant = "cpu"};
    }
    check_ok(cache_write(cache_path, rows, ROWS));
    struct tunings tunings = read_rows("device");
    assert_int_equal(tunings.count, CACHE_MOST_ROWS);
    assert_string_equal(tunings.items[0].step, steps[MORE]);
    tunings_free(&tunings);
}

static void changed_rows_are_passed_over(void **state)
{
    static const char *const changes[] = {
        "UPDATE tunings SET variant = 'gpu' WHERE step = 'conv2d fast 00001'",
        "UPDATE tunings SET step = 'conv2d fast 00009' WHERE step = 'conv2d fast 00001'",
        "UPDATE tunings SET nanoseconds = 1 WHERE step = 'conv2d fast 00001'",
        "UPDATE tunings SET checksum = 'text' WHERE step = 'conv2d fast 00001'",
        "UPDATE tunings SET variant = zeroblob(100) WHERE step = 'conv2d fast 00001'",
        "UPDATE tunings SET variant = '' WHERE step = 'conv2d fast 00001'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        write_row("device", 0);
        write_row("device", 1);
        assert_int_equal(count_rows("device"), 2);
        cache_execute(changes[i]);
        assert_int_equal(count_rows("device"), 1);
        check_has_row("device", 0, changes[i]);
        check_ok(cache_delete(cache_path, NULL));
    }
}

/* ---- Files that are no cache ------------------------------------------------------------------------ */

static void put_file(const void *bytes, size_t count)
{
    FILE *file = fopen(cache_path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static unsigned char *get_file(size_t *count)
{
    FILE *file = fopen(cache_path, "rb");

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *count = (size_t)ftell(file);
    unsigned char *bytes = scratch(*count, 1);
    rewind(file);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

/* What is there now is read as rows that were written, or as none; and is written to as if it were sound. */
static void check_damaged(int rows, const char *what)
{
    check_rows("device", rows, what);
    check_ok(cache_write(cache_path, NULL, 0));
    write_row("device", rows);
    check_has_row("device", rows, what);
    check_rows("device", rows + 1, what);
}

static void damaged_files_count_as_empty(void **state)
{
    enum { ROWS = 40 };
    struct random random = random_stream("damage");
    size_t size = 0;

    (void)state;
    for (int i = 0; i < ROWS; i++) {
        write_row("device", i);
    }
    const unsigned char *whole = get_file(&size);
    unsigned char *bytes = scratch(size, 1);
    for (size_t length = 0; length < size; length += length < 100 ? 19 : 1311) {
        put_file(whole, length);
        check_damaged(ROWS, scratch_text("cut at %zu", length));
    }
    for (size_t i = 0; i < size; i += i < 100 ? 3 : 211) {
        memcpy(bytes, whole, size);
        bytes[i] ^= 0xFF;
        put_file(bytes, size);
        check_damaged(ROWS, scratch_text("byte %zu changed", i));
    }
    for (size_t round = 0; round < test_rounds(60); round++) {
        memcpy(bytes, whole, size);
        for (size_t i = 0; i < 20; i++) {
            bytes[random_between(&random, 0, size - 1)] = (unsigned char)random_between(&random, 0, 255);
        }
        put_file(bytes, size);
        check_damaged(ROWS, scratch_text("round %zu", round));
    }
    put_file("no database at all, but longer than a hundred bytes: "
             "........................................................................................",
             140);
    check_damaged(ROWS, "text");
}

static void another_database_is_left_alone(void **state)
{
    (void)state;
    write_row("device", 0);
    cache_execute("DROP TABLE tunings; CREATE TABLE tunings (mine TEXT); INSERT INTO tunings VALUES ('keep me'); "
                  "PRAGMA application_id = 7");
    assert_int_equal(count_rows(NULL), 0);
    check_message(cache_write(cache_path, &(struct tuning[]){row("device", 1)}[0], 1), PLAIT_ERR_IO,
                  "cannot be written");
    cache_execute("UPDATE tunings SET mine = 'still here'");
}

static void a_database_with_code_does_nothing(void **state)
{
    (void)state;
    write_row("device", 0);
    cache_execute(
        "CREATE TABLE other (x); CREATE TRIGGER evil AFTER INSERT ON tunings BEGIN INSERT INTO other VALUES (1); "
        "DELETE FROM tunings; END");
    write_row("device", 1);
    check_has_row("device", 1, "with a trigger");
    cache_execute("DROP TRIGGER evil; DROP TABLE tunings; "
                  "CREATE VIEW tunings AS SELECT 'd' device, 's' step, 'v' variant, 1 nanoseconds, 2 checksum");
    assert_int_equal(count_rows(NULL), 0);
}

static void places_that_cannot_be_written(void **state)
{
    const char *parent = "file";
    FILE *file = fopen(parent, "wb");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    cache_path = scratch_text("%s/cache.sqlite", parent);
    assert_int_equal(count_rows(NULL), 0);
    check_message(cache_write(cache_path, &(struct tuning[]){row("device", 1)}[0], 1), PLAIT_ERR_IO, cache_path);
    cache_path = ".";
    assert_int_equal(count_rows(NULL), 0);
    check_message(cache_write(cache_path, &(struct tuning[]){row("device", 1)}[0], 1), PLAIT_ERR_IO, cache_path);
}

/* ---- Processes -------------------------------------------------------------------------------------- */

static void many_processes_write_at_once(void **state)
{
    enum { PROCESSES = 4, ROWS = 25 };

    (void)state;
    for (int p = 0; p < PROCESSES; p++) {
        if (fork() == 0) {
            int failed = 0;
            for (int i = 0; i < ROWS; i++) {
                const struct tuning it = row("device", p * ROWS + i);
                failed |= cache_write(cache_path, &it, 1) != PLAIT_OK;
            }
            _exit(failed);
        }
    }
    for (int p = 0; p < PROCESSES; p++) {
        int result = 0;
        assert_true(wait(&result) > 0);
        assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    }
    assert_int_equal(count_rows("device"), PROCESSES * ROWS);
    check_rows("device", PROCESSES * ROWS, "many processes");
}

static void killed_processes_leave_it_sound(void **state)
{
    struct random random = random_stream("kill");

    (void)state;
    write_row("device", 0);
    for (size_t round = 0; round < test_rounds(30); round++) {
        const size_t before = count_rows("device");
        const pid_t child = fork();
        if (child == 0) {
            for (int i = 1;; i++) {
                const struct tuning it = row("device", i % 1000);
                if (cache_write(cache_path, &it, 1) != PLAIT_OK) {
                    _exit(1);
                }
            }
        }
        const struct timespec time = {.tv_nsec = (long)random_between(&random, 0, 20000000)};
        (void)nanosleep(&time, NULL);
        int result = 0;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result));
        assert_true(count_rows("device") >= before);
        check_rows("device", 1000, "after a kill");
    }
    write_row("device", 1000);
    check_has_row("device", 1000, "after all");
}

/* ---- Text files ------------------------------------------------------------------------------------- */

static void exports_are_imported(void **state)
{
    const char *file = "export.txt";
    const char *first = cache_path;
    const char *second = "second/cache.sqlite";
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 10; i++) {
        write_row("device", i);
    }
    check_ok(plait_tunings_export(first, file));
    cache_path = second;
    write_row("device", 99);
    check_ok(plait_tunings_import(second, file, &count));
    assert_int_equal(count, 10);
    assert_int_equal(count_rows("device"), 11);
    check_rows("device", 100, "imported");
    check_ok(plait_tunings_import(second, file, NULL));
    assert_int_equal(count_rows("device"), 11);
    check_message(plait_tunings_export(first, "no/such"), PLAIT_ERR_IO, "no/such");
    check_message(plait_tunings_import(first, "no/such", NULL), PLAIT_ERR_IO, "no/such");
    check_message(plait_tunings_import(first, ".", NULL), PLAIT_ERR_FORMAT, "begin");
    check_message(plait_tunings_export(NULL, NULL), PLAIT_ERR_INVALID, "path is NULL");
    check_message(plait_tunings_import(NULL, NULL, NULL), PLAIT_ERR_INVALID, "path is NULL");
    check_message(plait_tunings_export("", file), PLAIT_ERR_INVALID, "no cache");
}

static void hostile_exports_are_refused(void **state)
{
    static const char head[] = "plait tunings 1\n";
    static const struct {
        const char *text;
        const char *message;
    } files[] = {
        {"", "begin"},
        {"plait tunings 2\n", "begin"},
        {"plait tunings 1", "begin"},
        {"plait tunings 1\n\n", "line 2"},
        {"plait tunings 1\nnonsense\n", "line 2"},
        {"plait tunings 1\n0000000000000000\tdevice\tstep\tcpu\t7\n", "line 2"},
        {"plait tunings 1\n\t\t\t\t\n", "line 2"},
        {"plait tunings 1\n0000000000000000\tdevice\tstep\tcpu\t99999999999999999999999\n", "line 2"},
    };
    const char *file = "hostile.txt";
    char text[200];

    (void)state;
    const char *cache = cache_path;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        cache_path = file;
        put_file(files[i].text, strlen(files[i].text));
        check_message(plait_tunings_import(cache, file, NULL), PLAIT_ERR_FORMAT, files[i].message);
    }

    /* a sound export, with any of its bytes changed or any end missing */
    cache_path = cache;
    write_row("device", 1);
    check_ok(plait_tunings_export(cache, file));
    check_ok(cache_delete(cache, NULL));
    cache_path = file;
    size_t size = 0;
    const unsigned char *whole = get_file(&size);
    assert_true(size < sizeof text);
    for (size_t i = 0; i < size; i++) {
        memcpy(text, whole, size);
        text[i] ^= 1;
        put_file(text, size);
        check_status(plait_tunings_import(cache, file, NULL), PLAIT_ERR_FORMAT);
        put_file(whole, i);
        if (i != sizeof head - 1) {
            check_status(plait_tunings_import(cache, file, NULL), PLAIT_ERR_FORMAT);
        }
    }
    char *line = scratch(100000, 1);
    memset(line, 'x', 99999);
    memcpy(line, head, strlen(head));
    put_file(line, 100000);
    check_message(plait_tunings_import(cache, file, NULL), PLAIT_ERR_FORMAT, "line 2");
    cache_path = cache;
    assert_int_equal(count_rows(NULL), 0);
}

/* ---- Host memory ------------------------------------------------------------------------------------ */

static void allocations_fail(void **state)
{
    const char *file = "memory.txt";

    (void)state;
    write_row("device", 1);
    check_ok(plait_tunings_export(cache_path, file));
    for (size_t n = 1; n < 20; n++) {
        struct tunings tunings = {0};
        plait_status statuses[4];
        const struct tuning it = row("device", 2);
        (void)mem_fail_at(n, true);
        statuses[0] = cache_read(cache_path, NULL, &tunings);
        (void)mem_fail_at(n, true);
        statuses[1] = cache_write(cache_path, &it, 1);
        (void)mem_fail_at(n, true);
        statuses[2] = plait_tunings_export(cache_path, file);
        (void)mem_fail_at(n, true);
        statuses[3] = plait_tunings_import(cache_path, file, NULL);
        (void)mem_fail_at(0, false);
        tunings_free(&tunings);
        for (size_t i = 0; i < 4; i++) {
            check_that(statuses[i] == PLAIT_ERR_HOST_MEMORY || (n > 1 && statuses[i] == PLAIT_OK),
                       "allocation %zu failing gave %s in call %zu", n, plait_status_name(statuses[i]), i);
        }
    }
    check_has_row("device", 1, "after failures");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(rows_come_back),
        CACHE_TEST(the_oldest_rows_go),
        CACHE_TEST(changed_rows_are_passed_over),
        CACHE_TEST(damaged_files_count_as_empty),
        CACHE_TEST(another_database_is_left_alone),
        CACHE_TEST(a_database_with_code_does_nothing),
        CACHE_TEST(places_that_cannot_be_written),
        CACHE_TEST(many_processes_write_at_once),
        CACHE_TEST(killed_processes_leave_it_sound),
        CACHE_TEST(exports_are_imported),
        CACHE_TEST(hostile_exports_are_refused),
        CACHE_TEST(allocations_fail),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
