/* SPDX-License-Identifier: MIT */
/* A cache of its own for each test, in the current folder (folder.h). */
#ifndef SUPPORT_CACHE_FILE_H
#define SUPPORT_CACHE_FILE_H

#include <sqlite3.h>

/* Where it is, in a folder that is not there yet; a test may go on to another one. */
extern const char *cache_path;

/* What cmocka calls before and after each test; scratch memory is reset. */
int cache_new(void **state);
int cache_forget(void **state);
#define CACHE_TEST(function) cmocka_unit_test_setup_teardown(function, cache_new, cache_forget)

/* The file, as a database. Fails the test if it is none. */
sqlite3 *cache_open(void);
void cache_execute(const char *sql);

#endif
