// SPDX-License-Identifier: BSD-3-Clause
// The lists in the settings `iface` and `port`: "eth1, eth2"; "0000:03:00.0,key=value, 0000:03:00.1".
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Copies the next item of a list, without blanks around it. False at the end, or if it is too long.
bool input_list_next(const char **list, char *out, size_t out_size);

// "0000:03:00.0" or "03:00.0"
bool input_list_is_pci(const char *text);

// Check and keep a list (conf_set_function): `at` is a char *.
int input_list_set_iface(void *at, const char *value, char *why, size_t why_size);
int input_list_set_port(void *at, const char *value, char *why, size_t why_size);
