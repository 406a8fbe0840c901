// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/sender.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct alert_sender_kind alert_sender_kinds[ALERT_TO_KINDS] = {
	[ALERT_TO_FILE] = {100, alert_file_send, alert_file_close},
	[ALERT_TO_STDOUT] = {100, alert_stdout_send, alert_stdout_close},
	[ALERT_TO_SYSLOG] = {100, alert_syslog_send, alert_syslog_close},
	[ALERT_TO_WEBHOOK] = {1, alert_webhook_send, alert_webhook_close},
	[ALERT_TO_EMAIL] = {100, alert_email_send, alert_email_close}};

void alert_sender_fail(struct alert_outcome *out, enum alert_result result, const char *format, ...)
{
	va_list arguments;

	out->result = result;
	out->refused = result == ALERT_REFUSED;
	va_start(arguments, format);
	vsnprintf(out->why, sizeof(out->why), format, arguments);
	va_end(arguments);
	for (char *c = out->why; *c; c++) // texts of the receiver
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
}

void alert_sender_key(const struct alert *a, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", a->field[ALERT_ID], *a->entry ? "-" : "", a->entry);
	for (; *out; out++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", *out))
			*out = '_';
}

bool alert_sender_secret(const char *path, char *line, size_t size, struct alert_outcome *out)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (!file) {
		alert_sender_fail(out, ALERT_AGAIN, "%s: cannot read: %s", path, strerror(errno));
		return false;
	}
	bool found = fgets(line, (int)size, file) != NULL;
	fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	if (!found || !*line)
		alert_sender_fail(out, ALERT_AGAIN, "%s: found nothing, expected a secret in the first line", path);
	return found && *line;
}
