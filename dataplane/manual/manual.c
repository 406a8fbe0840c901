// SPDX-License-Identifier: BSD-3-Clause
// Writes the manual page or the example configuration to the standard output.
#include <stdlib.h>
#include <string.h>

#include "dataplane/manual/example.h"
#include "dataplane/manual/page.h"

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "page") == 0)
		page_write(stdout);
	else if (argc == 2 && strcmp(argv[1], "example") == 0)
		example_write(stdout);
	else {
		fprintf(stderr, "usage: settings-manual page|example\n");
		return 2;
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
