// SPDX-License-Identifier: BSD-3-Clause
// Look-alikes of every kind, one keyword and many.
#include "tests/tools/unit.h"

#include "collector/alike/alike.h"
#include "collector/alike/letters.h"

#include <stdio.h>
#include <string.h>

struct sample {
	const char *keyword, *name;
	enum alike_reason reason;
};

// dnstwist's kinds, each with a keyword long enough for it.
static const struct sample samples[] = {{"paypal", "www.paypal.com", ALIKE_CONTAINS}, // the name itself
	{"paypal", "paypala.com", ALIKE_CONTAINS},				      // addition
	{"paypal", "paypal-login.com", ALIKE_CONTAINS},				      // dictionary
	{"paypal", "paypal.xyz", ALIKE_CONTAINS},				      // another top-level domain
	{"paypal", "paypalcom.com", ALIKE_CONTAINS},				      // various
	{"paypal", "paqpal.com", ALIKE_EDIT},					      // a bit flipped
	{"paypal", "paxpal.com", ALIKE_EDIT},					      // replacement
	{"paypal", "paytpal.com", ALIKE_EDIT},					      // insertion
	{"paypal", "paypl.com", ALIKE_EDIT},					      // omission
	{"paypal", "papyal.com", ALIKE_EDIT},					      // transposition, inside a half
	{"amazon", "amzaon.com", ALIKE_EDIT},					      // …and where the halves meet
	{"paypal", "paayypal.com", ALIKE_NONE},					      // two edits
	{"paypal", "payypal.com", ALIKE_EDIT},					      // repetition
	{"paypal", "paypel.com", ALIKE_EDIT},					      // a vowel
	{"paypal", "secure-paypol.com", ALIKE_EDIT}, {"paypal", "paypol.evil.example", ALIKE_EDIT},
	{"paypal", "pay-pal.com", ALIKE_SPLIT}, // hyphenation
	{"paypal", "pay.pal.com", ALIKE_SPLIT}, // subdomain
	{"paypal", "login.p.aypal.com", ALIKE_SPLIT}, {"paypal", "pay.pal", ALIKE_SPLIT},
	{"paypal", "pay-pa1.com", ALIKE_SPLIT}, {"paypal", "xpay-palx.com", ALIKE_NONE},
	{"t-mobile", "tmobile.com", ALIKE_SPLIT}, {"t-mobile", "t.mobile.example", ALIKE_DIGIT},
	{"paypal", "paypa1.com", ALIKE_DIGIT}, {"paypal", "login.paypai.net", ALIKE_DIGIT},
	{"amazon", "arnazon.com", ALIKE_DIGIT}, {"amazon", "myarnaz0nshop.com", ALIKE_DIGIT},
	{"windows", "vvindovvs.com", ALIKE_DIGIT},
	{"paypal", "xn--pypal-4ve.com", ALIKE_HOMOGLYPH},	   // its first "a" is Cyrillic
	{"paypal", "xn--80aa0aec35a.com", ALIKE_NONE},		   // Cyrillic of something else
	{"apple", "xn--80ak6aa92e.com", ALIKE_HOMOGLYPH},	   // all Cyrillic
	{"bucher", "xn--bcherladen-9db.example", ALIKE_HOMOGLYPH}, // ü
	{"paypal", "xn--paypl-uqa.com", ALIKE_HOMOGLYPH},	   // à
	{"paypal", "xn--pypl-0nac.com", ALIKE_HOMOGLYPH},	   // two of them
	{"facebook", "facedook.com", ALIKE_EDIT}, {"facebook", "facedooklk.com", ALIKE_NONE},
	{"facebook", "faceclook.com", ALIKE_NONE}, // d is not b…
	{"google", "qooqle.com", ALIKE_DIGIT}, {"bookbook", "bookdook.com", ALIKE_EDIT},
	{"postmannmann", "postmammmamm.com", ALIKE_SIMILAR}, {"linkedin", "linkeclin.com", ALIKE_SIMILAR}, // cl for d
	{"amazon", "annazon.com", ALIKE_SIMILAR}, {"binance", "dinanee.com", ALIKE_NONE}, // both halves
	{"santander", "santanbar.com", ALIKE_NONE}, {"commerzbank", "connrnerzdank.com", ALIKE_NONE},
	// short keywords
	{"ebay", "ebsy.com", ALIKE_EDIT}, {"ebay", "www.ebsy.co.uk", ALIKE_EDIT},
	{"ebay", "ebsy.example.com", ALIKE_NONE}, {"ebay", "eb.ay.com", ALIKE_SPLIT},
	{"steam", "team.slack.com", ALIKE_NONE}, {"steam", "stearm.com", ALIKE_EDIT},
	{"steam", "my-steem.com", ALIKE_EDIT}, {"steam", "a.b.steem.co.uk", ALIKE_EDIT}, {"dhl", "dal.com", ALIKE_NONE},
	{"dhl", "d-hl.com", ALIKE_SPLIT}, {"dhl", "dh1.com", ALIKE_DIGIT}, {"ab", "4b.com", ALIKE_NONE},
	{"ab", "cab.com", ALIKE_CONTAINS},
	// hostile and odd names
	{"paypal", "", ALIKE_NONE}, {"paypal", ".", ALIKE_NONE}, {"paypal", "-", ALIKE_NONE},
	{"paypal", "xn--", ALIKE_NONE}, {"paypal", "xn--99999999999999999999.com", ALIKE_NONE},
	{"paypal", "xn--a-\\255.com", ALIKE_NONE}, {"paypal", "p\\.aypal.com", ALIKE_EDIT},
	{"example.com", "example-com.evil.example", ALIKE_DIGIT}};

