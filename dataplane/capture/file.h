// SPDX-License-Identifier: BSD-3-Clause
// Why a file is no capture that can be read: one line for the operator. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Checks that it is a file, which can be read twice. Returns as capture_check.
int capture_file_check(const char *path, char *why, size_t why_size);

// Writes why libpcap does not open the file: `error` is its message; `is_unverified`: a checksum failed. Returns as capture_check.
int capture_file_explain(const char *path, const char *error, bool is_unverified, char *why, size_t why_size);
