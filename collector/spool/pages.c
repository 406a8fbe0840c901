// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAGIC = 0xBEEFC0DE,
	VERSION = 1,
	PAGE_BRANCH = 1,
	PAGE_LEAF = 2,
	PAGE_OVERFLOW = 4,
	PAGE_META = 8,
	NODE_BIG = 1, // the value is in overflow pages
	NODE_TREE = 2,
	TREE_INTEGER = 8, // keys are numbers
	// of the free pages: the file was created with MDB_NOSUBDIR, as rebuild.c does
	TREE_FILE = 1 << 14,
	DEPTH_MAX = 16,
	KEY_MAX = 511,
	VALUE_MAX = 1 << 30
};

static const uint64_t NO_PAGE = UINT64_MAX;

struct page_head {
	uint64_t number;
	uint16_t pad, flags, lower, upper; // of overflow pages lower and upper are one number: how many
};

struct node_head {
	uint16_t low, high, flags, key_size;
};

struct tree {
	uint32_t pad;
	uint16_t flags, depth;
	uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct root {
	uint32_t magic, version;
	uint64_t address, map_size;
	struct tree free, main;
	uint64_t last_page, transaction;
};

struct walk {
	int fd;
	size_t page_size;
	uint64_t pages;	 // that the file counts
	uint8_t *used;	 // a bit a page
	uint8_t *value;	 // of overflow pages
	size_t capacity; // allocated
	pages_entry *each;
	void *context;
	const char *table;		       // in which it is; NULL: the main tree, "": the free pages
	struct tree seen;		       // what the tree turned out to have
	bool integer;			       // its keys are numbers
	uint8_t last[KEY_MAX], floor[KEY_MAX]; // the previous key, and the least that the next one may be
	size_t last_size, floor_size;	       // 0: none
};

static int read_at(int fd, void *out, size_t size, uint64_t at)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(fd, (uint8_t *)out + done, size - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return EBADMSG; // truncated
		done += (size_t)n;
	}
	return 0;
}

static bool take_pages(struct walk *w, uint64_t from, uint64_t len)
{
	if (from < 2 || from >= w->pages || len == 0 || len > w->pages - from)
		return false;
	for (uint64_t p = from; p < from + len; p++) {
		if (w->used[p / 8] & 1 << p % 8)
			return false;
		w->used[p / 8] |= (uint8_t)(1 << p % 8);
	}
	return true;
}

static int compare(const struct walk *w, const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	uint64_t x, y;

	if (w->integer) {
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return x < y ? -1 : x > y;
	}
	int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
	return order ? order : a_size < b_size ? -1 : a_size > b_size;
}

static bool is_key(const struct walk *w, size_t size)
{
	return w->integer ? size == sizeof(uint64_t) : size > 0 && size <= KEY_MAX;
}

// The key of a branch: greater than all keys before it, and not greater than those after it.
static bool take_floor(struct walk *w, const uint8_t *key, size_t size)
{
	if (!is_key(w, size) || (w->last_size > 0 && compare(w, key, size, w->last, w->last_size) <= 0))
		return false;
	memcpy(w->floor, key, size);
	w->floor_size = size;
	return true;
}

static bool take_key(struct walk *w, const uint8_t *key, size_t size)
{
	if (!is_key(w, size) || (w->last_size > 0 && compare(w, key, size, w->last, w->last_size) <= 0) ||
		(w->floor_size > 0 && compare(w, key, size, w->floor, w->floor_size) < 0))
		return false;
	memcpy(w->last, key, size);
	w->last_size = size;
	return true;
}

// A value in overflow pages.
static int read_overflow(struct walk *w, const uint8_t *at, size_t size)
{
	struct page_head head;
	uint64_t page;

	memcpy(&page, at, sizeof(page));
	if (page < 2 || page >= w->pages || size > VALUE_MAX)
		return EBADMSG;
	size_t total = sizeof(head) + size;
	if (total > w->capacity) {
		uint8_t *more = realloc(w->value, total);
		if (!more)
			return ENOMEM;
		w->value = more;
		w->capacity = total;
	}
	int result = read_at(w->fd, w->value, total, page * w->page_size);
	if (result != 0)
		return result;
	memcpy(&head, w->value, sizeof(head));
	uint64_t len = head.lower | (uint64_t)head.upper << 16;
	if (head.number != page || head.flags != PAGE_OVERFLOW || len != (total + w->page_size - 1) / w->page_size ||
		!take_pages(w, page, len))
		return EBADMSG;
	w->seen.overflow_pages += len;
	return 0;
}

