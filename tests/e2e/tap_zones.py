#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two zones with records of many types, and a list of questions for dnsperf that asks for each of them.

    FOLDER/auth1/one.example.zone  FOLDER/auth2/two.example.zone  FOLDER/queries
"""
import argparse
import random

HEAD = """$ORIGIN {zone}.
$TTL 3600
@ SOA ns1 hostmaster 2024010101 7200 3600 1209600 3600
@ NS ns1
@ MX 10 mail
@ TXT "v=spf1 -all" "zone {zone}"
ns1 A {server}
mail A 203.0.113.25
mail AAAA 2001:db8::25
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--folder", required=True)
    args = parser.parse_args()
    questions = []
    for zone, folder, server in (("one.example", "auth1", "192.0.2.3"), ("two.example", "auth2", "192.0.2.4")):
        lines = [HEAD.format(zone=zone, server=server)]
        for kind in ("MX", "TXT", "NS"):
            questions.append(f"{zone} {kind}")
        questions += [f"mail.{zone} A", f"mail.{zone} AAAA", f"nothing.{zone} A"]
        for i in range(args.names // 2):
            kind = i % 5
            if kind == 0:
                lines.append(f"h{i} AAAA 2001:db8::{i + 1:x}\n")
                questions.append(f"h{i}.{zone} AAAA")
            elif kind == 1:
                lines.append(f"h{i} CNAME h{i + 1}\n")
                questions.append(f"h{i}.{zone} A")
            elif kind == 2:
                lines += [f"h{i} A 198.51.{i // 250}.{i % 250}\n", f"h{i} A 203.0.{i // 250}.{i % 250}\n"]
            elif kind == 3:
                lines.append(f'h{i} TXT "text {i}" "{"x" * (i % 200)}"\n')
                questions.append(f"h{i}.{zone} TXT")
            else:
                lines.append(f"_s{i}._tcp SRV 0 5 {i} mail\n")
                questions.append(f"_s{i}._tcp.{zone} SRV")
        with open(f"{args.folder}/{folder}/{zone}.zone", "w", encoding="ascii") as out:
            out.writelines(lines)
    random.Random(1).shuffle(questions)
    with open(f"{args.folder}/queries", "w", encoding="ascii") as out:
        out.writelines(f"{q}\n" for q in questions)


main()
