/* SPDX-License-Identifier: MIT */
/* Compiled programs come back from the cache as they were written, or not at all; without one that the driver takes,
 * programs are built from their sources. */
#define _POSIX_C_SOURCE 200809L
#include "device/binary.h"

#include "base/memory.h"
#include "cache_file.h"
#include "check.h"
#include "cl_fault.h"
#include "device/cache.h"
#include "device/program.h"
#include "fixture.h"
#include "folder.h"
#include "random.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- Rows ------------------------------------------------------------------------------------------- */

enum { SIZE = 20000 }; /* of most: several pages of the file */

/* The program that a number stands for. */
static struct cached_program program(const char *device, unsigned number, size_t size)
{
    unsigned char *bytes = scratch(size, 1);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)((i * 7 + number * 131) >> (i % 3));
    }
    return (struct cached_program){device, scratch_text("conv2d_cpu -D A=%u", number), bytes, size};
}

static bool write_program(struct cached_program it)
{
    bool works = false;

    check_ok(cache_write_program(cache_path, &it, &works));
    return works;
}

/* Whether the program is there; if so, it must be what was written. */
static bool has_program(struct cached_program wanted, const char *what)
{
    struct cached_program got = {.device = wanted.device, .name = wanted.name};

    check_ok(cache_read_program(cache_path, &got));
    const bool there = got.binary != NULL;
    check_that(!there || (got.size == wanted.size && memcmp(got.binary, wanted.binary, got.size) == 0),
               "%s: other bytes than were written", what);
    mem_free(got.binary);
    return there;
}

static void programs_come_back(void **state)
{
    const struct cached_program first = program("device", 1, SIZE);
    const struct cached_program second = program("device", 2, 1);
    const struct cached_program other = program("other", 1, SIZE + 1);
    struct cached_program longer = program("device", 3, SIZE / 2);

    (void)state;
    assert_false(has_program(first, "no file"));
    assert_true(write_program(first) && write_program(second) && write_program(other));
    assert_true(has_program(first, "first") && has_program(second, "second") && has_program(other, "other"));
    assert_false(has_program(longer, "not written"));
    longer.name = first.name;
    assert_true(write_program(longer));
    assert_true(has_program(longer, "in place of the first") && has_program(other, "other"));

    /* measurements live beside them, and are deleted with them */
    const struct tuning row = {.device = "device", .step = "step", .variant = "cpu", .nanoseconds = 1};
    check_ok(cache_write(cache_path, &row, 1));
    assert_true(has_program(longer, "beside a measurement"));
    check_ok(cache_delete(cache_path, "device"));
    assert_false(has_program(longer, "deleted") || has_program(second, "deleted"));
    assert_true(has_program(other, "of another device"));
    check_ok(cache_delete(cache_path, NULL));
    assert_false(has_program(other, "all deleted"));
}

static void the_oldest_programs_go(void **state)
{
    enum { EACH = CACHE_MOST_BINARY_BYTES / 2, MOST = CACHE_MOST_BINARIES_BYTES / EACH };

    (void)state;
    for (unsigned i = 0; i < MOST + 2; i++) {
        assert_true(write_program(program("device", i, EACH)));
    }
    for (unsigned i = 0; i < MOST + 2; i++) {
        assert_int_equal(has_program(program("device", i, EACH), "large"), i >= 2);
    }
    assert_true(write_program(program("device", 99, 1)));
    assert_false(has_program(program("device", 2, EACH), "the oldest"));
    assert_true(has_program(program("device", 3, EACH), "the next"));
    assert_true(write_program(program("device", 100, CACHE_MOST_BINARY_BYTES + 1)));
    assert_false(has_program(program("device", 100, CACHE_MOST_BINARY_BYTES + 1), "too large"));
}

static void changed_rows_are_passed_over(void **state)
{
    static const char *const changes[] = {
        "UPDATE programs SET name = 'conv2d_cpu -D A=1', device = 'd'",
        "UPDATE programs SET checksum = checksum + 1",
        "UPDATE programs SET checksum = 'text'",
        "UPDATE programs SET binary = x''",
        "UPDATE programs SET binary = 'text'",
        "UPDATE programs SET binary = 7",
        "UPDATE programs SET binary = zeroblob(20000)",
        "UPDATE programs SET binary = substr(binary, 1, 19999)",
        "UPDATE programs SET binary = binary || x'00'",
        "DROP TABLE programs",
        "DROP TABLE programs; CREATE TABLE programs (mine TEXT)",
        "ALTER TABLE programs RENAME TO t; CREATE VIEW programs AS SELECT device, name, x'00' binary, checksum FROM t",
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_true(write_program(program("device", 1, SIZE)));
        cache_execute(changes[i]);
        assert_false(has_program(program("device", 1, SIZE), changes[i]));
        assert_false(has_program(program("d", 1, SIZE), changes[i]));
        cache_path = scratch_text("changed-%zu/cache.sqlite", i);
    }
}

/* ---- Files ------------------------------------------------------------------------------------------ */

