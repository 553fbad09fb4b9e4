/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* mkdir, access */
#include "device/cache.h"

#include "base/hash.h"
#include "base/memory.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* for other processes; then there is nothing to read, or writing fails */
    READ_WAIT_MS = 1000,
    READ_PROGRAM_WAIT_MS = 100,
    WRITE_WAIT_MS = 20000,
    WRITE_PROGRAM_WAIT_MS = 1000,
    MOST_BYTES = CACHE_MOST_BINARY_BYTES + (1 << 16), /* of a row */
};

/* The application_id that SQLite keeps for files of ours: "plai". */
#define OURS "1886151017"
static const char sign[] = "PRAGMA application_id = " OURS;

/* Rows get numbers in the order of writing, so that the oldest can be told. */
static const char make_tables[] = "CREATE TABLE IF NOT EXISTS tunings (id INTEGER PRIMARY KEY, device TEXT NOT NULL, "
                                  "step TEXT NOT NULL, variant TEXT NOT NULL, nanoseconds INTEGER NOT NULL, "
                                  "checksum INTEGER NOT NULL, UNIQUE (device, step));"
                                  "CREATE TABLE IF NOT EXISTS programs (id INTEGER PRIMARY KEY, device TEXT NOT NULL, "
                                  "name TEXT NOT NULL, binary BLOB NOT NULL, "
                                  "checksum INTEGER NOT NULL, UNIQUE (device, name))";

/* Opens the file, with whatever it could make SQLite do switched off; NULL if it cannot be opened. */
static sqlite3 *database_open(const char *path, int flags, int wait_ms)
{
    static const struct {
        int option;
        int value;
    } guards[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };
    sqlite3 *database = NULL;

    if (sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        (void)sqlite3_close(database);
        return NULL;
    }
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
        (void)sqlite3_db_config(database, guards[i].option, guards[i].value, NULL);
    }
    (void)sqlite3_limit(database, SQLITE_LIMIT_LENGTH, MOST_BYTES);
    (void)sqlite3_busy_timeout(database, wait_ms);
    (void)sqlite3_exec(database, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    return database;
}

/* A column's text, "" for none. */
static char *column(sqlite3_stmt *statement, int index)
{
    const unsigned char *text = sqlite3_column_text(statement, index);

    return text ? (char *)text : "";
}

plait_status cache_read(const char *path, const char *device, struct tunings *out)
{
    static const char of_device[] = "SELECT device, step, variant, nanoseconds, checksum FROM tunings "
                                    "WHERE device = ?1 ORDER BY step LIMIT ?2";
    static const char of_all[] = "SELECT device, step, variant, nanoseconds, checksum FROM tunings "
                                 "ORDER BY device, step LIMIT ?2";
    plait_status status = PLAIT_OK;
    sqlite3_stmt *statement = NULL;
    sqlite3 *database = database_open(path, 0, READ_WAIT_MS);

    if (!database || sqlite3_prepare_v2(database, device ? of_device : of_all, -1, &statement, NULL) != SQLITE_OK) {
        goto out; /* no file, or none of ours: empty */
    }
    if (device) {
        (void)sqlite3_bind_text(statement, 1, device, -1, SQLITE_STATIC);
    }
    (void)sqlite3_bind_int(statement, 2, CACHE_MOST_ROWS);
    while (sqlite3_step(statement) == SQLITE_ROW) { /* damage ends it early; what came before is sound by itself */
        const struct tuning row = {.device = column(statement, 0),
                                   .step = column(statement, 1),
                                   .variant = column(statement, 2),
                                   .nanoseconds = (uint64_t)sqlite3_column_int64(statement, 3)};
        const uint64_t checksum = (uint64_t)sqlite3_column_int64(statement, 4);
        if (tuning_is_sound(&row) && tuning_checksum(&row) == checksum) {
            TRY(tunings_add(out, &row));
        }
    }
out:
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    return status;
}

static uint64_t program_checksum(const struct cached_program *program)
{
    const uint64_t key = hash_text(hash_text(hash_text(HASH_EMPTY, program->device), "\t"), program->name);

    return hash_bytes(hash_text(key, "\t"), program->binary, program->size);
}

