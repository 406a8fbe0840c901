// SPDX-License-Identifier: BSD-3-Clause
// Writes the meta record, for threads other than the spool's own.
#include "collector/spool/state.h"

#include <errno.h>

int spool_write_meta(struct spool *s, struct store_meta *meta, uint64_t delete_to)
{
	MDB_txn *txn;
	int result = spool_examine(s) == SPOOL_WELL ? store_begin(&s->store, &txn) : EBADMSG;

	if (result != 0)
		return result;
	for (uint64_t n = s->first; result == 0 && n <= delete_to; n++)
		result = store_delete(&s->store, txn, n);
	if (result == 0)
		result = store_put_meta(&s->store, txn, meta);
	if (result != 0) {
		mdb_txn_abort(txn);
		return result;
	}
	result = store_commit(&s->store, txn);
	if (result != 0)
		return result;
	pthread_mutex_lock(&s->lock);
	s->store.meta = *meta;
	if (delete_to >= s->first)
		spool_settle(s, delete_to, SPOOL_SKIPPED);
	for (; s->first <= delete_to && s->first <= s->last; s->first++, s->entries_at++)
		s->bytes -= s->entries[s->entries_at].size;
	pthread_mutex_unlock(&s->lock);
	return 0;
}
