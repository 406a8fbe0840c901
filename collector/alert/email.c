// SPDX-License-Identifier: BSD-3-Clause
// Alerts by mail: SMTP to a mail host (libcurl), many alerts in one mail. There is no sendmail program here: the collector may
// not execute programs.
#include "collector/alert/curl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct email_state {
	CURL *curl;
	char error[CURL_ERROR_SIZE];
	const char *rest; // of the mail that is sent
};

// the mail ──────────────────────────────────────────────────────────────────────────────────

// Printable ASCII only, for a header line.
static void put_header_text(FILE *out, const char *text, size_t most)
{
	for (; *text && most > 0; text++, most--)
		fputc(*text >= 0x20 && *text < 0x7f ? *text : '?', out);
}

// Quoted-printable (RFC 2045 §6.7): lines of at most 76 octets, ASCII only.
static void put_quoted(FILE *out, const char *text)
{
	int column = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool end = text[1] == '\n' || text[1] == '\0';
		if (c == '\n') {
			fputs("\r\n", out);
			column = 0;
			continue;
		}
		bool plain = c > 0x20 && c < 0x7f && c != '=' && !(c == '.' && column == 0);
		plain = plain || (c == ' ' && !end);
		if (column + (plain ? 1 : 3) > 75) {
			fputs("=\r\n", out);
			column = 0;
			plain = plain && c != '.';
		}
		column += plain ? fprintf(out, "%c", c) : fprintf(out, "=%02X", c);
	}
}

static void put_headers(FILE *out, const struct alert_outlet_config *o, const struct alert_queue_item *items,
	size_t len)
{
	const struct alert *first = &items[0].alert;
	char key[256], last[256], date[64];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	alert_sender_key(first, key, sizeof(key));
	alert_sender_key(&items[len - 1].alert, last, sizeof(last));
	fprintf(out, "Date: %s\r\nFrom: Lookback <%s>\r\nTo: %s", date, o->from, o->to[0]);
	for (size_t i = 1; i < o->recipients; i++)
		fprintf(out, ",\r\n %s", o->to[i]);
	fputs("\r\nSubject: [lookback] ", out);
	if (len > 1)
		fprintf(out, "%zu alerts, first: ", len);
	put_header_text(out, first->field[ALERT_RULE], 64);
	fprintf(out, ": %s ", alert_kind_text(first));
	put_header_text(out, first->field[ALERT_NAME], 255);
	fprintf(out, "\r\nMessage-ID: <%.100s.%.100s.%zu@lookback.invalid>\r\n", key, last, len);
	fputs("Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n"
	      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
		out);
}

char *alert_email_message(const struct alert_outlet_config *o, const struct alert_queue_item *items, size_t len)
{
	char *mail = NULL;
	size_t size;
	FILE *out = open_memstream(&mail, &size);
	bool good = out != NULL;

	if (good)
		put_headers(out, o, items, len);
	for (size_t i = 0; i < len && good; i++) {
		char *text = alert_format_text(&items[i].alert);
		good = text != NULL;
		if (good) {
			put_quoted(out, text);
			fputs("\r\n", out);
		}
		free(text);
	}
	if (out && fclose(out) == 0 && good)
		return mail;
	free(mail);
	return NULL;
}

// sending ───────────────────────────────────────────────────────────────────────────────────

static size_t read_mail(char *bytes, size_t size, size_t len, void *arg)
{
	struct email_state *e = arg;
	size_t take = strlen(e->rest);

	take = take < size * len ? take : size * len;
	memcpy(bytes, e->rest, take);
	e->rest += take;
	return take;
}

static bool set_login(const struct alert_outlet_config *o, CURL *curl, struct alert_outcome *out)
{
	char password[1024];

	if (!*o->user)
		return true;
	if (!alert_sender_secret(o->password_file, password, sizeof(password), out))
		return false;
	curl_easy_setopt(curl, CURLOPT_USERNAME, o->user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
	explicit_bzero(password, sizeof(password));
	return true;
}

// 550 to 559 to MAIL, RCPT or DATA is about the mail, and final. All else is about the session (530: a login is needed), and is
// tried again.
static void judge(CURL *curl, CURLcode code, const char *error, size_t len, struct alert_outcome *out)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK) {
		out->sent = len;
		return;
	}
	bool refused = status >= 550 && status <= 559 && (code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY);
	alert_curl_fail(out, code, error);
	if (refused) {
		alert_sender_fail(out, ALERT_REFUSED, "SMTP status %ld: %.300s", status, error);
		out->refused = len;
	}
}

static void transfer(struct alert_sender *s, struct email_state *e, CURL *curl, const char *mail, size_t len,
	struct alert_outcome *out)
{
	const struct alert_outlet_config *o = s->config;
	struct curl_slist *to = NULL;

	for (size_t i = 0; i < o->recipients; i++)
		to = curl_slist_append(to, o->to[i]);
	e->rest = mail;
	curl_easy_setopt(curl, CURLOPT_URL, o->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(o->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, o->from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
	curl_easy_setopt(curl, CURLOPT_READDATA, e);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	judge(curl, curl_easy_perform(curl), e->error, len, out);
	curl_slist_free_all(to);
}

void alert_email_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out)
{
	struct email_state *e = s->state ? s->state : (s->state = calloc(1, sizeof(*e)));
	char *mail = alert_email_message(s->config, items, len);
	CURL *curl = e && mail ? alert_curl_handle(s, &e->curl, e->error, out) : NULL;

	if (!e || !mail)
		alert_sender_fail(out, ALERT_AGAIN, "out of memory");
	if (curl && set_login(s->config, curl, out))
		transfer(s, e, curl, mail, len, out);
	free(mail);
}

void alert_email_close(struct alert_sender *s)
{
	struct email_state *e = s->state;

	if (e && e->curl)
		curl_easy_cleanup(e->curl);
	free(e);
	s->state = NULL;
}
