/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw, getpid, chdir */
#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_OPEN = 16 }; /* folders at once, while they are removed */

static char folder[64];
static pid_t owner;

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static void leave(void)
{
    if (getpid() == owner && (chdir("/") != 0 || nftw(folder, remove_entry, MOST_OPEN, FTW_DEPTH | FTW_PHYS) != 0)) {
        perror(folder);
    }
}

void folder_enter(void)
{
    owner = getpid();
    (void)snprintf(folder, sizeof folder, "/tmp/plait_test_%ld", (long)owner);
    if (mkdir(folder, 0700) != 0 || chdir(folder) != 0 || atexit(leave) != 0) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
}