// A list of free pages: their number, then the page numbers in descending order.
static bool take_free(struct walk *w, const uint8_t *value, size_t size)
{
	uint64_t len, page, before = NO_PAGE;

	if (size < sizeof(len) || size % sizeof(len) != 0)
		return false;
	memcpy(&len, value, sizeof(len));
	if (len > size / sizeof(len) - 1)
		return false;
	for (uint64_t i = 1; i <= len; i++) {
		memcpy(&page, value + i * sizeof(page), sizeof(page));
		if (page >= before || !take_pages(w, page, 1))
			return false;
		before = page;
	}
	return true;
}

static int walk_tree(struct walk *w, const struct tree *tree, const char *table, unsigned flags);

// A table in the main tree: its tree is walked at once.
static int walk_table(struct walk *w, const uint8_t *key, size_t key_size, const uint8_t *value, size_t size)
{
	static const struct {
		const char *name;
		unsigned flags;
	} tables[] = {{"meta", 0}, {"batches", TREE_INTEGER}, {"streams", TREE_INTEGER}};
	struct tree tree;

	if (size != sizeof(tree))
		return EBADMSG;
	memcpy(&tree, value, sizeof(tree));
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strlen(tables[i].name) != key_size || memcmp(tables[i].name, key, key_size) != 0)
			continue;
		struct walk *inner = malloc(sizeof(*inner));
		if (!inner)
			return ENOMEM;
		*inner = *w;
		int result = walk_tree(inner, &tree, tables[i].name, tables[i].flags);
		w->value = inner->value;
		w->capacity = inner->capacity;
		free(inner);
		return result;
	}
	return EBADMSG;
}

static int take_leaf(struct walk *w, const struct node_head *node, const uint8_t *key)
{
	const uint8_t *value = key + node->key_size;
	size_t size = node->low | (size_t)node->high << 16;
	int result = 0;

	if (!take_key(w, key, node->key_size))
		return EBADMSG;
	w->seen.entries++;
	if (node->flags & NODE_BIG) {
		result = read_overflow(w, value, size);
		value = w->value + sizeof(struct page_head);
	}
	if (result != 0)
		return result;
	if (!w->table)
		return node->flags == NODE_TREE ? walk_table(w, key, node->key_size, value, size) : EBADMSG;
	if (node->flags & ~NODE_BIG)
		return EBADMSG;
	bool good = w->table[0] ? w->each(w->context, w->table, key, node->key_size, value, size)
				: take_free(w, value, size);
	return good ? 0 : EBADMSG;
}

static int walk_page(struct walk *w, uint64_t number, unsigned depth);

static int take_branch(struct walk *w, const struct node_head *node, const uint8_t *key, bool is_first, unsigned depth)
{
	uint64_t child = node->low | (uint64_t)node->high << 16 | (uint64_t)node->flags << 32;

	if (!is_first && !take_floor(w, key, node->key_size))
		return EBADMSG;
	return walk_page(w, child, depth - 1);
}

// Octets of the node on its page.
static size_t node_size(const struct node_head *node, bool leaf)
{
	size_t size = sizeof(*node) + node->key_size;

	if (leaf)
		size += node->flags & NODE_BIG ? sizeof(uint64_t) : node->low | (size_t)node->high << 16;
	return (size + 1) & ~(size_t)1;
}

static int walk_nodes(struct walk *w, const uint8_t *page, const struct page_head *head, unsigned depth)
{
	size_t len = (head->lower - sizeof(*head)) / 2, total = 0;
	bool leaf = depth == 1;
	int result = 0;

	for (size_t i = 0; i < len && result == 0; i++) {
		struct node_head node;
		uint16_t at;
		memcpy(&at, page + sizeof(*head) + 2 * i, sizeof(at));
		if (at < head->upper || at % 2 != 0 || at > w->page_size - sizeof(node))
			return EBADMSG;
		memcpy(&node, page + at, sizeof(node));
		size_t size = node_size(&node, leaf);
		total += size;
		if (size > w->page_size - at)
			return EBADMSG;
		const uint8_t *key = page + at + sizeof(node);
		result = leaf ? take_leaf(w, &node, key) : take_branch(w, &node, key, i == 0, depth);
	}
	return result == 0 && total != w->page_size - head->upper ? EBADMSG : result;
}

