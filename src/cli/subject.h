/* SPDX-License-Identifier: MIT */
/* What is measured: a model of the command's own, or one from a file. */
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "cli/builtin.h"
#include "cli/model_file.h"

struct subject {
    struct builtin builtin;
    struct model_file file;
    plait_nodes inputs;
    plait_nodes outputs;
};

/* Opens the model of this name; it must stay where it is. Freed with subject_free, also after a failure. */
plait_status subject_open(const char *name, struct subject *out);

void subject_free(struct subject *subject);

#endif
