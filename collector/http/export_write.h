// SPDX-License-Identifier: BSD-3-Clause
// The thread of an export.
#pragma once

// Start routine of the thread; `export`: a struct http_export, which it drops at its end.
void *http_export_write(void *export);
