// SPDX-License-Identifier: BSD-3-Clause
// How important a log line is, and the forms of log lines.
#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_MAX };

enum log_format {
	LOG_FORMAT_AUTO, // the journal if it reads stderr, else text
	LOG_FORMAT_TEXT,
	LOG_FORMAT_PLAIN, // text without the time
	LOG_FORMAT_JSON,
	LOG_FORMAT_MAX
};
