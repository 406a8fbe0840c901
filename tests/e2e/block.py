#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""block.py BUILD FOLDER REDIS: what test_block.sh proves.

One Knot server answers for all names of the test. It is the upstream of each resolver, and the hidden primary from which BIND transfers a
policy zone. The resolvers load what `lookback block --write` wrote.
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import dns.flags
import dns.message
import dns.query
import dns.rcode
import redis

BUILD, T, SOCKET = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
LOOKBACK, COLLECTOR = BUILD / 'collector/lookback', BUILD / 'collector/lookback-collector'
COMMON = ['-o', f'redis=unix:{SOCKET}', '-o', f'block.file={T}/block.conf']
db = redis.Redis(unix_socket_path=SOCKET, decode_responses=True)
children = []


def fail(text):
    sys.exit(f'FAILED: {text}')


def expect(what, expected, got):
    if expected != got:
        fail(f'{what}: expected {expected!r}, got {got!r}')


def port():
    """A port that is free for UDP and TCP."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(('127.0.0.1', 0))
            try:
                tcp.bind(udp.getsockname())
                return udp.getsockname()[1]
            except OSError:
                continue
    fail('no free port')


def start(log, *args, **more):
    with open(T / f'{log}.log', 'ab') as out:
        child = subprocess.Popen([str(a) for a in args], stdin=subprocess.DEVNULL, stdout=out, stderr=out, **more)
    children.append(child)
    return child


def run(*args, status=0, stdin='', **more):
    done = subprocess.run([str(a) for a in args], input=stdin, capture_output=True, text=True, timeout=60, check=False, **more)
    if status is not None and done.returncode != status:
        fail(f'{" ".join(map(str, args))}: expected status {status}, got {done.returncode}: {done.stdout[-500:]}{done.stderr[-1500:]}')
    return done


def block(*args, status=0, stdin=''):
    return run(LOOKBACK, *COMMON, 'block', *args, status=status, stdin=stdin)


def await_(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except (OSError, dns.exception.DNSException, urllib.error.URLError):
            pass
        time.sleep(0.05)
    fail(f'waited in vain: {what}')


def ask(where, name, kind='A', timeout=5):
    """The code and the addresses: 'NXDOMAIN', 'NOERROR 192.0.2.1', 'timeout'."""
    try:
        answer = dns.query.udp(dns.message.make_query(name, kind), '127.0.0.1', port=where, timeout=timeout)
    except dns.exception.Timeout:
        return 'timeout'
    texts = sorted(r.to_text() for rrset in answer.answer for r in rrset)
    return ' '.join([dns.rcode.to_text(answer.rcode()), *(['TC'] if answer.flags & dns.flags.TC else []), *texts])


def write(name, text):
    (T / name).write_text(text)
    return T / name


# What is blocked, and by what. ────────────────────────────────────────────────────────────────

def fill_redis():
    now = int(time.time())

    def alert(**fields):
        base = dict(id='1', rule='r', kind='new', name='x.example', type='A', rdata='192.0.2.1', first=now, last=now, sensor='s', expected='',
                    reason='')
        db.xadd('pdns:alert', {**base, **fields})

    alert(rule='brand', name='login.look-alike.com', reason='looks like example')
    alert(rule='other', name='not-this-rule.com')
    alert(rule='own', kind='tamper', name='own.org', type='NS', rdata='ns1.hijack.net')
    alert(rule='own', kind='tamper', name='own.org', rdata='203.0.113.66')
    alert(rule='own', kind='tamper', name='own.org', rdata='203.0.113.80')  # which own.org has used: below
    alert(rule='own', kind='tamper', name='own.org', rdata='10.0.0.1')
    alert(rule='own', kind='tamper', name='own.org', type='TXT', rdata='"v=spf1"')
    alert(rule='brand', name='evil\\010x IN A 1.2.3.4.com')
    alert(rule='brand', name='a;b"c\\\\.com')
    alert(rule='brand', name='co.uk')
    alert(rule='brand', name='')
    old = (now - 40 * 86400) * 1000
    db.xadd('pdns:old', {'x': '1'})
    db.xtrim('pdns:alert', maxlen=100)
    db.zadd('pdns:net:203.0.114.0/24', {'203.0.114.9': now, '203.0.114.200': now})
    db.zadd('pdns:ip:203.0.114.9', {'www.own.org': now})
    db.zadd('pdns:ip:203.0.113.80', {'www.own.org': now})
    db.zadd('pdns:ip:203.0.113.66', {'own.org': now, 'other.example.com': now, 'www.own.org': now - 90 * 86400})  # own.org was hijacked
    db.zadd('pdns:rdata:ns1.hijack.net', {'NS own.org': now})
    db.zadd('pdns:rdata:ns1.shared.net', {'NS own.org': now, 'NS some.com': now})
    # one bad address, the domains on it, their name server
    for i, name in enumerate(('drop-one.com', 'drop-two.com', 'drop-three.com')):
        for family, score in (('name', now - 60), ('first', now - 86400), ('count', 5)):
            db.zadd(f'pdns:{family}:{name}', {'A 198.51.100.66': score, 'NS ns1.drop-dns.com': score})
        db.zadd('pdns:ip:198.51.100.66', {name: now - 60 - i})
        db.zadd(f'pdns:zone:{name}', {name: now - 86400})
        db.zadd('pdns:rdata:ns1.drop-dns.com', {f'NS {name}': now - 60})
    return old


def write_configuration():
    write('feed.txt', '# a feed\nhxxps://evil[.]example[.]com/x?y # phishing; $INCLUDE /etc/passwd\n*.bad.net\n'
          'exact-above.org\n203.0.113.0/28 # bullet\n203.0.114.0/25\n203.0.114.128/25\n2001:db8:bad::/48\nns:ns1.bad-host.net\nns:ns1.shared.net\n'
          'own.org\nwww.own.org\ncom\n')
    write('allow.txt', 'own.org # ours\nkept.exact-above.org\n192.0.2.0/24\n')
    write('block.conf', f'''
# lists
[list bad]
source = file {T}/feed.txt
source = alerts rule=brand,own
allow = file {T}/allow.txt
format = rpz, domains, hosts, stix, misp, addresses, suricata
file = rpz {T}/out/bad.rpz
file = dnsmasq {T}/out/dnsmasq.conf
file = nftables {T}/out/bad.nft
file = misp {T}/out/feed
file = stix {T}/out/bad.stix
refresh = 1s

[list local]
source = indicator local-blocked.com # with "quotes"
source = indicator null.com
policy = nodata
file = unbound {T}/out/unbound.conf

[list walled]
source = indicator walled.com
policy = redirect 192.0.2.99 2001:db8::99
file = rpz {T}/out/walled.rpz
key = firewall
''')
    (T / 'out').mkdir()


def check_lists():
    report = block('bad', '--report').stdout
    for line in ('*.own.org: allowed: own.org', '*.www.own.org: allowed: own.org', 'reduced to the name itself; allowed below it: kept.exact-above.org',
                 'co.uk: a public suffix', 'ns:ns1.shared.net: used by own.org', '203.0.113.80: used by www.own.org', '203.0.114.0/25: 203.0.114.9 is used by www.own.org', '10.0.0.1: a private'):
        if line not in report:
            fail(f'report: not there: {line}\n{report}')
    for target in ('203.0.113.66', 'ns:ns1.hijack.net'):
        if f'{target}: ' in report:
            fail(f'report: a hijacked name protects {target}\n{report}')
    db.zadd('pdns:watch:expected:own.org', {'own.org A 203.0.113.66': 0, 'own.org NS ns1.hijack.net': 0})
    approved = block('bad', '--report').stdout
    for line in ('203.0.113.66: used by own.org', 'ns:ns1.hijack.net: used by own.org'):
        if line not in approved:
            fail(f'report, after approval: not there: {line}\n{approved}')
    db.delete('pdns:watch:expected:own.org')
    if '203.0.114.128/25: ' in report:
        fail(f'report: found a prefix that no allowed name uses\n{report}')
    for line in report.splitlines():
        if not line.isprintable() or not line.startswith('bad: left out: '):
            fail(f'report: found {line!r}')
    expect('--report --json', True, all(json.loads(line)['list'] == 'bad' for line in block('bad', '--report', '-j').stdout.splitlines()))
    written = block('--write').stdout
    expect('--write', ['bad', 'local', 'walled'], [line.split(':')[0] for line in written.splitlines()])
    block('--write', status=1)
    for line in (T / 'out/bad.rpz').read_text().splitlines():
        if not re.fullmatch(r'; Lookback block list .*|\$TTL 60|@ (SOA|NS) .*|[a-z0-9._*-]+ CNAME \.( ; [ -~]+)?', line):
            fail(f'bad.rpz: found {line!r}')
    expect('printed and written', (T / 'out/bad.rpz').read_text(), block('bad', '--format', 'rpz').stdout)
    expect('mode', 0o644, (T / 'out/bad.rpz').stat().st_mode & 0o777)


def check_tools():
    for name, zone in (('bad', 'bad.rpz'), ('walled', 'walled.rpz')):
        run('named-checkzone', zone, T / f'out/{name}.rpz')
    run('unbound-checkconf', T / 'out/unbound.conf')
    if shutil.which('dnsmasq'):
        run('dnsmasq', '--test', '-C', T / 'out/dnsmasq.conf')
    if shutil.which('nft') and run('unshare', '-n', 'nft', 'list', 'ruleset', status=None).returncode == 0:
        run('unshare', '-n', 'nft', '-c', '-f', T / 'out/bad.nft')
        twice = run('unshare', '-n', 'sh', '-c', f'nft -f {T}/out/bad.nft && nft -f {T}/out/bad.nft && nft -j list set inet lookback bad_ipv4')
        elements = json.loads(twice.stdout)['nftables'][1]['set']['elem']
        expect('nftables', True, {'prefix': {'addr': '203.0.113.0', 'len': 28}} in elements and '203.0.113.66' in elements)


def check_shared():
    """STIX 2.1 and MISP by their documents."""
    bundle = json.loads((T / 'out/bad.stix').read_text())
    uuid = r'[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
    if bundle['type'] != 'bundle' or not re.fullmatch(f'bundle--{uuid}', bundle['id']):
        fail(f'STIX: found {bundle["id"]}')
    stamp = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z'
    for o in bundle['objects']:
        if o['spec_version'] != '2.1' or not re.fullmatch(f'{o["type"]}--{uuid}', o['id']):
            fail(f'STIX: found {o}')
        for key in ('created', 'modified', *(('valid_from', 'valid_until') if o['type'] == 'indicator' else ())):
            if key in o and not re.fullmatch(stamp, o[key]):
                fail(f'STIX: {key}: found {o}')
        if o['modified'] < o['created'] or o.get('valid_until', 'x') <= o.get('valid_from', ''):
            fail(f'STIX: found {o}')
        if o['type'] == 'indicator' and (o['pattern_type'] != 'stix' or not o['pattern'].startswith('[')):
            fail(f'STIX: found {o}')
    ids = [o['id'] for o in bundle['objects']]
    expect('STIX ids', len(ids), len(set(ids)))
    expect('STIX ids again', ids, [o['id'] for o in json.loads(block('bad', '--format', 'stix').stdout)['objects']])
    manifest = json.loads((T / 'out/feed/manifest.json').read_text())
    (event_id, entry), = manifest.items()
    event = json.loads((T / f'out/feed/{event_id}.json').read_text())['Event']
    for key in ('info', 'date', 'analysis', 'threat_level_id', 'timestamp', 'Orgc', 'Tag'):
        expect(f'MISP {key}', entry[key], event[key])
    expect('MISP types', {'domain', 'ip-dst'}, {a['type'] for a in event['Attribute']})
    for a in event['Attribute']:
        if a['category'] != 'Network activity' or a['to_ids'] is not True or not re.fullmatch(uuid, a['uuid']) or not a['timestamp'].isdigit():
            fail(f'MISP: found {a}')
    hashes = (T / 'out/feed/hashes.csv').read_text().splitlines()
    expect('MISP hashes', len(event['Attribute']), len(hashes))
    expect('MISP hash', True, all(re.fullmatch(rf'[0-9a-f]{{32}},{event_id}', line) for line in hashes))


# Resolvers ───────────────────────────────────────────────────────────────────────────────────

ZONES = {
    'example.com': 'evil A 192.0.2.1\ndeep.evil A 192.0.2.1\ngood A 192.0.2.2\ninside A 203.0.113.5\nexact A 203.0.113.66\noutside A 203.0.113.70\n'
                   'six AAAA 2001:db8:bad::7\nsix2 AAAA 2001:db8:good::7\n'.replace('good::', '900d::'),
    'look-alike.com': 'login A 192.0.2.3\nwww A 192.0.2.4\n',
    'exact-above.org': '@ A 192.0.2.5\nkept A 192.0.2.6\nother A 192.0.2.7\n',
    'own.org': '@ A 192.0.2.8\nwww A 192.0.2.8\n',
    'bad.net': '@ A 192.0.2.9\nwww A 192.0.2.9\n',
    'local-blocked.com': '@ A 192.0.2.10\nwww A 192.0.2.10\n',
    'null.com': '@ A 192.0.2.10\n',
    'walled.com': '@ A 192.0.2.11\n',
    'later.com': '@ A 192.0.2.12\n',
    'policy.com': '* A 192.0.2.2\n',
    'served.com': 'www A 192.0.2.13\n',
}
SERVERS = {'served.com': 'ns1.bad-host.net.'}
PRIMARY = port()


def start_primary():
    (T / 'knot').mkdir()
    for zone, text in ZONES.items():
        write(f'knot/{zone}.zone', f'$ORIGIN {zone}.\n$TTL 60\n@ SOA ns.{zone}. root.{zone}. 1 60 60 600 60\n@ NS {SERVERS.get(zone, "ns." + zone + ".")}\n'
                                   f'ns A 127.0.0.1\n{text}')
    write('knot/root.zone', '$TTL 60\n. SOA ns.root.invalid. x.root.invalid. 1 60 60 600 60\n. NS ns.root.invalid.\nns.root.invalid. A 127.0.0.1\n'
                            'ns1.bad-host.net. A 127.0.0.1\n')
    zones = ''.join(f'  - domain: {z}\n    file: {z}.zone\n' for z in ZONES)
    write('knot.conf', f'''server:
    listen: 127.0.0.1@{PRIMARY}
    rundir: {T}/knot
    background-workers: 1
    udp-workers: 1
    tcp-workers: 2
log:
  - target: stderr
    any: info
database:
    storage: {T}/knot
remote:
  - id: bind
    address: 127.0.0.1@{BIND}
acl:
  - id: local
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: {T}/knot
    journal-content: none
zone:
  - domain: .
    file: root.zone
{zones}  - domain: bad.rpz
    file: {T}/out/bad.rpz
    journal-content: changes
    zonefile-load: difference
    zonefile-sync: -1
    notify: bind
    acl: local
''')
    start('knotd', 'knotd', '-c', T / 'knot.conf')


POLICIES = {  # of single names: what BIND answers
    'nodata': ('nodata', 'NOERROR'), 'drop': ('drop', 'timeout'), 'tcp': ('tcp-only', 'NOERROR TC'), 'pass': ('passthru', 'NOERROR 192.0.2.2'),
    'cname': ('cname good.example.com', 'NOERROR 192.0.2.2 good.example.com.'), 'six': ('redirect 2001:db8::5', 'NOERROR 2001:db8::5'),
}


def write_policies():
    for name, (policy, _) in POLICIES.items():
        block(f'{name}.policy.com', '--write', '--set', f'policy={policy}', '--set', f'file=rpz {T}/out/{name}.policy')
    random.seed(T.name)
    lines = ''
    for _ in range(300):  # runs of zeros of all lengths and places
        words = [random.choice((0, 0, random.randrange(65536))) for _ in range(8)]
        lines += ':'.join(f'{w:x}' for w in words) + f'/{random.choice((32, 48, 64, 128, 128))}\n'
    block('-', '--write', '--set', f'file=rpz {T}/out/random.policy', stdin=lines)


def start_bind():
    policies = ''.join(f'zone "{name}.policy" {{ type primary; file "{T}/out/{name}.policy"; }};\n' for name in (*POLICIES, 'random'))
    response = ' '.join(f'zone "{name}.policy";' for name in (*POLICIES, 'random'))
    version = subprocess.run(['named', '-v'], capture_output=True, text=True).stdout
    lock = 'lock-file none;' if ' 9.18.' in version else ''  # gone in 9.20
    write('named.conf', f'''options {{
    directory "{T}"; pid-file "{T}/named.pid"; session-keyfile "{T}/session.key"; managed-keys-directory "{T}"; {lock}
    listen-on port {BIND} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion yes; allow-query {{ any; }}; dnssec-validation no; forward only; forwarders port {PRIMARY} {{ 127.0.0.1; }};
    empty-zones-enable no; minimal-responses yes; request-ixfr yes; allow-notify {{ 127.0.0.1; }}; transfers-in 4; min-refresh-time 1;
    response-policy {{ zone "walled.rpz"; zone "bad.rpz"; {response} }} qname-wait-recurse no min-update-interval 0;
}};
controls {{ }};
zone "walled.rpz" {{ type primary; file "{T}/out/walled.rpz"; ixfr-from-differences yes; }};
zone "bad.rpz" {{ type secondary; primaries port {PRIMARY} {{ 127.0.0.1; }}; file "{T}/bad.secondary"; masterfile-format text; }};
{policies}''')
    start('named', 'named', '-g', '-c', T / 'named.conf', '-n', '1', '-p', BIND)


def start_unbound():
    write('unbound.conf', f'''server:
    directory: "{T}"
    pidfile: "{T}/unbound.pid"
    username: ""
    chroot: ""
    interface: 127.0.0.1@{UNBOUND}
    do-not-query-localhost: no
    module-config: "respip iterator"
    do-daemonize: no
    use-syslog: no
    verbosity: 1
    num-threads: 1
remote-control:
    control-enable: no
include: "{T}/out/unbound.conf"
rpz:
    name: walled.rpz
    zonefile: "{T}/out/walled.rpz"
rpz:
    name: bad.rpz
    zonefile: "{T}/out/bad.rpz"
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{PRIMARY}
''')
    run('unbound-checkconf', T / 'unbound.conf')
    start('unbound', 'unbound', '-d', '-c', T / 'unbound.conf')


def start_kresd():
    if not shutil.which('kresd'):
        return False
    (T / 'kres').mkdir()
    write('kresd.conf', f'''net.listen('127.0.0.1', {KRESD}, {{ kind = 'dns' }})
cache.size = 4 * MB
trust_anchors.remove('.')
modules.unload('ta_update'); modules.unload('ta_signal_query'); modules.unload('priming'); modules.unload('detect_time_skew')
policy.add(policy.rpz(policy.DENY, '{T}/out/bad.rpz'))
policy.add(policy.all(policy.STUB('127.0.0.1@{PRIMARY}')))
''')
    start('kresd', 'kresd', '-n', '-c', T / 'kresd.conf', T / 'kres')
    return True


def start_recursor():
    if not shutil.which('pdns_recursor'):
        return False
    (T / 'pdns').mkdir()
    write('pdns/rpz.lua', f'rpzFile("{T}/out/bad.rpz", {{policyName="bad"}})\n')
    write('pdns/recursor.conf', f'local-address=127.0.0.1\nlocal-port={RECURSOR}\nforward-zones-recurse=.=127.0.0.1:{PRIMARY}\ndont-query=\n'
          f'dnssec=off\nsocket-dir={T}/pdns\nlua-config-file={T}/pdns/rpz.lua\ndisable-syslog=yes\nsecurity-poll-suffix=\nthreads=1\n'
          'setuid=\nsetgid=\nwrite-pid=no\n')
    help_text = subprocess.run(['pdns_recursor', '--help'], capture_output=True, text=True).stdout
    old = ['--enable-old-settings'] if 'enable-old-settings' in help_text else []  # 5.2 expects YAML
    start('recursor', 'pdns_recursor', f'--config-dir={T}/pdns', '--daemon=no', *old)
    return True


def start_dnsmasq():
    if not shutil.which('dnsmasq'):
        return False
    start('dnsmasq', 'dnsmasq', '-k', '-p', DNSMASQ, '--listen-address=127.0.0.1', '--bind-interfaces', '--no-resolv', '--no-hosts', '--user=',
          '-x', T / 'dnsmasq.pid', f'--server=127.0.0.1#{PRIMARY}', '-C', T / 'out/dnsmasq.conf')
    return True


NAMES = {  # blocked by their name, in any resolver
    'evil.example.com': 'NXDOMAIN', 'deep.evil.example.com': 'NXDOMAIN', 'login.look-alike.com': 'NXDOMAIN', 'bad.net': 'NXDOMAIN',
    'www.bad.net': 'NXDOMAIN',
    'good.example.com': 'NOERROR 192.0.2.2', 'www.look-alike.com': 'NOERROR 192.0.2.4', 'kept.exact-above.org': 'NOERROR 192.0.2.6',
    'other.exact-above.org': 'NOERROR 192.0.2.7', 'own.org': 'NOERROR 192.0.2.8', 'www.own.org': 'NOERROR 192.0.2.8', 'later.com': 'NOERROR 192.0.2.12',
}
ADDRESSES = {'inside.example.com': 'NXDOMAIN', 'exact.example.com': 'NXDOMAIN', 'outside.example.com': 'NOERROR 203.0.113.70'}


def check_resolver(what, where, expected):
    for name, answer in expected.items():
        expect(f'{what}: {name}', answer, ask(where, name))


def check_resolvers():
    write_policies()
    start_primary()
    start_bind()
    start_unbound()
    kresd, recursor, dnsmasq = start_kresd(), start_recursor(), start_dnsmasq()
    await_('knotd', lambda: ask(PRIMARY, 'good.example.com', timeout=0.5) == 'NOERROR 192.0.2.2')
    await_('BIND has the zone', lambda: ask(BIND, 'evil.example.com', timeout=1) == 'NXDOMAIN')
    log = (T / 'named.log').read_text()
    wrong = [line for line in log.splitlines() if 'invalid rpz' in line or 'not the canonical' in line]
    if wrong or 'rpz: random.policy: reload done' not in log:
        fail(f'BIND rejects records: {wrong[:3]}')
    all_of = {**NAMES, 'exact-above.org': 'NXDOMAIN', **ADDRESSES}
    check_resolver('BIND', BIND, {**all_of, 'walled.com': 'NOERROR 192.0.2.99'})
    ask(BIND, 'served.com', 'NS')  # a forwarder returns no delegation from which BIND would know the name server
    expect('BIND: rpz-nsdname', 'NXDOMAIN', ask(BIND, 'www.served.com'))
    for name, (_, answer) in POLICIES.items():
        expect(f'BIND: policy {name}', answer, ask(BIND, f'{name}.policy.com', 'AAAA' if name == 'six' else 'A', timeout=0.7 if name == 'drop' else 5))
    expect('BIND: rpz-ip of IPv6', 'NXDOMAIN', ask(BIND, 'six.example.com', 'AAAA'))
    expect('BIND: another prefix', 'NOERROR 2001:db8:900d::7', ask(BIND, 'six2.example.com', 'AAAA'))
    await_('Unbound', lambda: ask(UNBOUND, 'good.example.com', timeout=1) == 'NOERROR 192.0.2.2')
    check_resolver('Unbound', UNBOUND, {**all_of, 'walled.com': 'NOERROR 192.0.2.99', 'local-blocked.com': 'NOERROR', 'www.local-blocked.com': 'NOERROR',
                                        'null.com': 'NOERROR'})
    expect('Unbound: rpz-ip of IPv6', 'NXDOMAIN', ask(UNBOUND, 'six.example.com', 'AAAA'))
    if kresd:
        await_('Knot Resolver', lambda: ask(KRESD, 'good.example.com', timeout=1) == 'NOERROR 192.0.2.2')
        check_resolver('Knot Resolver', KRESD, {**NAMES, 'exact-above.org': 'NXDOMAIN'})
    if recursor:
        await_('PowerDNS Recursor', lambda: ask(RECURSOR, 'good.example.com', timeout=1) == 'NOERROR 192.0.2.2')
        check_resolver('PowerDNS Recursor', RECURSOR, all_of)
    if dnsmasq:
        await_('dnsmasq', lambda: ask(DNSMASQ, 'good.example.com', timeout=1) == 'NOERROR 192.0.2.2')
        check_resolver('dnsmasq', DNSMASQ, {**NAMES, 'exact-above.org': 'NOERROR 0.0.0.0'})


def serial():
    return int(re.search(r'^@ SOA \S+ \S+ (\d+) ', (T / 'out/bad.rpz').read_text(), re.M).group(1))


def check_transfer():
    """A new entry reaches BIND by NOTIFY and IXFR; the serial grows whatever happens to the clock, to Redis and to the file."""
    feed, first = (T / 'feed.txt').read_text(), serial()
    write('feed.txt', feed + 'later.com\n')
    block('--write', 'bad')
    second = serial()
    if second <= first:
        fail(f'serial: expected more than {first}, got {second}')
    run('knotc', '-c', T / 'knot.conf', '-s', T / 'knot/knot.sock', 'zone-reload', 'bad.rpz')
    await_('BIND has the new entry', lambda: ask(BIND, 'later.com', timeout=1) == 'NXDOMAIN')
    await_('an incremental transfer', lambda: re.search(r'IXFR, outgoing.*(finished|started)', (T / 'knotd.log').read_text()))
    expect('BIND: others', 'NOERROR 192.0.2.2', ask(BIND, 'good.example.com'))
    # the clock was 1000000 seconds ahead
    db.hincrby('pdns:block:bad', 'serial', 1000000)
    write('feed.txt', feed)
    block('--write', 'bad')
    third = serial()
    expect('serial after the clock was set back', second + 1000001, third)
    db.delete('pdns:block:bad')
    write('feed.txt', feed + 'later.com\n')
    block('--write', 'bad')
    expect('serial of an empty Redis', third + 1, serial())
    block('--write', 'bad', status=1)
    os.utime(T / 'feed.txt', (time.time() - 40 * 86400,) * 2)
    expired = block('bad', '--format', 'rpz')
    if 'evil.example.com' in expired.stdout or 'expired' not in expired.stderr:
        fail(f'expiry: found {expired.stdout}{expired.stderr}')
    os.utime(T / 'feed.txt')
    block('--write', 'bad')


# HTTP ────────────────────────────────────────────────────────────────────────────────────────

def get(path, key=None, **headers):
    request = urllib.request.Request(URL + path, headers={**headers, **({'X-API-Key': key} if key else {})})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def check_http():
    keys = f'http.keys={T}/keys'
    secret = {name: re.search(r'[0-9a-f]{48}', run(LOOKBACK, *COMMON, '-o', keys, 'key', 'add', name).stdout).group() for name in ('firewall', 'other')}
    collector = start('collector', COLLECTOR, *COMMON, '-o', keys, '-o', 'http.listen=127.0.0.1:0', '-o', f'collector.socket={T}/c.sock', '-o',
                      'http.audit=yes')
    global URL
    await_('the collector', lambda: 'waiting for dataplanes' in (T / 'collector.log').read_text())
    URL = 'http://' + re.search(r'http: listening on (\S+)', (T / 'collector.log').read_text()).group(1)
    other, firewall = secret['other'], secret['firewall']
    await_('lists', lambda: get('/block/bad', other)[0] == 200 and get('/block/walled', firewall)[0] == 200)
    status, headers, body = get('/block/bad', other)
    expect('/block/bad and the file', (T / 'out/bad.rpz').read_text(), body)
    expect('type', 'text/dns; charset=utf-8', headers['Content-Type'])
    expect('304', 304, get('/block/bad', other, **{'If-None-Match': headers['ETag']})[0])
    expect('304 by time', 304, get('/block/bad.rpz', other, **{'If-Modified-Since': headers['Last-Modified']})[0])
    expect('another ETag', 200, get('/block/bad', other, **{'If-None-Match': '"x"', 'If-Modified-Since': headers['Last-Modified']})[0])
    expect('key as a parameter', 200, get(f'/block/bad.hosts?key={other}')[0])
    for path, code in ((f'/block/bad?key={other}x', 403), ('/block/bad', 401), ('/block/bad?key=', 401), ('/block/bad.misp/hashes.csv', 401),
                       (f'/api/lookup?q=x.com&key={other}', 401)):
        expect(path, code, get(path)[0])
    for path, code in (('/block/walled', 403), ('/block/none', 404), ('/block/bad.unknown', 404), ('/block/bad.unbound', 404), ('/block/bad.misp', 404),
                       ('/block/bad.misp/..%2f..%2fkeys', 404), ('/block/bad/x/y', 404), ('/block/' + 'a' * 300, 404), ('/block/bad.misp/manifest.json', 200),
                       ('/block/bad.stix', 200), ('/block/bad.suricata', 200), ('/block/bad.addresses', 200)):
        expect(path, code, get(path, other)[0])
    expect('/block', ['bad', 'local'], [entry['name'] for entry in json.loads(get('/block', other)[2])['lists']])
    # a change is seen by itself; a list that cannot be made stays
    write('feed.txt', 'changed.com\n')
    await_('the new list', lambda: 'changed.com' in get('/block/bad', other)[2])
    expect('the old ETag', 200, get('/block/bad', other, **{'If-None-Match': headers['ETag']})[0])
    (T / 'feed.txt').rename(T / 'gone.txt')
    await_('the failure', lambda: 'lookback_collector_block_failed 1' in get('/metrics')[2])
    expect('the list without its source', True, 'changed.com' in get('/block/bad', other)[2])
    (T / 'gone.txt').rename(T / 'feed.txt')
    # SIGHUP: first a file with a mistake, then a sound one
    conf = (T / 'block.conf').read_text()
    line = conf.count('\n') + 3
    write('block.conf', conf + '[list fresh]\nsource = indicator fresh.com\npolicy = x\n')
    collector.send_signal(signal.SIGHUP)
    await_('the message', lambda: f'block.conf:{line}: [list fresh] policy: found' in (T / 'collector.log').read_text())
    expect('lists after a mistake', 200, get('/block/bad', other)[0])
    write('block.conf', conf + '[list fresh]\nsource = indicator fresh.com\n')
    collector.send_signal(signal.SIGHUP)
    await_('the new list', lambda: 'fresh.com' in get('/block/fresh', other)[2])
    if other in (T / 'collector.log').read_text() or '/block/bad.hosts?key=*' not in (T / 'collector.log').read_text():
        fail('the log has the key')
    collector.send_signal(signal.SIGTERM)
    expect('end', 0, collector.wait(30))


def check_command():
    got = block('--format', 'domains', 'Evil[.]Example[.]com', 'own.org', '-', '--set', 'allow=own.org', stdin='# x\nhttp://other.com/x\n')
    expect('arguments and standard input', ['evil.example.com', 'other.com'], [x for x in got.stdout.splitlines() if x[0] != '#'])
    expect('left out', True, 'adhoc: left out: *.own.org: allowed: own.org' in got.stderr)
    for args, message in ((['nothing'], 'no such list'), (['x.com', '--format', 'xml'], 'expected rpz'), (['x.com', '--set', 'policy=x'], 'expected nxdomain'),
                          (['x.com', '--write'], 'found no file'), (['x.com', '--set', 'x'], 'KEY=VALUE'), (['x.com', '--format', 'misp'], 'folder'),
                          (['bad', '--set', 'ttl=1'], 'change block.conf'), (['x.com', '--set', 'allow=file /nonexistent'], 'No such file'),
                          (['x.com', '--set', 'allow=popular 10'], 'context.popular'), (['x.com', '--set', 'source=file /dev/zero'], 'ordinary file')):
        if message not in block(*args, status=2).stderr:
            fail(f'{args}: expected {message!r}, got {block(*args, status=2).stderr!r}')
    expect('nothing left', 1, block('com', 'co.uk.', status=None).returncode)
    popular = write('popular.csv', '1,popular.com\n2,second.com\n')
    got = run(LOOKBACK, *COMMON, '-o', f'context.popular={popular}', 'block', 'cdn.popular.com', 'second.com', '--set', 'allow=popular 1')
    expect('popular', True, '\nsecond.com\n' in got.stdout and 'popular: popular.com has rank 1' in got.stderr)


def check_pivot():
    got = block('--set', 'source=pivot drop-one.com depth=2 score=0.3', '--set', 'allow=drop-three.com', '--format', 'rpz')
    for line in ('drop-one.com CNAME . ; indicator of a pivot', 'drop-two.com CNAME . ; pivot from drop-one.com, score '):
        if line not in got.stdout:
            fail(f'pivot: not there: {line}\n{got.stdout}{got.stderr}')
    if '\ndrop-three.com' in got.stdout or '*.drop-three.com: allowed' not in got.stderr or '198.51.100.66: used by drop-three.com' not in got.stderr:
        fail(f'pivot: found an allowed name\n{got.stdout}{got.stderr}')
    got = block('--set', 'source=pivot drop-one.com depth=2 score=0.3', '--format', 'addresses')
    if '\n198.51.100.66\n' not in got.stdout:
        fail(f'pivot: the address is not there\n{got.stdout}{got.stderr}')


BIND, UNBOUND, KRESD, RECURSOR, DNSMASQ = (port() for _ in range(5))
try:
    fill_redis()
    write_configuration()
    for step in (check_lists, check_tools, check_shared, check_command, check_pivot, check_resolvers, check_transfer, check_http):
        begun = time.monotonic()
        step()
        print(f'{step.__name__}: {time.monotonic() - begun:.1f} s', flush=True)
finally:
    for child in children:
        child.kill()
    for child in children:
        child.wait()
