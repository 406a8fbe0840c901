// SPDX-License-Identifier: BSD-3-Clause
// The outcome of a reload, for who asked for it: `PROGRAM --reload` sends SIGHUP to the running program, connects to its socket
// and gets one message, "0 TEXT" if the reload succeeded, else "1 TEXT". So that `systemctl reload` has an exit status.
//
//     lookback-X --reload ──SIGHUP──► program: reads its settings
//                         ──connect─► $RUNTIME_DIRECTORY/reload.sock (mode 0600)
//                         ◄─outcome── after the last reload that the signal caused
//
// The signal comes before the connection, so the program, which looks at signals first, never answers with an older outcome.
// Main thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { CONTROL_CLIENTS_MAX = 8, CONTROL_TEXT_SIZE = 1200 };

// Binds the socket. Without $RUNTIME_DIRECTORY, which a service manager sets, there is none. Call it before the sandbox.
void control_open(void);

int control_fd(void); // to poll; -1: none

// Notes the outcome of a reload. `why`: NULL, or the reason why it failed.
void control_note(const char *why);

// Accepts who waits. Call it before it is found out whether a reload is asked for. Never blocks.
void control_accept(void);

// Answers those accepted, if no reload is asked for or running (`is_idle`). Never blocks.
void control_answer(bool is_idle);

// The other side: asks the program whose socket is in `folder`, or in $RUNTIME_DIRECTORY, and prints what failed. With `signalled`
// somebody else has sent the signal already. Returns an exit status: 0, or 1 with a line on stderr.
int control_ask(const char *folder, bool signalled);
