// SPDX-License-Identifier: BSD-3-Clause
// Names that look like a keyword, such as imitations of a brand.
#include "collector/query/query.h"

#include <string.h>

enum { FOLDED_SIZE = 4 * TEXT_NAME_SIZE };

const char *const query_reason_text[] = {"", "contains", "homoglyph", "digit for letter", "one edit"};

// Letters of other scripts, and accented ones, by the Latin letter that they look like
// (Unicode TR 39, confusables; the ones that registries accept).
static const struct {
	char latin;
	const char *alike; // UTF-8
} confusables[] = {{'a', "àáâãäåāăąǎȁȃȧаαạảấầẩẫậắằẳẵặɑ"}, {'b', "ƅɓьъḃḅвʙ"}, {'c', "çćĉċčсϲƈ"}, {'d', "ďđԁɖɗḋḍ"},
	{'e', "èéêëēĕėęěеёєẹẻẽếềểễệεҽ"}, {'f', "ƒḟϝ"}, {'g', "ĝğġģɡǧǵԍ"}, {'h', "ĥħһհḣḥн"}, {'i', "ìíîïĩīĭįıіїιɩịỉǐӏ"},
	{'j', "ĵјϳ"}, {'k', "ķкκḱḳқ"}, {'l', "ĺļľŀłɭḷḹ"}, {'m', "мṁṃɱ"}, {'n', "ñńņňŉпηṅṇɲ"},
	{'o', "òóôõöøōŏőоοσօọỏốồổỗộớờởỡợơǒө"}, {'p', "рρṕṗƥ"}, {'q', "ԛɋ"}, {'r', "ŕŗřгɼṙṛ"}, {'s', "śŝşšѕșṡṣ"},
	{'t', "ţťŧтτțṫṭ"}, {'u', "ùúûüũūŭůűųυսụủứừửữựưǔц"}, {'v', "νѵṽṿ"}, {'w', "ŵѡԝẁẃẅω"}, {'x', "хχẋẍ"},
	{'y', "ýÿŷуүγỳỵỷỹ"}, {'z', "źżžʐẑẓ"}};

// One code point of sound UTF-8, from the table above.
static uint32_t next_code(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c = s[0];
	int n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n > 1)
		c &= 0x3fu >> (n - 1);
	for (int i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	*p += n;
	return c;
}

static size_t put_code(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (int i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00 >> n & 0xff) | c);
	return (size_t)n;
}

// The Latin letter that a code point looks like, or 0.
static char latin_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof(confusables) / sizeof(*confusables); i++)
		for (const char *p = confusables[i].alike; *p;)
			if (next_code(&p) == code)
				return confusables[i].latin;
	return 0;
}

// --- punycode (RFC 3492 §6.2)

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, CODES_MAX = 64 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t digit_of(char c)
{
	return c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a') : c >= '0' && c <= '9' ? (uint32_t)(c - '0' + 26) : BASE;
}

// One number of variable length. False if it is cut off or too large.
static bool read_delta(const char **p, const char *end, uint32_t bias, uint32_t *i)
{
	uint32_t weight = 1;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t digit = *p < end ? digit_of(*(*p)++) : BASE;
		if (digit >= BASE || digit > (UINT32_MAX - *i) / weight)
			return false;
		*i += digit * weight;
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		if (digit < t)
			return true;
		if (weight > UINT32_MAX / (BASE - t))
			return false;
		weight *= BASE - t;
	}
}

// Code points of a label after its "xn--". Returns how many, 0 if it is not sound.
static size_t punycode(const char *text, size_t len, uint32_t out[CODES_MAX])
{
	const char *end = text + len, *basic = memrchr(text, '-', len), *p = text;
	uint32_t n = 128, i = 0, bias = BIAS;
	size_t count = 0;

	for (; basic && p < basic; p++)
		if (count < CODES_MAX)
			out[count++] = (unsigned char)*p;
	p = basic ? basic + 1 : text;
	while (p < end) {
		uint32_t before = i;
		if (count >= CODES_MAX || !read_delta(&p, end, bias, &i))
			return 0;
		bias = adapt(i - before, (uint32_t)count + 1, before == 0);
		n += i / ((uint32_t)count + 1);
		i %= (uint32_t)count + 1;
		if (n > 0x10ffff)
			return 0;
		memmove(out + i + 1, out + i, (count - i) * sizeof(*out));
		out[i++] = n;
		count++;
	}
	return count;
}

typedef size_t put_function(uint32_t code, char *out);

static size_t put_latin(uint32_t code, char *out)
{
	char latin = code < 0x80 ? (char)code : latin_of(code);

	out[0] = latin ? latin : '?';
	return 1;
}

