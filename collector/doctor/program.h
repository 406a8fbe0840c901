// SPDX-License-Identifier: BSD-3-Clause
// Runs another program of Lookback and reads what it prints, within a time limit.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PROGRAM_PATH_SIZE = 4096 };

// Finds a program of Lookback: beside this one, in the build folder, or in the usual folders. False if there is none.
bool program_find(const char *name, char out[static PROGRAM_PATH_SIZE]);

// Returns the exit status, with the standard output in `out` (terminated), and with `errors` the standard error, too; -1 if the program could not be run or did not end in
// time: it then gets SIGTERM, and SIGKILL after 3 s. `argv` ends with NULL.
int program_run(char *const argv[], bool errors, unsigned limit_ms, char *out, size_t out_size);