plait_status cache_read_program(const char *path, struct cached_program *program)
{
    static const char sql[] = "SELECT binary, checksum FROM programs WHERE device = ?1 AND name = ?2";
    plait_status status = PLAIT_OK;
    sqlite3_stmt *statement = NULL;
    sqlite3 *database = database_open(path, 0, READ_PROGRAM_WAIT_MS);

    if (!database || sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) {
        goto out;
    }
    (void)sqlite3_bind_text(statement, 1, program->device, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, program->name, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct cached_program row = *program;
        row.binary = (unsigned char *)sqlite3_column_blob(statement, 0);
        row.size = row.binary ? (size_t)sqlite3_column_bytes(statement, 0) : 0;
        if (row.size > 0 && program_checksum(&row) == (uint64_t)sqlite3_column_int64(statement, 1)) {
            TRY(mem_copy(&program->binary, row.binary, row.size));
            program->size = row.size;
        }
    }
out:
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    return status;
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

/* What is done in one transaction. The functions below return codes of SQLite. */
struct change {
    const struct tuning *items; /* written; */
    size_t count;
    const struct cached_program *program; /* or written, if not NULL */
    bool deletes;                         /* or else the rows of */
    const char *device;                   /* are deleted; NULL: all are */
};

static int insert(sqlite3_stmt *statement, const struct tuning *item)
{
    (void)sqlite3_bind_text(statement, 1, item->device, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, item->step, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, item->variant, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)item->nanoseconds);
    (void)sqlite3_bind_int64(statement, 5, (sqlite3_int64)tuning_checksum(item));
    const int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int insert_all(sqlite3 *database, const struct change *change)
{
    static const char sql[] = "INSERT OR REPLACE INTO tunings (device, step, variant, nanoseconds, checksum) "
                              "VALUES (?1, ?2, ?3, ?4, ?5)";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    for (size_t i = 0; code == SQLITE_OK && i < change->count; i++) {
        code = insert(statement, &change->items[i]);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* Runs a statement whose only parameter, if it has one, is the number or, if that is 0, the text. */
static int run_with(sqlite3 *database, const char *sql, int number, const char *text)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = number ? sqlite3_bind_int(statement, 1, number) : sqlite3_bind_text(statement, 1, text, -1, NULL);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Whether the first value that a statement gives is this text, "" if it gives none. *code is how it went. */
static bool gives(sqlite3 *database, const char *sql, const char *text, int *code)
{
    sqlite3_stmt *statement = NULL;
    bool equal = false;

    *code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    if (*code == SQLITE_OK) {
        *code = sqlite3_step(statement);
    }
    if (*code == SQLITE_ROW) {
        equal = strcmp(column(statement, 0), text) == 0;
        *code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement);
    return equal;
}

/* Looks at the whole file. */
static int look_for_damage(sqlite3 *database)
{
    int code = SQLITE_OK;
    const bool sound = gives(database, "PRAGMA integrity_check(1)", "ok", &code);

    return code == SQLITE_OK && !sound ? SQLITE_CORRUPT : code;
}

static int put_tunings(sqlite3 *database, const struct change *change)
{
    int code = look_for_damage(database);

    if (code == SQLITE_OK) {
        code = insert_all(database, change);
    }
    if (code == SQLITE_OK) {
        code = run_with(database, "DELETE FROM tunings WHERE id <= (SELECT max(id) FROM tunings) - ?1", CACHE_MOST_ROWS,
                        NULL);
    }
    return code;
}

/* Does not look for damage, which would take as long as to build a small program. */
static int put_program(sqlite3 *database, const struct cached_program *program)
{
    static const char sql[] = "INSERT OR REPLACE INTO programs (device, name, binary, checksum) "
                              "VALUES (?1, ?2, ?3, ?4)";
    static const char trim[] = "DELETE FROM programs WHERE id <= (SELECT max(id) FROM (SELECT id, "
                               "sum(length(binary)) OVER (ORDER BY id DESC) AS bytes FROM programs) WHERE bytes > ?1)";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        (void)sqlite3_bind_text(statement, 1, program->device, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(statement, 2, program->name, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)program_checksum(program));
        code = sqlite3_bind_blob64(statement, 3, program->binary, program->size, SQLITE_STATIC);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? run_with(database, trim, CACHE_MOST_BINARIES_BYTES, NULL) : code;
}

static int delete_rows(sqlite3 *database, const char *device)
{
    const int code = run_with(database, "DELETE FROM tunings WHERE ?1 IS NULL OR device = ?1", 0, device);

    return code == SQLITE_OK ? run_with(database, "DELETE FROM programs WHERE ?1 IS NULL OR device = ?1", 0, device)
                             : code;
}

static int apply(sqlite3 *database, const struct change *change)
{
    int code = sqlite3_exec(database, make_tables, NULL, NULL, NULL);

    if (code == SQLITE_OK) {
        code = change->deletes   ? delete_rows(database, change->device)
               : change->program ? put_program(database, change->program)
                                 : put_tunings(database, change);
    }
    return code == SQLITE_OK ? sqlite3_exec(database, sign, NULL, NULL, NULL) : code;
}

static int transact(sqlite3 *database, const struct change *change)
{
    int code = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (code == SQLITE_OK) {
        code = apply(database, change);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    }
    return code; /* closing rolls back what was not committed */
}

/* Whether it is the file's content that kept it from being written. Names that are not as we gave them, which is but
 * an error for SQLite, are damage in a file of ours; in another one they are as they should be. */
static bool is_damage(sqlite3 *database, int code, const char *path)
{
    int ignored = SQLITE_OK;

    code &= 0xFF; /* without the extension */
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
           (code == SQLITE_READONLY && access(path, W_OK) == 0) || /* a version of the format to come, it says */
           (code == SQLITE_ERROR && gives(database, "PRAGMA application_id", OURS, &ignored));
}

/* Makes the file an empty database, whatever it was, under SQLite's locks: nobody else meets half of it. */
static void make_anew(sqlite3 *database)
{
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_RESET_DATABASE, 1, NULL);
    (void)sqlite3_exec(database, "VACUUM", NULL, NULL, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_RESET_DATABASE, 0, NULL);
}

/* Makes the folders above the file; what cannot be made shows when the file is opened. */
static plait_status make_folders(const char *path)
{
    plait_status status = PLAIT_OK;
    char *folder = NULL;

    TRY(mem_text(&folder, path));
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(folder, S_IRWXU);
        *slash = '/';
    }
    mem_free(folder);
out:
    return status;
}

static plait_status change_file(const char *path, const struct change *change, int wait_ms, int *code)
{
    plait_status status = PLAIT_OK;

    TRY(make_folders(path));
    sqlite3 *database = database_open(path, SQLITE_OPEN_CREATE, wait_ms);
    *code = database ? transact(database, change) : SQLITE_CANTOPEN;
    if (database && is_damage(database, *code, path)) {
        (void)sqlite3_close(database);
        database = database_open(path, SQLITE_OPEN_CREATE, wait_ms);
        if (database) {
            make_anew(database);
        }
        *code = database ? transact(database, change) : SQLITE_CANTOPEN;
    }
    (void)sqlite3_close(database);
out:
    return status;
}

/* Changes it, or says why not. */
static plait_status demand(const char *path, const struct change *change)
{
    plait_status status = PLAIT_OK;
    int code = SQLITE_OK;

    TRY(change_file(path, change, WRITE_WAIT_MS, &code));
    if (code != SQLITE_OK) {
        status = error_set(PLAIT_ERR_IO, "cache \"%s\": cannot be written: %s; set XDG_CACHE_HOME to a folder that can",
                           path, sqlite3_errstr(code));
    }
out:
    return status;
}

plait_status cache_write(const char *path, const struct tuning *items, size_t count)
{
    return demand(path, &(struct change){.items = items, .count = count});
}

plait_status cache_delete(const char *path, const char *device)
{
    const bool exists = access(path, F_OK) == 0;

    return exists ? demand(path, &(struct change){.deletes = true, .device = device}) : PLAIT_OK;
}

plait_status cache_write_program(const char *path, const struct cached_program *program, bool *works)
{
    plait_status status = PLAIT_OK;
    int code = SQLITE_OK;

    if (program->size <= CACHE_MOST_BINARY_BYTES) {
        TRY(change_file(path, &(struct change){.program = program}, WRITE_PROGRAM_WAIT_MS, &code));
    }
    *works = code == SQLITE_OK;
out:
    return status;
}
