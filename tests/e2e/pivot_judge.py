# SPDX-License-Identifier: BSD-3-Clause
"""Precision and recall of a pivot: compares the JSON of `lookback pivot` with what pivot_world.py made.

    pivot_judge.py TRUTH JSON [PRECISION RECALL]     prints both, for registered domains and for addresses; with bounds: exit status 1
                                                     if one is lower
"""
import json
import sys


def rate(found, truth):
    right = len(found & truth)
    return right / len(found) if found else 1.0, right / len(truth) if truth else 1.0


def main():
    with open(sys.argv[1], encoding='ascii') as file:
        truth = json.load(file)
    with open(sys.argv[2], encoding='ascii') as file:
        rows = [json.loads(line) for line in file]
    results = [r for r in rows if r['what'] == 'result']
    indicators = set(truth['indicators'])
    domains = {r['value'] for r in results if 'domain' in r['kinds']} - indicators
    addresses = {r['value'] for r in results if r['kind'] == 'address'} - indicators
    precision, recall = rate(domains, set(truth['domains']) - indicators)
    precision_of_addresses, recall_of_addresses = rate(addresses, set(truth['addresses']) - indicators)
    print(f'domains: precision {precision:.3f} recall {recall:.3f} ({len(domains)} of {len(truth["domains"])}); '
          f'addresses: precision {precision_of_addresses:.3f} recall {recall_of_addresses:.3f} ({len(addresses)} of {len(truth["addresses"])}); '
          f'{rows[-1]["commands"]} commands')
    if len(sys.argv) > 4 and (min(precision, precision_of_addresses) < float(sys.argv[3]) or min(recall, recall_of_addresses) < float(sys.argv[4])):
        print('wrong: ' + ' '.join(sorted((domains - set(truth['domains']) | (addresses - set(truth['addresses']))) - indicators)[:20]))
        print('missed: ' + ' '.join(sorted((set(truth['domains']) - domains | (set(truth['addresses']) - addresses)) - indicators)[:20]))
        return 1
    return 0


sys.exit(main())
