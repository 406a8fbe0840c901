# SPDX-License-Identifier: BSD-3-Clause
"""Golden records: what captures should yield, one record a line: name, type, rdata, count, first, last."""


def read(paths):
    """{(name, type, rdata): [count, first, last]}, added up over the files."""
    records = {}
    for path in paths:
        with open(path, encoding="ascii") as lines:
            for line in lines:
                name, rdtype, rdata, count, first, last = line.rstrip("\n").split("\t")
                have = records.setdefault((name, rdtype, rdata), [0, int(first), int(last)])
                have[0] += int(count)
                have[1] = min(have[1], int(first))
                have[2] = max(have[2], int(last))
    return records
