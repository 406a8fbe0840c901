#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures the look-alike detection: how many of dnstwist's permutations it finds, and how many popular names it flags.

    tests/bench/alike.py [--set tune|report] [--popular FILE] [--bench build/tests/alike_bench] [--missed KIND]
                         [--words NAME,...] [NAME.TLD...]

The permutations are those of the installed program dnstwist (Debian: dnstwist), all of its kinds; the names of a name server, www
and the like are not added. The domains of the set "tune" were used while the rules were written, those of "report" were not.
A false alarm is a name of the popular list (one a line) that does not contain the keyword, but is flagged as a look-alike.
"""
import argparse, collections, pathlib, subprocess, sys

import dnstwist

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SETS = {
    "tune": "paypal.com amazon.com apple.com netflix.com barclays.co.uk microsoft.com ebay.com visa.com ikea.com t-mobile.de "
            "credit-agricole.fr facebook.com commerzbank.de dhl.com rabobank.nl steam.com",
    "report": "google.com instagram.com linkedin.com santander.com deutsche-bank.de spotify.com binance.com hsbc.co.uk lidl.de "
              "shell.com chase.com wellsfargo.com coinbase.com dropbox.com sparkasse.de bankofamerica.com postbank.de "
              "mercedes-benz.com swisscom.ch wikipedia.org",
}
DICTIONARIES = pathlib.Path("/usr/share/dnstwist/dictionaries")


def words_of(name):
    path = DICTIONARIES / name
    return [w for w in path.read_text(encoding="utf-8").split() if not w.startswith("#")] if path.exists() else []


def permutations(domain):
    """Pairs of a kind and a name; each name once, as dnstwist does it."""
    fuzzer = dnstwist.Fuzzer(domain, dictionary=words_of("english.dict"), tld_dictionary=words_of("common_tlds.dict"))
    fuzzer.generate()
    return [(p["fuzzer"], p["domain"]) for p in fuzzer.permutations() if p["fuzzer"] != "*original"]


def keyword_of(domain):
    return dnstwist.domain_tld(domain)[1]


def run(bench, arguments, lines):
    text = "\n".join(lines) + "\n"
    return subprocess.run([bench, *arguments], input=text, capture_output=True, text=True, check=True).stdout.splitlines()


def measure(bench, domains, missed):
    """Found and all, per kind and per keyword."""
    kinds, names = collections.Counter(), collections.Counter()
    found_kinds, found_names = collections.Counter(), collections.Counter()
    for domain in domains:
        keyword, all_ = keyword_of(domain), permutations(domain)
        reasons = run(bench, [], [f"{keyword} {name}" for _, name in all_])
        if len(reasons) != len(all_):
            sys.exit(f"alike: found {len(reasons)} answers of {bench}, expected {len(all_)}")
        for (kind, name), reason in zip(all_, reasons):
            kinds[kind] += 1
            names[keyword] += 1
            found_kinds[kind] += reason != "-"
            found_names[keyword] += reason != "-"
            if kind == missed and reason == "-":
                print(keyword, name, name.encode().decode("idna") if "xn--" in name else "")
    return kinds, found_kinds, names, found_names


def table(title, counts, found, more=None):
    print(f"{title:16} {'found':>8} {'all':>8} {'%':>6}" + ("  false alarms" if more else ""))
    for key in sorted(counts):
        print(f"{key:16} {found[key]:8} {counts[key]:8} {100 * found[key] / counts[key]:6.1f}" + (f"  {more[key]}" if more else ""))
    total, hits = sum(counts.values()), sum(found.values())
    print(f"{'all':16} {hits:8} {total:8} {100 * hits / total:6.1f}" + (f"  {sum(more.values())}" if more else "") + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=SETS, default="report")
    parser.add_argument("--popular", help="popular names, one a line")
    parser.add_argument("--bench", default=str(ROOT / "build/tests/alike_bench"))
    parser.add_argument("--missed", metavar="KIND", help="print the permutations of this kind that are not found")
    parser.add_argument("--show", action="store_true", help="print the popular names that are flagged")
    parser.add_argument("domains", nargs="*", metavar="NAME.TLD")
    args = parser.parse_args()
    domains = args.domains or SETS[args.set].split()
    kinds, found_kinds, names, found_names = measure(args.bench, domains, args.missed)
    false = collections.Counter({keyword: 0 for keyword in names})
    if args.popular:
        lines = pathlib.Path(args.popular).read_text(encoding="utf-8", errors="replace").split()
        for line in run(args.bench, [keyword_of(d) for d in domains], lines):
            keyword, reason, name = line.split("\t")
            if reason != "contains":
                false[keyword] += 1
                if args.show:
                    print(keyword, reason, name, sep="\t")
    table("kind", kinds, found_kinds)
    table("keyword", names, found_names, false if args.popular else None)


if __name__ == "__main__":
    main()
