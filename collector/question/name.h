// SPDX-License-Identifier: BSD-3-Clause
// Converts what people type or paste to the form in Redis keys: names in canonical text, addresses,
// indicators that were defanged for mail and reports. No allocation; any thread.
#pragma once

#include "collector/text/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { QUERY_WIRE_SIZE = 255 };

// Wire form of a name in presentation text (escapes of RFC 1035 §5.1, final dot or not), in lower
// case. Returns its size (1..255), or 0 if it is not a name.
size_t query_name_wire(const char *text, size_t len, uint8_t out[static QUERY_WIRE_SIZE]);

// The same name in the form of Redis keys. Returns its length (terminated), or 0 if it is not a name.
size_t query_name(const char *text, size_t len, char out[static TEXT_NAME_SIZE]);

// Size of an address: 4 or 16 octets, or 0 if `text` is not an address.
size_t query_address(const char *text, uint8_t out[static 16]);

// Undoes defanging alone: "a[.]b" becomes "a.b". False if it does not fit into `out_size`.
bool query_unfang(const char *text, char *out, size_t out_size);

// Undoes defanging and takes the host out of a URL: "hxxps://www[.]example(.)com/x" becomes
// "www.example.com". Returns false if it does not fit into `out_size`.
bool query_refang(const char *text, char *out, size_t out_size);

// "%41" → "A"; every other character is unchanged. Returns the length (terminated), or
// SIZE_MAX if an escape is broken or is a zero octet, or if `out_size` is too small.
size_t query_percent_decode(const char *text, size_t len, char *out, size_t out_size);