// `depth`: levels of the tree from this page down; 1: a leaf.
static int walk_page(struct walk *w, uint64_t number, unsigned depth)
{
	struct page_head head;

	if (!take_pages(w, number, 1))
		return EBADMSG;
	uint8_t *page = malloc(w->page_size);
	if (!page)
		return ENOMEM;
	bool leaf = depth == 1;
	int result = read_at(w->fd, page, w->page_size, number * w->page_size);
	if (result == 0)
		memcpy(&head, page, sizeof(head));
	if (result == 0 && (head.number != number || head.flags != (leaf ? PAGE_LEAF : PAGE_BRANCH) ||
				   head.lower % 2 != 0 || head.lower < sizeof(head) + (leaf ? 2 : 4) ||
				   head.upper < head.lower || head.upper > w->page_size))
		result = EBADMSG;
	if (result == 0)
		result = walk_nodes(w, page, &head, depth);
	*(leaf ? &w->seen.leaf_pages : &w->seen.branch_pages) += 1;
	free(page);
	return result;
}

static int walk_tree(struct walk *w, const struct tree *tree, const char *table, unsigned flags)
{
	const struct tree *seen = &w->seen;
	bool empty = tree->root == NO_PAGE;

	w->table = table;
	w->integer = flags & TREE_INTEGER;
	w->seen = (struct tree){.root = tree->root};
	w->last_size = w->floor_size = 0;
	if (tree->flags != flags || tree->depth > DEPTH_MAX || empty != (tree->depth == 0))
		return EBADMSG;
	int result = empty ? 0 : walk_page(w, tree->root, tree->depth);
	if (result != 0)
		return result;
	return seen->branch_pages == tree->branch_pages && seen->leaf_pages == tree->leaf_pages &&
			       seen->overflow_pages == tree->overflow_pages && seen->entries == tree->entries
		       ? 0
		       : EBADMSG;
}

static bool is_root(const struct page_head *head, const struct root *root, uint64_t number, size_t page_size)
{
	return head->number == number && head->flags == PAGE_META && root->magic == MAGIC && root->version == VERSION &&
	       root->free.pad == page_size && root->last_page >= 1 &&
	       (root->transaction == 0 || root->transaction % 2 == number);
}

// The meta page of the last transaction.
static int read_root(int fd, size_t page_size, struct root *out)
{
	struct {
		struct page_head head;
		struct root root;
	} at[2];

	for (uint64_t i = 0; i < 2; i++) {
		int result = read_at(fd, &at[i], sizeof(at[i]), i * page_size);
		if (result != 0)
			return result;
	}
	if (at[0].root.magic == MAGIC && at[1].root.magic == MAGIC && at[0].root.version == at[1].root.version &&
		at[0].root.version != VERSION)
		return EPROTO;
	if (!is_root(&at[0].head, &at[0].root, 0, page_size) || !is_root(&at[1].head, &at[1].root, 1, page_size))
		return EBADMSG;
	uint64_t t0 = at[0].root.transaction, t1 = at[1].root.transaction;
	if (t0 == 0 && t1 == 0)
		return ENODATA;
	if (t0 > t1 ? t0 - t1 != 1 : t1 - t0 != 1)
		return EBADMSG;
	*out = at[t1 > t0].root;
	out->free.flags &= (uint16_t)~TREE_FILE;
	return 0;
}

int pages_check(int fd, pages_entry *each, void *context)
{
	struct walk w = {.fd = fd, .page_size = (size_t)sysconf(_SC_PAGESIZE), .each = each, .context = context};
	struct root root;
	struct stat st;

	int result = fstat(fd, &st) == 0 ? read_root(fd, w.page_size, &root) : errno;
	if (result != 0)
		return result;
	if (root.last_page >= (uint64_t)st.st_size / w.page_size)
		return EBADMSG; // truncated
	w.pages = root.last_page + 1;
	w.used = calloc(w.pages / 8 + 1, 1);
	if (!w.used)
		return ENOMEM;
	result = walk_tree(&w, &root.free, "", TREE_INTEGER);
	if (result == 0)
		result = walk_tree(&w, &root.main, NULL, 0);
	free(w.used);
	free(w.value);
	return result;
}
