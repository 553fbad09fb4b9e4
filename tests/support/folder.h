/* SPDX-License-Identifier: MIT */
/* A place for the files that a test writes. */
#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

/* Makes a new folder the current one; at the program's end it is removed, with all that is in it. */
void folder_enter(void);

#endif
