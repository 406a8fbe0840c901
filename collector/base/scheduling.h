// SPDX-License-Identifier: BSD-3-Clause
// Scheduling of threads: interactive (somebody waits for it) or background.
#pragma once

// Asks for short time slices, for the calling thread and those that it starts later: it then runs soon after it wakes (Linux
// 6.12 and later; no effect on others).
void scheduling_interactive(void);

// Lowers the priority of the calling thread below the others, with long time slices.
void scheduling_background(void);