static void damaged_files_give_no_wrong_program(void **state)
{
    const struct cached_program it = program("device", 1, SIZE);
    const size_t size = 65536;
    unsigned char *bytes = scratch(size, 1);
    size_t lost = 0;

    (void)state;
    assert_true(write_program(it));
    FILE *file = fopen(cache_path, "rb");
    assert_non_null(file);
    const size_t length = fread(bytes, 1, size, file);
    assert_int_equal(fclose(file), 0);
    assert_true(length > SIZE && length < size);
    for (size_t i = 0; i < length; i += i < 100 ? 7 : 397) {
        const char *what = scratch_text("byte %zu changed", i);
        const unsigned char before = bytes[i];
        bytes[i] = (unsigned char)(before ^ (1 << i % 8));
        file = fopen(cache_path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, length, file), length);
        assert_int_equal(fclose(file), 0);
        bytes[i] = before;
        lost += !has_program(it, what);
        check_that(write_program(it) && has_program(it, what), "%s: it is not written anew", what);
    }
    assert_true(lost > SIZE / 400); /* every change of the binary is noticed */
}

static void places_that_cannot_be_written(void **state)
{
    const struct cached_program it = program("device", 1, SIZE);

    (void)state;
    assert_true(write_program(it));
    const char *parent = cache_path;
    cache_path = scratch_text("%s/cache.sqlite", parent);
    assert_false(write_program(it) || has_program(it, "in a file"));
    cache_path = ".";
    assert_false(write_program(it) || has_program(it, "a folder"));
}

/* As on a full disk: no file can grow any more. */
static void a_full_disk(void **state)
{
    const struct cached_program first = program("device", 1, SIZE);
    const struct cached_program second = program("device", 2, 4 * SIZE);
    struct rlimit limit;

    (void)state;
    assert_true(write_program(first));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit less = {2 * SIZE, limit.rlim_max};
    void (*const before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    const bool written = write_program(second);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    (void)signal(SIGXFSZ, before);
    assert_false(written || has_program(second, "no room"));
    assert_true(has_program(first, "written before"));
    assert_true(write_program(second) && has_program(second, "room again"));
}

static void a_locked_cache_is_left(void **state)
{
    const struct cached_program it = program("device", 1, SIZE);

    (void)state;
    assert_true(write_program(it));
    sqlite3 *database = cache_open();
    assert_int_equal(sqlite3_exec(database, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_false(has_program(it, "locked") || write_program(it));
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    assert_true(has_program(it, "no longer locked"));
}

static void many_processes_write_at_once(void **state)
{
    enum { PROCESSES = 4, PROGRAMS = 10 };

    (void)state;
    for (unsigned p = 0; p < PROCESSES; p++) {
        if (fork() == 0) {
            for (unsigned i = 0; i < PROGRAMS; i++) {
                const struct cached_program it = program("device", p * PROGRAMS + i, SIZE);
                bool works = false;
                while (cache_write_program(cache_path, &it, &works) == PLAIT_OK && !works) {
                }
            }
            _exit(0);
        }
    }
    for (int p = 0; p < PROCESSES; p++) {
        int result = 0;
        assert_true(wait(&result) > 0);
        assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    }
    for (unsigned i = 0; i < PROCESSES * PROGRAMS; i++) {
        assert_true(has_program(program("device", i, SIZE), "many processes"));
    }
}

static void killed_processes_leave_it_sound(void **state)
{
    struct random random = random_stream("kill");

    (void)state;
    for (size_t round = 0; round < test_rounds(30); round++) {
        const pid_t child = fork();
        if (child == 0) {
            for (unsigned i = 0;; i++) {
                (void)write_program(program("device", i % 5, SIZE));
            }
        }
        const struct timespec time = {.tv_nsec = (long)random_between(&random, 0, 20000000)};
        (void)nanosleep(&time, NULL);
        int result = 0;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result));
        for (unsigned i = 0; i < 5; i++) {
            (void)has_program(program("device", i, SIZE), "after a kill");
        }
    }
    assert_true(write_program(program("device", 5, SIZE)));
    assert_true(has_program(program("device", 5, SIZE), "after all"));
}

/* ---- Programs --------------------------------------------------------------------------------------- */

/* A context of its own that keeps programs, also if it is PoCL's. */
static plait_context *new_context(void)
{
    const plait_context_opts opts = {.cache = cache_path, .keep_programs = 1};
    plait_context *context = NULL;

    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &opts, &context));
    assert_int_equal(context->reads_programs, !driver_is_pocl(&context->info));
    assert_int_equal(context->keeps_programs, !driver_is_pocl(&context->info));
    context->reads_programs = context->keeps_programs = true;
    return context;
}

/* Makes a kernel in the context, which is freed; returns how often `call` was called. */
static size_t calls_of(const char *call, plait_context *context)
{
    struct kernel *kernel = NULL;

    cl_fault_at_call(call, 0, 0, false);
    check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
    const size_t calls = cl_fault_calls();
    cl_fault_at(0, 0, false);
    kernel_free(kernel);
    plait_context_free(context);
    return calls;
}

