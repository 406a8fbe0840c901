// SPDX-License-Identifier: BSD-3-Clause
// The command line and the configuration file.
#pragma once

#include "dataplane/control/dataplane.h"

// Reads both, and checks all captures. Ends the program if something is wrong, and after --help and --version.
void options_read(struct dataplane *d, int argc, char **argv);
