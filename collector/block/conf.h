// SPDX-License-Identifier: BSD-3-Clause
// block.conf (setting block.file): sections [list NAME].
#pragma once

#include "collector/block/block.h"

struct block_conf {
	struct block_list *at; // owned
	size_t len;
};

// Reads a file; one that does not exist has no lists. 0, or -1 with one line (file and line) in `why` and `*out` empty.
int block_conf_read(struct block_conf *out, const char *path, char *why, size_t why_size);
void block_conf_free(struct block_conf *c);
const struct block_list *block_conf_find(const struct block_conf *c, const char *name);

// Completes a list whose settings are set: what is served if nothing is said. 0, or -1 with one line in `why`.
int block_conf_complete(struct block_list *l, char *why, size_t why_size);

// Reads block.conf and adds the paths of all files that its lists read to `*files`, an array of `*len` texts that the caller frees.
// 0, or -1 with one line in `why`.
int block_conf_files(const char *path, char ***files, size_t *len, char *why, size_t why_size);
