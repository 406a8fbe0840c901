// SPDX-License-Identifier: BSD-3-Clause
// All that is known about RR types, one row per type: the only place for it. Order of IANA's registry "Resource Record (RR)
// TYPEs". A new type is one new row.
//
//     X(identifier, mnemonic, number, properties, fields of the RDATA…)
//
// Properties, joined by |:
//
//     IN_ONLY       the layout holds in class IN only
//     LENIENT       RDATA that does not fit is opaque instead of malformed: few parsers know the type, or it is obsolete or
//                   a draft. Most receivers accept such RDATA unchanged (RFC 3597 §3), so the message is not refused
//     POINTS_BY(n)  field n (from 1) is a name that the record points to: it has an index (rdata:) in Redis
//     REWRITTEN     import makes the text of other programs canonical, and the output for DNSDB's clients adds final dots
//                   to names. Other types keep their text unchanged
//     DNSSEC        belongs to DNSSEC: what DNSDB leaves out of ANY (its API, "RRTYPE")
//     SKIPPED       not taken unless the settings `types` and `types_skip` say so: nothing lasting about a name, that is
//                   signatures and their chains, transactions, and types of questions (RFC 6895 §3.1)
//     COF           every client of the Common Output Format knows the mnemonic: dnspython from 2.2 on, by which PyPDNS
//                   reads (and with it MISP and Cortex). PyPDNS refuses a whole answer for one unknown mnemonic, but accepts
//                   a number
//
// That a record points to an address follows from its fields: one address and nothing else.
// The fields (enum dns_field) and the properties are in dns_layout.h. Types without a row are opaque: kept unchanged, and
// written as RFC 3597 says.
#pragma once

