// SPDX-License-Identifier: BSD-3-Clause
// Messages to the service manager, by the protocol of sd_notify(3): "READY=1", "STATUS=…", as datagrams to the socket that
// $NOTIFY_SOCKET names. Without it nothing is sent. The socket is connected once, before the sandbox; a message is one send()
// that never waits. Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Connects, and reads for how long the service manager waits for keep-alives. Call it at the start.
void notify_open(void);

// Whether a service manager listens.
bool notify_is_on(void);

// The start, or a reload, is over.
void notify_ready(void);

// A reload begins (RELOADING=1 with MONOTONIC_USEC); notify_ready ends it.
void notify_reloading(void);

void notify_stopping(void);

// The start, or the end, takes so much longer than the time-out of the unit.
void notify_extend(unsigned seconds);

// The line that `systemctl status` shows. Sent only if it is another one than the last.
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The unit's WatchdogSec in milliseconds; 0: no watchdog.
uint64_t notify_watchdog_ms(void);

// A keep-alive (WATCHDOG=1).
void notify_alive(void);
