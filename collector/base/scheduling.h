// SPDX-License-Identifier: BSD-3-Clause
// What a thread is to the scheduler: somebody waits for it, or it works through something in its own time.
#pragma once

// The calling thread, and what it starts from now on, asks for short turns of the processor: it gets them
// soon after it wakes (Linux 6.12 and later; others leave it as it is).
void scheduling_interactive(void);

// The calling thread goes behind all others, long turns are good enough.
void scheduling_background(void);