// The name with its punycode labels written by `put`; 0 if there are none or it does not fit.
static size_t decode_labels(const char *name, size_t len, put_function *put, char *out, size_t out_size)
{
	uint32_t codes[CODES_MAX];
	size_t n = 0;
	bool any = false;

	for (size_t at = 0; at < len;) {
		const char *dot = memchr(name + at, '.', len - at);
		size_t size = dot ? (size_t)(dot - name) - at : len - at, count = 0;
		if (size > 4 && memcmp(name + at, "xn--", 4) == 0)
			count = punycode(name + at + 4, size - 4, codes);
		if (n + 4 * (count > 0 ? count : size) + 2 > out_size)
			return 0;
		for (size_t i = 0; i < count; i++)
			n += put(codes[i], out + n);
		if (count == 0) {
			memcpy(out + n, name + at, size);
			n += size;
		}
		any = any || count > 0;
		at += size + 1;
		if (dot)
			out[n++] = '.';
	}
	out[n] = '\0';
	return any ? n : 0;
}

size_t query_unicode(const char *name, size_t len, char *out, size_t out_size)
{
	return decode_labels(name, len, put_code, out, out_size);
}

bool query_to_latin(const char *text, char *out, size_t out_size)
{
	size_t n = 0;

	while (*text) {
		unsigned char c = (unsigned char)*text;
		int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		for (int i = 1; i <= more; i++)
			if (((unsigned char)text[i] & 0xc0) != 0x80)
				return false; // no UTF-8
		uint32_t code = next_code(&text);
		char latin = code < 0x80 ? (char)code : latin_of(code);
		if (!latin || n + 1 >= out_size)
			return false;
		out[n++] = latin;
	}
	out[n] = '\0';
	return true;
}

// --- what looks alike

// One letter for all that look like it: 0 o, 1 l i, 3 e, 4 a, 5 s, 7 t, 8 b, 9 g, rn m, vv w.
static size_t fold(const char *text, size_t len, char *out, size_t out_size)
{
	static const char digits[] = "olzeasgtbg";
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < out_size; i++) {
		char c = text[i];
		if (c >= '0' && c <= '9')
			c = digits[c - '0'];
		else if (c == 'i')
			c = 'l';
		else if (c == 'r' && i + 1 < len && text[i + 1] == 'n')
			c = 'm', i++;
		else if (c == 'v' && i + 1 < len && text[i + 1] == 'v')
			c = 'w', i++;
		out[n++] = c;
	}
	return n;
}

// True if one edit makes one of the other: a letter more, less, another, two neighbours swapped.
static bool is_one_edit(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i = 0;

	if (a_len > b_len)
		return is_one_edit(b, b_len, a, a_len);
	if (b_len - a_len > 1)
		return false;
	while (i < a_len && a[i] == b[i])
		i++;
	if (a_len != b_len)
		return memcmp(a + i, b + i + 1, a_len - i) == 0;
	if (i == a_len)
		return false; // the same
	if (memcmp(a + i + 1, b + i + 1, a_len - i - 1) == 0)
		return true;
	return i + 1 < a_len && a[i] == b[i + 1] && a[i + 1] == b[i] &&
	       memcmp(a + i + 2, b + i + 2, a_len - i - 2) == 0;
}

// Any word of the name, between dots and hyphens.
static bool has_edited_word(const char *keyword, size_t keyword_len, const char *name, size_t len)
{
	for (size_t at = 0, end; at < len; at = end + 1) {
		for (end = at; end < len && name[end] != '.' && name[end] != '-'; end++)
			;
		if (is_one_edit(keyword, keyword_len, name + at, end - at))
			return true;
	}
	return false;
}

// memmem for short texts, without its set-up.
static bool contains(const char *text, size_t len, const char *part, size_t part_len)
{
	uint32_t head, at;

	if (part_len < sizeof(head))
		return memmem(text, len, part, part_len) != NULL;
	memcpy(&head, part, sizeof(head));
	for (size_t i = 0; i + part_len <= len; i++) {
		memcpy(&at, text + i, sizeof(at));
		if (at == head && memcmp(text + i, part, part_len) == 0)
			return true;
	}
	return false;
}

enum query_reason query_alike(const char *keyword, size_t keyword_len, const char *name, size_t len)
{
	char folded_keyword[TEXT_NAME_SIZE], folded[FOLDED_SIZE];

	if (contains(name, len, keyword, keyword_len))
		return QUERY_REASON_CONTAINS;
	if (contains(name, len, "xn--", 4)) {
		size_t n = decode_labels(name, len, put_latin, folded, sizeof(folded));
		if (n > 0 && contains(folded, n, keyword, keyword_len))
			return QUERY_REASON_HOMOGLYPH;
	}
	size_t k = fold(keyword, keyword_len, folded_keyword, sizeof(folded_keyword));
	size_t n = fold(name, len, folded, sizeof(folded));
	if (k > 2 && contains(folded, n, folded_keyword, k))
		return QUERY_REASON_DIGIT;
	if (keyword_len >= QUERY_EDIT_MIN && !memchr(keyword, '.', keyword_len) &&
		has_edited_word(keyword, keyword_len, name, len))
		return QUERY_REASON_EDIT;
	return QUERY_REASON_NONE;
}
