// SPDX-License-Identifier: BSD-3-Clause
// Settings that are files of secrets: "credential:NAME" becomes the path of that credential, and a credential with the name of the
// setting is used if the setting is empty.
#include "collector/base/credentials.h"
#include "collector/base/settings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

// One setting of that kind.
struct secret_file {
	const char *key, *name; // of the credential that is used by itself
	char **at;
	bool is_wanted; // if there is a credential of that name
};

static void set(char **at, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return;
	free(*at);
	*at = copy;
}

static void use(const struct secret_file *f, const struct conf *conf, struct conf_report *report)
{
	char path[PATH_MAX], why[500], text[600];

	if (credentials_is_one(*f->at)) {
		if (credentials_path(*f->at, path, sizeof(path), why, sizeof(why)) == 0) {
			set(f->at, path);
			return;
		}
		snprintf(text, sizeof(text), "%s: %s", f->key, why);
		conf_report_add(conf, report, f->key, text);
	} else if (f->is_wanted && !**f->at && credentials_find(f->name, path, sizeof(path))) {
		set(f->at, path);
	}
}

void settings_credentials(struct settings *s, const struct conf *conf, struct conf_report *report)
{
	const struct secret_file files[] = {
		{"redis.password_file", "redis-password", &s->redis_password_file, !*s->redis_password},
		{"redis.certificate_key", "redis-certificate-key", &s->redis_certificate_key,
			*s->redis_certificate != '\0'},
		{"http.certificate_key", "http-certificate-key", &s->http_certificate_key,
			*s->http_certificate != '\0'},
		{"http.keys", "http-keys", &s->http_keys, true},
		{"redis.certificate", "", &s->redis_certificate, false},
		{"redis.ca", "", &s->redis_ca, false},
		{"http.certificate", "", &s->http_certificate, false},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		use(&files[i], conf, report);
}
