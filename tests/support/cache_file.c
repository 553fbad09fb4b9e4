/* SPDX-License-Identifier: MIT */
#include "cache_file.h"

#include "check.h"

const char *cache_path;

int cache_new(void **state)
{
    static int number;

    (void)state;
    cache_path = scratch_text("%d/cache.sqlite", number++);
    return 0;
}

int cache_forget(void **state)
{
    (void)state;
    scratch_reset();
    return 0;
}

sqlite3 *cache_open(void)
{
    sqlite3 *database = NULL;

    assert_int_equal(sqlite3_open(cache_path, &database), SQLITE_OK);
    return database;
}

void cache_execute(const char *sql)
{
    sqlite3 *database = cache_open();

    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}
