/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* getpid, chdir */
#include "folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void leave(void)
{
    DIR *entries = opendir(".");

    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        (void)unlink(entry->d_name); /* not . and .. */
    }
    if (entries) {
        (void)closedir(entries);
    }
    if (chdir("/") != 0 || rmdir(folder) != 0) {
        perror(folder);
    }
}

void folder_enter(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/plait_test_%ld", (long)getpid());
    if (mkdir(folder, 0700) != 0 || chdir(folder) != 0 || atexit(leave) != 0) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
}
