// SPDX-License-Identifier: BSD-3-Clause
// The files of the web page (collector/http/web/), embedded in the program by scripts/embed-web. They need no key, because
// they contain no records.
#pragma once

#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

struct http_file {
	const char *path; // of the request: "/", "/web/app.js"
	const char *type; // Content-Type
	const char *etag; // weak: the same for both bodies
	const uint8_t *plain, *gzip;
	size_t plain_size, gzip_size;
};

// Made by scripts/embed-web; the last one has no path.
extern const struct http_file http_files[];

// The file of a path; NULL: there is none.
const struct http_file *http_static_find(const char *url);

// Answers 200, or 304 if the client has the file.
enum MHD_Result http_static_answer(struct MHD_Connection *connection, const struct http_file *file);