static size_t builds(plait_context *context)
{
    return calls_of("clCreateProgramWithSource", context);
}

static void programs_are_compiled_once(void **state)
{
    plait_context *context = NULL;

    (void)state;
    assert_int_equal(builds(new_context()), 1);
    assert_int_equal(builds(new_context()), 0);
    context = new_context();
    context->keeps_programs = false; /* reading is always allowed */
    assert_int_equal(builds(context), 0);
    context = new_context();
    context->reads_programs = false;
    assert_int_equal(builds(context), 1);
    check_ok(cache_delete(cache_path, NULL));
    context = new_context();
    context->keeps_programs = false;
    assert_int_equal(builds(context), 1);
    assert_int_equal(builds(new_context()), 1);
    assert_int_equal(builds(new_context()), 0);
}

static void programs_of_another_driver_are_not_taken(void **state)
{
    (void)state;
    assert_int_equal(builds(new_context()), 1);
    plait_context *context = new_context();
    context->info.driver[0]++;
    assert_int_equal(calls_of("clCreateProgramWithBinary", context), 0);
    context = new_context();
    context->info.name[0]++;
    assert_int_equal(calls_of("clCreateProgramWithBinary", context), 0);
    assert_int_equal(builds(new_context()), 0);
}

static void damaged_programs_never_reach_the_driver(void **state)
{
    (void)state;
    assert_int_equal(calls_of("clCreateProgramWithBinary", new_context()), 0);
    assert_int_equal(calls_of("clCreateProgramWithBinary", new_context()), 1);
    cache_execute("UPDATE programs SET binary = x'00' || substr(binary, 2)");
    assert_int_equal(calls_of("clCreateProgramWithBinary", new_context()), 0);
    assert_int_equal(calls_of("clCreateProgramWithBinary", new_context()), 1); /* written anew */
}

static void refused_programs_are_built(void **state)
{
    static const char *const calls[] = {"clCreateProgramWithBinary", "clBuildProgram", "clCreateKernel"};
    const long live = cl_fault_live();

    (void)state;
    assert_int_equal(builds(new_context()), 1);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        plait_context *context = new_context();
        struct kernel *kernel = NULL;
        cl_fault_at_call(calls[i], 1, CL_INVALID_BINARY, false);
        check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
        cl_fault_at(0, 0, false);
        kernel_free(kernel);
        plait_context_free(context);
        assert_int_equal(cl_fault_live(), live);
        assert_int_equal(builds(new_context()), 0);
    }
}

static void a_driver_without_binaries_is_no_failure(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        plait_context *context = new_context();
        struct kernel *kernel = NULL;
        cl_fault_at_call("clGetProgramInfo", n, CL_INVALID_VALUE, false);
        check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
        assert_string_equal(cl_fault_name(), "clGetProgramInfo");
        cl_fault_at(0, 0, false);
        kernel_free(kernel);
        plait_context_free(context);
    }
    assert_int_equal(builds(new_context()), 1);
}

static void where_nothing_can_be_written_it_is_tried_once(void **state)
{
    (void)state;
    cache_path = ".";
    plait_context *context = new_context();
    struct kernel *kernel = NULL;
    check_ok(kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel));
    assert_false(context->keeps_programs);
    kernel_free(kernel);
    plait_context_free(context);
}

static void allocations_fail(void **state)
{
    const long live = cl_fault_live();
    bool done = false;

    (void)state;
    for (size_t n = 1; n < 40 && !done; n++) { /* first built and kept, then loaded */
        plait_context *context = new_context();
        struct kernel *kernel = NULL;
        (void)mem_fail_at(n, true);
        const plait_status status = kernel_create(context, "pointwise_reference", "-D RANK=1", &kernel);
        done = mem_fail_at(0, false) < n;
        check_that(status == (done ? PLAIT_OK : PLAIT_ERR_HOST_MEMORY), "allocation %zu failing gave %s", n,
                   plait_status_name(status));
        kernel_free(kernel);
        plait_context_free(context);
        assert_int_equal(cl_fault_live(), live);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(programs_come_back),
        CACHE_TEST(the_oldest_programs_go),
        CACHE_TEST(changed_rows_are_passed_over),
        CACHE_TEST(damaged_files_give_no_wrong_program),
        CACHE_TEST(places_that_cannot_be_written),
        CACHE_TEST(a_full_disk),
        CACHE_TEST(a_locked_cache_is_left),
        CACHE_TEST(many_processes_write_at_once),
        CACHE_TEST(killed_processes_leave_it_sound),
        CACHE_TEST(programs_are_compiled_once),
        CACHE_TEST(programs_of_another_driver_are_not_taken),
        CACHE_TEST(damaged_programs_never_reach_the_driver),
        CACHE_TEST(refused_programs_are_built),
        CACHE_TEST(a_driver_without_binaries_is_no_failure),
        CACHE_TEST(where_nothing_can_be_written_it_is_tried_once),
        CACHE_TEST(allocations_fail),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
