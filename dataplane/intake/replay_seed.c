// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/replay_seed.h"

#include <fcntl.h>
#include <unistd.h>

#include "dataplane/base/hash.h"

enum { PART_SIZE = 65536 }; // read of each end of the file

static uint64_t mix_part(const struct hash_key *key, uint64_t seed, int fd, off_t at)
{
	uint8_t bytes[PART_SIZE];
	ssize_t size = pread(fd, bytes, sizeof(bytes), at);

	return size > 0 ? hash_mix(key, seed, hash_bytes(key, bytes, (size_t)size)) : seed;
}

uint64_t replay_seed(uint64_t seed, const struct capture *capture)
{
	struct hash_key key;
	int fd = open(capture->path, O_RDONLY | O_CLOEXEC);

	hash_key_from(&key, 1);
	seed = hash_mix(&key, seed, capture->packets);
	seed = hash_mix(&key, seed, capture->bytes);
	if (fd >= 0) { // if not, the replay reports it
		off_t end = lseek(fd, 0, SEEK_END);
		seed = mix_part(&key, seed, fd, 0);
		seed = mix_part(&key, seed, fd, end > PART_SIZE ? end - PART_SIZE : 0);
		close(fd);
	}
	return seed ? seed : 1;
}