enum { SAMPLES = sizeof(samples) / sizeof(*samples) };

static void one_keyword(void)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		enum alike_reason reason = alike(s->keyword, strlen(s->keyword), s->name, strlen(s->name));
		if (reason != s->reason)
			printf("\n%s, %s: found '%s', expected '%s'", s->keyword, s->name, alike_reason_text[reason],
				alike_reason_text[s->reason]);
		CU_ASSERT_EQUAL(reason, s->reason);
	}
}

struct hits {
	size_t len, most;
	enum alike_reason reason[SAMPLES];
	size_t times[SAMPLES];
};

static bool take(void *arg, uint32_t id, enum alike_reason reason)
{
	struct hits *h = arg;

	h->reason[id] = reason;
	h->times[id]++;
	return ++h->len < h->most;
}

// A set finds the same as each of its keywords alone.
static void many_keywords(void)
{
	struct alike_set *set = alike_set_new();
	char keyword[32];

	CU_ASSERT_FALSE(alike_set_add(set, "", 0, 0));
	for (uint32_t i = 0; i < SAMPLES; i++)
		CU_ASSERT(alike_set_add(set, samples[i].keyword, strlen(samples[i].keyword), i));
	CU_ASSERT(alike_set_seal(set));
	for (size_t i = 0; i < SAMPLES; i++) {
		struct hits hits = {.most = SIZE_MAX};
		const char *name = samples[i].name;
		alike_set_find(set, name, strlen(name), take, &hits);
		for (size_t k = 0; k < SAMPLES; k++) {
			const char *word = samples[k].keyword;
			enum alike_reason alone = alike(word, strlen(word), name, strlen(name));
			if (hits.reason[k] != alone)
				printf("\n%s, %s: found '%s' in a set, '%s' alone", word, name,
					alike_reason_text[hits.reason[k]], alike_reason_text[alone]);
			CU_ASSERT_EQUAL(hits.reason[k], alone);
			CU_ASSERT(hits.times[k] <= 1);
		}
	}
	struct hits first = {.most = 1};
	alike_set_find(set, "paypal.com", 10, take, &first);
	CU_ASSERT_EQUAL(first.len, 1);
	alike_set_free(set);
	set = alike_set_new();
	for (uint32_t i = 0; i < 20000; i++)
		CU_ASSERT(alike_set_add(set, keyword,
			(size_t)snprintf(keyword, sizeof(keyword), "brand%x", i * 2654435761u), i % SAMPLES));
	CU_ASSERT(alike_set_seal(set));
	struct hits none = {.most = SIZE_MAX};
	alike_set_find(set, "www.example.com", 15, take, &none);
	CU_ASSERT_EQUAL(none.len, 0);
	alike_set_free(set);
	alike_set_free(NULL);
}

static void letters(void)
{
	char out[256], three[LETTERS_MAX];

	CU_ASSERT(alike_unicode("www.xn--bcher-kva.example", 25, out, sizeof(out)) > 0);
	CU_ASSERT_STRING_EQUAL(out, "www.bücher.example");
	CU_ASSERT_EQUAL(alike_unicode("www.example", 11, out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(alike_unicode("www.xn--bcher-kva.example", 25, out, 8), 0);
	CU_ASSERT(alike_to_latin("ВÜcher", out, sizeof(out)) == false); // capitals are none
	CU_ASSERT(alike_to_latin("bücherœ", out, sizeof(out)));
	CU_ASSERT_STRING_EQUAL(out, "bucheroe");
	CU_ASSERT_FALSE(alike_to_latin("例え", out, sizeof(out)));
	CU_ASSERT_FALSE(alike_to_latin("bücher", out, 5));
	CU_ASSERT_FALSE(alike_to_latin("b\xc3", out, sizeof(out)));
	CU_ASSERT_EQUAL(letters_of(0x301, three), 0);
	CU_ASSERT_EQUAL(letters_of(0x4e2d, three), -1);
	CU_ASSERT(letters_of('x', three) == 1 && three[0] == 'x');
}

int main(void)
{
	static const struct unit_test tests[] = {{"one keyword", one_keyword}, {"many keywords", many_keywords},
		{"letters", letters}};

	return unit_run("alike", tests, sizeof(tests) / sizeof(*tests));
}
