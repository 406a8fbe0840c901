// SPDX-License-Identifier: BSD-3-Clause
// One way to deliver: a file, syslog, HTTP, mail. Each outlet has a sender in a thread of its own, which may wait as long as
// `timeout` of the outlet says, in all waits of one delivery together.
#pragma once

#include "collector/alert/config.h"
#include "collector/alert/queue.h"

enum alert_result {
	ALERT_SENT,	// all of them
	ALERT_AGAIN,	// the receiver cannot be reached, or is busy
	ALERT_POSTPONE, // it answered, but not for this alert: others may pass
	ALERT_REFUSED	// it will never accept this alert
};

enum { ALERT_WHY_SIZE = 512 };

// What became of a delivery of some alerts.
struct alert_outcome {
	enum alert_result result; // of the first alert that was not sent
	size_t sent;		  // alerts that were sent, from the first on
	size_t refused;		  // ALERT_REFUSED: how many of the next ones
	double after_s;		  // the receiver asks to wait so long (Retry-After); 0: it does not
	char why[ALERT_WHY_SIZE]; // one line, if not all were sent
};

struct alert_sender {
	const struct alert_outlet_config *config; // borrowed
	const bool *abort;			  // becomes true when waits shall end; read with __atomic_load_n
	void *state;				  // of the kind; NULL at first
};

struct alert_sender_kind {
	size_t batch; // alerts at most in one delivery
	void (*send)(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
		struct alert_outcome *out);
	void (*close)(struct alert_sender *s);
};

// By alert_outlet_kind.
extern const struct alert_sender_kind alert_sender_kinds[ALERT_TO_KINDS];

// One function per kind; files of the same name.
void alert_file_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out);
void alert_file_close(struct alert_sender *s);
void alert_stdout_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out);
void alert_stdout_close(struct alert_sender *s);
void alert_syslog_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out);
void alert_syslog_close(struct alert_sender *s);
void alert_webhook_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out);
void alert_webhook_close(struct alert_sender *s);
void alert_email_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out);
void alert_email_close(struct alert_sender *s);

// Writes a syslog message of an alert, with a terminating NUL. NULL: no memory. The caller frees it.
char *alert_syslog_message(const struct alert_outlet_config *o, const struct alert *a, const char *host);

// A mail with CRLF line ends of some alerts. NULL: no memory. The caller frees it.
char *alert_email_message(const struct alert_outlet_config *o, const struct alert_queue_item *items, size_t len);

// Writes one text that is unique for an alert: "<id>-<entry>", of A-Z a-z 0-9 . _ -.
void alert_sender_key(const struct alert *a, char *out, size_t size);

// Sets an outcome that is not ALERT_SENT, with the formatted reason.
void alert_sender_fail(struct alert_outcome *out, enum alert_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Reads the first line of a file. False with a reason in `out` (ALERT_AGAIN).
bool alert_sender_secret(const char *path, char *line, size_t size, struct alert_outcome *out);
