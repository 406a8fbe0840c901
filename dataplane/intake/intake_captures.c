// SPDX-License-Identifier: BSD-3-Clause
// What --replay names: captures, folders of captures, pipes. Found and checked before DPDK starts.
#include "dataplane/intake/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/capture/folder.h"
#include "dataplane/common/log.h"
#include "dataplane/intake/pipe_input.h"

static int add_capture(struct intake *in, const char *path, bool in_folder)
{
	if (in->captures_len == INTAKE_CAPTURES_MAX) {
		log_error("--replay: found more than %d captures, expected at most that; replay them in several runs",
			INTAKE_CAPTURES_MAX);
		return -1;
	}
	struct capture *grown = realloc(in->captures, (in->captures_len + 1) * sizeof(*grown));
	if (!grown) {
		log_error("--replay: no memory for the list of captures");
		return -1;
	}
	in->captures = grown;
	in->captures[in->captures_len++] = (struct capture){.path = path, .in_folder = in_folder};
	return 0;
}

static int add_folder(struct intake *in, const char *path)
{
	struct capture_folder folder;
	char why[1024];
	int result = capture_folder_read(&folder, path, why, sizeof(why));

	if (folder.passed_len > 0)
		log_warning("%s: skipped %u file%s: %s%s", path, folder.passed_len, folder.passed_len == 1 ? "" : "s",
			folder.passed, folder.is_listed ? "" : ", …");
	if (folder.unread_len > 0 && in->unread_len == 0)
		snprintf(in->unread, sizeof(in->unread), "%s", folder.unread);
	in->unread_len += folder.unread_len;
	if (result != 0)
		log_error("%s", folder.paths_len == 0 && folder.unread_len > 0 ? folder.unread : why);
	for (unsigned i = 0; i < folder.paths_len; i++) {
		if (result == 0)
			result = add_capture(in, folder.paths[i], true); // which keeps the path
		else
			free(folder.paths[i]);
	}
	free(folder.paths);
	return result;
}

static int add_pipe(struct intake *in, const char *path)
{
	char why[512];
	struct pipe_input *pipe = pipe_input_open(path, why, sizeof(why));

	for (unsigned i = 0; pipe && i < in->pipes_len; i++) {
		if (strcmp(pipe_input_name(pipe), pipe_input_name(in->pipes[i])) == 0) {
			snprintf(why, sizeof(why), "%s: named twice", pipe_input_name(pipe));
			pipe_input_close(pipe);
			pipe = NULL;
		}
	}
	if (!pipe) {
		log_error("--replay: %s", why);
		return -1;
	}
	if (in->pipes_len == INTAKE_PIPES_MAX) {
		log_error("--replay: found more than %d pipes, expected at most that", INTAKE_PIPES_MAX);
		pipe_input_close(pipe);
		return -1;
	}
	in->pipes[in->pipes_len++] = pipe;
	return 0;
}

int intake_add_capture(struct intake *in, const char *path)
{
	struct stat status;

	if (pipe_input_is(path))
		return add_pipe(in, path);
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? add_folder(in, path)
								   : add_capture(in, path, false);
}

// Logs one line. Returns 0 if the replay goes on: with the packets before the damage, or without the file.
static int check_capture(struct capture *capture, enum intake_damaged damaged)
{
	char why[1024];
	bool in_folder = capture->in_folder;
	int result = capture_check(capture, capture->path, why, sizeof(why));
	bool passes = result == -1 && in_folder; // of another kind, or it cannot be read

	if (result == 0)
		return 0;
	if ((result == 1 || passes) &&
		damaged >= (capture->is_unverified ? INTAKE_DAMAGED_TAKE_UNVERIFIED : INTAKE_DAMAGED_TAKE)) {
		capture->packets = passes ? 0 : capture->packets;
		capture->is_passed = capture->packets == 0;
		log_warning("%s; %s", why,
			capture->packets == 0	 ? "passed over"
			: capture->is_unverified ? "taken although any packet may be wrong"
						 : "taken up to there");
		return 0;
	}
	const char *remedy = "";
	if (passes || (result == 1 && capture->packets == 0))
		remedy = "; nothing was taken (replay.damaged=take passes over it)";
	else if (result == 1)
		remedy = "; nothing of it was taken (replay.damaged=take takes those packets)";
	if (result == 1 && capture->is_unverified)
		remedy = "; any packet may be wrong, nothing of it was taken (replay.damaged=take-unverified takes it)";
	log_error("%s%s", why, remedy);
	return -1;
}

// Files of folders that cannot be read. Returns as check_capture.
static int check_unread(const struct intake *in, enum intake_damaged damaged)
{
	char more[64] = "";

	if (in->unread_len == 0)
		return 0;
	if (in->unread_len > 1)
		snprintf(more, sizeof(more), ", and %u more that cannot be read", in->unread_len - 1);
	if (damaged >= INTAKE_DAMAGED_TAKE)
		log_warning("%s%s; passed over", in->unread, more);
	else
		log_error("%s%s; nothing was taken (replay.damaged=take passes over it)", in->unread, more);
	return damaged >= INTAKE_DAMAGED_TAKE ? 0 : -1;
}

// What replay.damaged has let pass, in one line.
static void log_passed(const struct intake *in)
{
	unsigned passed = in->unread_len, cut = 0;

	for (unsigned i = 0; i < in->captures_len; i++) {
		passed += in->captures[i].is_passed;
		cut += in->captures[i].is_damaged && !in->captures[i].is_passed;
	}
	if (passed + cut > 0)
		log_warning("replay: of %u captures %u were passed over, %u are taken up to their damage",
			in->captures_len + in->unread_len, passed, cut);
}

int intake_check_captures(struct intake *in, enum intake_damaged damaged)
{
	int result = 0;

	in->damaged = damaged;
	result |= check_unread(in, damaged);
	for (unsigned i = 0; i < in->captures_len; i++)
		result |= check_capture(&in->captures[i], damaged);
	if (result == 0)
		log_passed(in);
	for (unsigned i = 0; i < in->vdev_captures_len; i++) {
		result |= check_capture(&in->vdev_captures[i], damaged);
		const struct capture *capture = &in->vdev_captures[i];
		bool is_long = capture->snapshot > 0 && capture->longest > capture->snapshot;
		if (capture->packed || capture->is_mixed || is_long) {
			log_error("%s: found %s%s, which net_pcap cannot read; --replay can", capture->path,
				capture->packed ? capture->packed : "",
				capture->packed ? " data"
				: is_long	? "packets longer than its snapshot length"
						: "interfaces or sections of several kinds");
			result = -1;
		}
	}
	return result;
}
