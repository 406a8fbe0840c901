// SPDX-License-Identifier: BSD-3-Clause
// Files of settings, and what they include:
//
//     include = conf.d/*.conf
//
// PATTERN is relative to the folder of the file that has the line; glob(7), sorted by name. A pattern with wildcards may match
// nothing; a file that is named must exist. Files are nested at most DEPTH_MAX deep, and none includes itself.
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/common/conf_line.h"
#include "dataplane/common/trim.h"

enum { DEPTH_MAX = 8, WHERE_SIZE = 512 };

// The files that are open, innermost first.
struct nesting {
	const struct nesting *outer;
	unsigned depth;
	dev_t device;
	ino_t inode;
	const char *path;
};

struct reading {
	const struct conf *conf; // NULL: only names of files are wanted
	struct conf_report *report;
};

static void read_file(const struct reading *r, const char *path, const char *where, const struct nesting *outer);

void conf_files_add(struct conf_files *files, const char *name)
{
	char **names = realloc(files->names, (files->len + 1) * sizeof(*names));

	if (!names)
		return;
	files->names = names;
	names[files->len] = strdup(name);
	files->len += names[files->len] != NULL;
}

void conf_files_free(struct conf_files *files)
{
	for (size_t i = 0; i < files->len; i++)
		free(files->names[i]);
	free(files->names);
	*files = (struct conf_files){0};
}

// An absolute pattern; the folder's own special characters are quoted. Owned by the caller; NULL without memory.
static char *pattern_of(const char *file, const char *pattern)
{
	const char *slash = strrchr(file, '/');
	size_t folder = pattern[0] == '/' || !slash ? 0 : (size_t)(slash + 1 - file);
	char *out = malloc(2 * folder + strlen(pattern) + 1), *at = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < folder; i++) {
		if (strchr("*?[\\", file[i]))
			*at++ = '\\';
		*at++ = file[i];
	}
	strcpy(at, pattern);
	return out;
}

static const struct reading *glob_reading; // for the function below, which has no argument of its own
static const char *glob_where;

static int say_unreadable(const char *path, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return 0; // the pattern matches nothing
	conf_line_error(glob_reading->report,
		"%s: include: cannot read the folder %s: %s; give access, or remove the line", glob_where, path,
		strerror(error));
	return 1;
}

// Reads the files that `pattern` matches, sorted by name.
static void include(const struct reading *r, const char *pattern, const char *where, const struct nesting *self)
{
	glob_t found = {0};
	char *absolute = pattern_of(self->path, pattern);

	if (!*pattern || !absolute) {
		conf_line_error(r->report,
			"%s: include: found nothing, expected a file or a pattern such as conf.d/*.conf", where);
		free(absolute);
		return;
	}
	if (!r->conf)
		conf_files_add(r->report->files, absolute);
	glob_reading = r;
	glob_where = where;
	int result = glob(absolute, GLOB_ERR, say_unreadable, &found);
	if (result == GLOB_NOSPACE)
		conf_line_error(r->report, "%s: include: out of memory", where);
	else if (result == GLOB_NOMATCH && !strpbrk(pattern, "*?["))
		conf_line_error(r->report, "%s: include: %s does not exist; create it, or remove the line", where,
			pattern);
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
		read_file(r, found.gl_pathv[i], where, self);
	globfree(&found);
	free(absolute);
}

static void read_lines(const struct reading *r, FILE *file, const struct nesting *self)
{
	char *line = NULL, where[WHERE_SIZE];
	size_t line_size = 0;
	ssize_t len;

	for (unsigned number = 1; (len = getline(&line, &line_size, file)) >= 0; number++) {
		snprintf(where, sizeof(where), "%s:%u", self->path, number);
		if (strlen(line) != (size_t)len) {
			conf_line_error(r->report, "%s: found a NUL octet, expected text", where);
			continue;
		}
		char *text = trim_blanks(line);
		if (*text == '\0' || *text == '#')
			continue;
		size_t word = strcspn(text, "= \t");
		char *equals = text + word + strspn(text + word, " \t");
		if (word == strlen("include") && strncmp(text, "include", word) == 0 && *equals == '=')
			include(r, trim_blanks(equals + 1), where, self);
		else if (r->conf)
			conf_line_set(r->conf, text, where, r->report);
	}
	if (ferror(file))
		conf_line_error(r->report, "%s: cannot read the configuration: %s", self->path, strerror(errno));
	free(line);
}

// True if the file may not be read here: it includes itself, or files are nested too deeply.
static bool is_refused(const struct reading *r, const struct nesting *self, const char *where)
{
	for (const struct nesting *n = self->outer; n; n = n->outer) {
		if (n->device == self->device && n->inode == self->inode) {
			conf_line_error(r->report, "%s: include: %s includes itself; remove one of the lines", where,
				self->path);
			return true;
		}
	}
	if (self->depth > DEPTH_MAX) {
		conf_line_error(r->report, "%s: include: found files nested more than %d deep, expected at most that",
			where, DEPTH_MAX);
		return true;
	}
	return false;
}

// `where`: the line that includes it; NULL: -c.
static void read_file(const struct reading *r, const char *path, const char *where, const struct nesting *outer)
{
	struct stat st;
	struct nesting self = {.outer = outer, .depth = outer ? outer->depth + 1 : 0, .path = path};
	FILE *file = fopen(path, "re");
	bool is_folder = false;

	if (file && fstat(fileno(file), &st) == 0) {
		self.device = st.st_dev;
		self.inode = st.st_ino;
		is_folder = S_ISDIR(st.st_mode);
	}
	if (!file || is_folder)
		conf_line_error(r->report, "%s%s%s: cannot read the configuration: %s%s", where ? where : "",
			where ? ": include: " : "", path, strerror(is_folder ? EISDIR : errno),
			is_folder && where ? "; append /*.conf" : "");
	else if (!is_refused(r, &self, where)) {
		if (r->report->files)
			conf_files_add(r->report->files, path);
		read_lines(r, file, &self);
	}
	if (file)
		fclose(file);
}

void conf_file_read(const struct conf *conf, const char *path, struct conf_report *report)
{
	const struct reading r = {.conf = conf, .report = report};

	read_file(&r, path, NULL, NULL);
}

void conf_files_find(struct conf_files *files, const char *name)
{
	struct conf_report report = {.files = files};
	const struct reading r = {.report = &report};

	if (name)
		read_file(&r, name, NULL, NULL);
}