// clang-format off: table
#define DNS_TYPES_LOW(X) \
	X(A, "A", 1, IN_ONLY | COF, IPV4) \
	X(NS, "NS", 2, POINTS_BY(1) | REWRITTEN | COF, NAME) \
	X(MD, "MD", 3, LENIENT | COF, NAME) \
	X(MF, "MF", 4, LENIENT | COF, NAME) \
	X(CNAME, "CNAME", 5, POINTS_BY(1) | REWRITTEN | COF, NAME) \
	X(SOA, "SOA", 6, POINTS_BY(1) | REWRITTEN | COF, NAME, NAME, U32, U32, U32, U32, U32) \
	X(MB, "MB", 7, LENIENT | COF, NAME) \
	X(MG, "MG", 8, LENIENT | COF, NAME) \
	X(MR, "MR", 9, LENIENT | COF, NAME) \
	X(NULL, "NULL", 10, COF, OPAQUE) \
	X(WKS, "WKS", 11, IN_ONLY | COF, IPV4, U8, PORTS) \
	X(PTR, "PTR", 12, POINTS_BY(1) | REWRITTEN | COF, NAME) \
	X(HINFO, "HINFO", 13, COF, STRING, STRING) \
	X(MINFO, "MINFO", 14, LENIENT | REWRITTEN | COF, NAME, NAME) \
	X(MX, "MX", 15, POINTS_BY(2) | REWRITTEN | COF, U16, NAME) \
	X(TXT, "TXT", 16, REWRITTEN | COF, STRINGS) \
	X(RP, "RP", 17, REWRITTEN | COF, NAME, NAME) \
	X(AFSDB, "AFSDB", 18, REWRITTEN | COF, U16, NAME) \
	X(X25, "X25", 19, COF, STRING) \
	X(ISDN, "ISDN", 20, COF, STRING, STRING_OPTIONAL) \
	X(RT, "RT", 21, REWRITTEN | COF, U16, NAME) \
	X(NSAP, "NSAP", 22, IN_ONLY | COF, HEX0X) \
	X(NSAP_PTR, "NSAP-PTR", 23, IN_ONLY, NAME) \
	X(SIG, "SIG", 24, LENIENT | DNSSEC | SKIPPED | COF, TYPE, U8, U8, U32, TIME, TIME, U16, NAME, BASE64) \
	X(KEY, "KEY", 25, LENIENT | DNSSEC | SKIPPED | COF, U16, U8, U8, BASE64) \
	X(PX, "PX", 26, IN_ONLY | REWRITTEN | COF, U16, NAME, NAME) \
	X(GPOS, "GPOS", 27, COF, TAG, TAG, TAG) \
	X(AAAA, "AAAA", 28, IN_ONLY | COF, IPV6) \
	X(LOC, "LOC", 29, COF, LOC) \
	X(NXT, "NXT", 30, LENIENT | DNSSEC | SKIPPED | COF, NAME, TYPES_NXT) \
	X(EID, "EID", 31, LENIENT, HEX) \
	X(NIMLOC, "NIMLOC", 32, LENIENT, HEX) \
	X(SRV, "SRV", 33, IN_ONLY | POINTS_BY(4) | REWRITTEN | COF, U16, U16, U16, NAME) \
	X(ATMA, "ATMA", 34, LENIENT, ATMA) \
	X(NAPTR, "NAPTR", 35, IN_ONLY | REWRITTEN | COF, U16, U16, STRING, STRING, STRING, NAME) \
	X(KX, "KX", 36, IN_ONLY | REWRITTEN | COF, U16, NAME) \
	X(CERT, "CERT", 37, COF, CERT_TYPE, U16, ALGORITHM, BASE64) \
	X(A6, "A6", 38, LENIENT | COF, A6) \
	X(DNAME, "DNAME", 39, POINTS_BY(1) | REWRITTEN | COF, NAME) \
	X(SINK, "SINK", 40, LENIENT, U8, U8, U8, BASE64) \
	X(OPT, "OPT", 41, SKIPPED | COF, OPTIONS) \
	X(APL, "APL", 42, IN_ONLY | COF, PREFIXES) \
	X(DS, "DS", 43, REWRITTEN | DNSSEC | COF, U16, U8, U8, HEX) \
	X(SSHFP, "SSHFP", 44, REWRITTEN | COF, U8, U8, HEX) \
	X(IPSECKEY, "IPSECKEY", 45, IN_ONLY | COF, U8, U8, U8, GATEWAY, BASE64) \
	X(RRSIG, "RRSIG", 46, DNSSEC | SKIPPED | COF, TYPE, U8, U8, U32, TIME, TIME, U16, NAME, BASE64) \
	X(NSEC, "NSEC", 47, REWRITTEN | DNSSEC | SKIPPED | COF, NAME, TYPES) \
	X(DNSKEY, "DNSKEY", 48, DNSSEC | COF, U16, U8, U8, BASE64) \
	X(DHCID, "DHCID", 49, IN_ONLY | COF, BASE64) \
	X(NSEC3, "NSEC3", 50, DNSSEC | SKIPPED | COF, U8, U8, U16, HEX8, BASE32_8, TYPES) \
	X(NSEC3PARAM, "NSEC3PARAM", 51, DNSSEC | COF, U8, U8, U16, HEX8) \
	X(TLSA, "TLSA", 52, REWRITTEN | COF, U8, U8, U8, HEX) \
	X(SMIMEA, "SMIMEA", 53, REWRITTEN | COF, U8, U8, U8, HEX) \
	X(HIP, "HIP", 55, COF, HIP, NAMES) \
	X(NINFO, "NINFO", 56, COF, STRINGS) \
	X(RKEY, "RKEY", 57, LENIENT, U16, U8, U8, BASE64) \
	X(TALINK, "TALINK", 58, LENIENT, NAME, NAME) \
	X(CDS, "CDS", 59, REWRITTEN | DNSSEC | COF, U16, U8, U8, HEX) \
	X(CDNSKEY, "CDNSKEY", 60, DNSSEC | COF, U16, U8, U8, BASE64) \
	X(OPENPGPKEY, "OPENPGPKEY", 61, COF, BASE64) \
	X(CSYNC, "CSYNC", 62, DNSSEC | COF, U32, U16, TYPES) \
	X(ZONEMD, "ZONEMD", 63, COF, U32, U8, U8, HEX) \
	X(SVCB, "SVCB", 64, IN_ONLY | POINTS_BY(2) | REWRITTEN | COF, U16, NAME, SVC_PARAMS) \
	X(HTTPS, "HTTPS", 65, IN_ONLY | POINTS_BY(2) | REWRITTEN | COF, U16, NAME, SVC_PARAMS) \
	X(DSYNC, "DSYNC", 66, LENIENT, TYPE, SCHEME, U16, NAME) \
	X(HHIT, "HHIT", 67, LENIENT, BASE64) \
	X(BRID, "BRID", 68, LENIENT, BASE64) \
	X(SPF, "SPF", 99, REWRITTEN | COF, STRINGS) \
	X(UINFO, "UINFO", 100, PLAIN, OPAQUE) \
	X(UID, "UID", 101, PLAIN, OPAQUE) \
	X(GID, "GID", 102, PLAIN, OPAQUE) \
	X(UNSPEC, "UNSPEC", 103, COF, OPAQUE) \
	X(NID, "NID", 104, COF, U16, LOCATOR64) \
	X(L32, "L32", 105, COF, U16, IPV4) \
	X(L64, "L64", 106, COF, U16, LOCATOR64) \
	X(LP, "LP", 107, REWRITTEN | COF, U16, NAME) \
	X(EUI48, "EUI48", 108, COF, EUI48) \
	X(EUI64, "EUI64", 109, COF, EUI64) \
	X(NXNAME, "NXNAME", 128, PLAIN, OPAQUE) \
	X(TKEY, "TKEY", 249, SKIPPED | COF, NAME, U32, U32, U16, U16, BASE64_16, BASE64_16) \
	X(TSIG, "TSIG", 250, SKIPPED | COF, NAME, U48, U16, SIZED64, U16, RCODE, SIZED64) \
	X(IXFR, "IXFR", 251, SKIPPED | COF, OPAQUE) \
	X(AXFR, "AXFR", 252, SKIPPED | COF, OPAQUE) \
	X(MAILB, "MAILB", 253, SKIPPED | COF, OPAQUE) \
	X(MAILA, "MAILA", 254, SKIPPED | COF, OPAQUE) \
	X(ANY, "ANY", 255, SKIPPED | COF, OPAQUE) \
	X(URI, "URI", 256, COF, U16, U16, TEXT) \
	X(CAA, "CAA", 257, COF, U8, TAG, TEXT) \
	X(AVC, "AVC", 258, COF, STRINGS) \
	X(DOA, "DOA", 259, LENIENT, U32, U32, U8, STRING, BASE64_DASH) \
	X(AMTRELAY, "AMTRELAY", 260, COF, U8, RELAY) \
	X(RESINFO, "RESINFO", 261, LENIENT, STRINGS) \
	X(WALLET, "WALLET", 262, LENIENT, STRINGS) \
	X(CLA, "CLA", 263, LENIENT, STRINGS) \
	X(IPN, "IPN", 264, LENIENT, U64)

// Far above all others.
#define DNS_TYPES_HIGH(X) \
	X(TA, "TA", 32768, LENIENT | REWRITTEN | DNSSEC | COF, U16, U8, U8, HEX) \
	X(DLV, "DLV", 32769, REWRITTEN | DNSSEC | COF, U16, U8, U8, HEX)

#define DNS_TYPES(X) DNS_TYPES_LOW(X) DNS_TYPES_HIGH(X)
// clang-format on

enum dns_type {
#define DNS_TYPE_NUMBER(identifier, mnemonic, number, ...) DNS_TYPE_##identifier = number,
	DNS_TYPES(DNS_TYPE_NUMBER)
#undef DNS_TYPE_NUMBER
};
