// SPDX-License-Identifier: BSD-3-Clause
// The thread of an export.
#pragma once

// Start routine of the thread; `export`: a struct api_export, which it drops at its end.
void *api_export_write(void *export);
