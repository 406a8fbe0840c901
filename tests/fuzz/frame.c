// SPDX-License-Identifier: BSD-3-Clause
// A frame as the collector receives it: header, records, and the text made of them.
#include <stdlib.h>
#include <string.h>

#include "collector/text/text.h"
#include "dataplane/common/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[TEXT_NAME_SIZE], rdata[TEXT_RDATA_SIZE];
	struct frame_header header;
	struct record_view r;
	size_t target_size;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	(void)frame_header_check(&header);
	struct cursor c = cursor_make(data + sizeof(header), size - sizeof(header));
	while (frame_next(&c, &r)) {
		if (text_name(r.owner, r.head.owner_size, name) == 0)
			abort();
		if (text_rdata(r.head.type, r.rdata, r.head.rdata_size, rdata, sizeof(rdata)) >= sizeof(rdata))
			abort();
		const uint8_t *target = text_rdata_target(r.head.type, r.rdata, r.head.rdata_size, &target_size);
		if (target && text_name(target, target_size, name) == 0)
			abort();
	}
	return 0;
}
