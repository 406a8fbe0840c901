# SPDX-License-Identifier: BSD-3-Clause
"""A made-up Internet with a campaign in it, for test_pivot.sh and the benchmark.

    pivot_world.py KIND SEED RECORDS OUT        COF records to the file OUT; what belongs to the campaign, as JSON, to OUT.truth

The kinds of campaigns are the functions of Campaign. The same arguments make the same records. Ordinary domains are at home in shared
hosting of all sizes, CDNs, parking, small providers, or on servers of their own; addresses change hands; domains move.
"""
import json
import random
import sys

DAY = 86400
BEGIN = 1767225600  # 2026-01-01
SPAN = 60 * DAY
END = BEGIN + SPAN
WORDS = ('account alpha archive auto bank beta blue book bright build cafe car casa city clean click cloud club coast code cool craft data day deal '
         'delta design digital direct dog dream east easy eco energy event fast film fine fit flow food forest free fresh fun future garden gold '
         'good grand green group guide happy health help home hotel house idea jet job kind king lab lake land law life light line link live logic '
         'login loop lucky mail market master media metal mind mint moon music net new nord north nova ocean office online open orange park pay '
         'people pet photo pixel plan plus point power prime print pro pure quick real red rent rich river road rock safe sea secure service shop '
         'sky smart soft solar sound space speed sport star stone store sun support swift talk team tech time top tour town trade travel tree trust '
         'unit update urban verify video view village vita water wave web west white wine wood work world yoga zen').split()
TLDS = ('com', 'com', 'com', 'net', 'org', 'info', 'de', 'fr', 'nl', 'co.uk', 'shop', 'online', 'site', 'top')


class World:
    def __init__(self, seed, out):
        self.random = random.Random(seed)
        self.out = out
        self.records = 0
        self.names = set()
        self.addresses = set()

    def add(self, owner, kind, rdata, first, last):
        first, last = int(max(first, BEGIN)), int(min(last, END))
        if last < first:
            return
        self.records += 1
        self.out.write('{"rrname":"%s","rrtype":"%s","rdata":"%s","time_first":%d,"time_last":%d,"count":%d}\n' %
                       (owner, kind, rdata, first, last, 1 + (last - first) // 7200))

    def domain(self, words=2):
        while True:
            name = ''.join(self.random.choice(WORDS) for _ in range(words))
            if self.random.random() < 0.35:
                name += str(self.random.randrange(1000))
            name += '.' + self.random.choice(TLDS)
            if name not in self.names:
                self.names.add(name)
                return name

    def address(self, net=None):
        r = self.random
        while True:
            text = f'{net}.{r.randrange(1, 255)}' if net else f'{r.randrange(11, 100)}.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}'
            if text not in self.addresses:
                self.addresses.add(text)
                return text

    def net(self):
        r = self.random
        return f'{r.randrange(11, 100)}.{r.randrange(256)}.{r.randrange(256)}'

    # --- providers

    def servers(self, domain, n=2):
        names = [f'ns{i + 1}.{domain}' for i in range(n)]
        net = self.net()
        for name in names:
            self.add(domain, 'NS', name, BEGIN, END)
            self.add(name, 'A', self.address(net), BEGIN, END)
        return names

    def provider(self, addresses, nets=1):
        domain = self.domain()
        nets = [self.net() for _ in range(nets)]
        mx = f'mx.{domain}'
        self.add(domain, 'MX', f'10 {mx}', BEGIN, END)
        self.add(mx, 'A', self.address(nets[0]), BEGIN, END)
        return {'ns': self.servers(domain), 'mx': mx, 'ip': [self.address(nets[i % len(nets)]) for i in range(addresses)]}

    def providers(self, domains):
        r = self.random
        self.registrars = [self.provider(3) for _ in range(3 + domains // 5000)]
        self.shared = [self.provider(max(1, int(r.paretovariate(1.1))) % 8 + 1) for _ in range(8 + domains // 900)]
        self.small = [self.provider(1 + r.randrange(2)) for _ in range(5 + domains // 120)]
        self.cdns = [self.provider(12, 4) for _ in range(3)]
        self.parking = [self.provider(3) for _ in range(2)]

    # --- a domain's life

    def host(self, domain, ip, first, last, www=True):
        self.add(domain, 'A', ip, first, last)
        if www:
            self.add(f'www.{domain}', 'A', ip, first + self.random.randrange(3600), last - self.random.randrange(3600))

    def delegate(self, domain, servers, first, last):
        for name in servers:
            self.add(domain, 'NS', name, first, last)

    def life(self):
        r = self.random
        if r.random() < 0.7:
            first, last = BEGIN + r.randrange(DAY), END - r.randrange(DAY)
        else:
            first = BEGIN + r.randrange(SPAN)
            last = END if r.random() < 0.5 else first + r.randrange(int(END - first) + 1)
        return first, last

    def ordinary(self):
        r = self.random
        domain, (first, last) = self.domain(), self.life()
        where = r.choices(('shared', 'small', 'own', 'cdn', 'parked'), (45, 18, 20, 12, 5))[0]
        if where == 'own':
            ip = self.address()
            registrar = r.choice(self.registrars)
            self.host(domain, ip, first, last)
            self.delegate(domain, registrar['ns'], first, last)
            for _ in range(r.choice((0, 0, 0, 1, 2))):  # the same owner's other domains
                other = self.domain()
                self.host(other, ip, first + r.randrange(DAY), last)
                self.delegate(other, registrar['ns'], first, last)
            if r.random() < 0.2 and last < END - 3 * DAY:  # the address goes to somebody else
                self.host(self.domain(), ip, last + DAY * r.uniform(2, 20), END)
            return
        provider = r.choice({'shared': self.shared, 'small': self.small, 'cdn': self.cdns, 'parked': self.parking}[where])
        ips = r.sample(provider['ip'], min(len(provider['ip']), 2)) if where == 'cdn' else [r.choice(provider['ip'])]
        moves = where != 'parked' and r.random() < 0.06 and last - first > 10 * DAY
        moved = first + (last - first) * r.uniform(0.2, 0.8) if moves else last
        for ip in ips:
            self.host(domain, ip, first, moved)
        if moves:
            self.host(domain, r.choice(r.choice(self.shared + self.small)['ip']), moved, last)
        self.delegate(domain, (provider if where != 'cdn' or r.random() < 0.5 else r.choice(self.registrars))['ns'], first, last)
        if r.random() < 0.6:
            self.add(domain, 'MX', f'10 {provider["mx"]}', first, last)

    # --- all

    def build(self, kind, records):
        domains = records // 6
        self.providers(domains)
        campaign = Campaign(self)
        getattr(campaign, kind)()
        while self.records < records:
            self.ordinary()
        return campaign


class Campaign:
    def __init__(self, world):
        self.w = world
        self.r = world.random
        self.domains, self.addresses, self.servers, self.indicators = [], [], [], []

    def new(self, n):
        names = [self.w.domain(3 if self.r.random() < 0.5 else 2) for _ in range(n)]
        self.domains += names
        return names

    def own(self, n):
        ips = [self.w.address() for _ in range(n)]
        self.addresses += ips
        return ips

    def own_servers(self, first, last):
        domain = self.new(1)[0]
        names = [f'ns1.{domain}', f'ns2.{domain}']
        self.w.delegate(domain, names, first, last)
        for name in names:
            self.w.add(name, 'A', self.own(1)[0], first, last)
        self.servers += names
        return names

    def classic(self):
        """Some names on few addresses, one after another; own name servers; noise of every kind."""
        w, r = self.w, self.r
        begin = BEGIN + 15 * DAY
        servers = self.own_servers(begin - 2 * DAY, END)
        waves = [self.own(3) for _ in range(3)]
        for ip in sum(waves, []):  # somebody else's before and afterwards
            if r.random() < 0.5:
                w.host(w.domain(), ip, BEGIN, begin - r.uniform(3, 14) * DAY)
            if r.random() < 0.4:
                w.host(w.domain(), ip, END - 5 * DAY, END)
        for i, ips in enumerate(waves):
            at = begin + 10 * DAY * i
            for domain in self.new(13):
                first = at + r.randrange(4 * DAY)
                last = min(first + r.uniform(4, 12) * DAY, END - 8 * DAY if i < 2 else END)
                for ip in r.sample(ips, r.choice((1, 2))):
                    w.host(domain, ip, first, last)
                w.delegate(domain, servers if r.random() < 0.7 else r.choice(w.registrars)['ns'], first, last)
                if r.random() < 0.3:
                    w.host(domain, r.choice(r.choice(w.cdns)['ip']), first, first + DAY)
                if r.random() < 0.3:
                    w.host(domain, r.choice(r.choice(w.parking)['ip']), last, END)
        self.indicators = [waves[0][0], next(d for d in self.domains if d not in servers[0])]

    def flux(self):
        """Names on many addresses of broken-in machines, which have names of their own."""
        w, r = self.w, self.r
        begin = BEGIN + 20 * DAY
        pool = self.own(150)
        for ip in pool:
            if r.random() < 0.4:
                w.host(w.domain(), ip, BEGIN + r.randrange(DAY), END)
        for domain in self.new(20):
            first = begin + r.randrange(15 * DAY)
            for ip in r.sample(pool, 45):
                at = first + r.randrange(10 * DAY)
                w.host(domain, ip, at, at + r.randrange(3 * DAY), www=False)
            w.delegate(domain, r.choice(w.registrars)['ns'], first, END)
        self.indicators = [self.domains[0]]

    def hosting(self):
        """Names on shared hosting only, which move from provider to provider together."""
        w, r = self.w, self.r
        begin = BEGIN + 12 * DAY
        crowded = [p for p in w.shared if len(p['ip']) <= 4]
        places = [r.choice(p['ip']) for p in r.sample(crowded, 3)]
        for domain in self.new(24):
            at = begin + r.randrange(3 * DAY)
            for ip in places:
                leaves = at + r.uniform(9, 13) * DAY
                w.host(domain, ip, at, leaves)
                at = leaves + r.randrange(DAY)
            w.delegate(domain, r.choice(w.registrars)['ns'], begin, END)
        self.indicators = [self.domains[0]]

    def burst(self):
        """Names on one shared address only, all brought up in a few hours."""
        w, r = self.w, self.r
        begin = BEGIN + 30 * DAY
        place = r.choice(r.choice(w.shared)['ip'])
        for domain in self.new(25):
            at = begin + r.randrange(5 * 3600)
            w.host(domain, place, at, at + 20 * DAY)
            w.delegate(domain, r.choice(w.registrars)['ns'], at, END)
        self.indicators = [self.domains[0]]

    def servers_only(self):
        """Names on CDNs and shared hosting all over the place, with name servers of their own."""
        w, r = self.w, self.r
        begin = BEGIN + 18 * DAY
        servers = self.own_servers(begin - DAY, END)
        for domain in self.new(40):
            first = begin + r.randrange(25 * DAY)
            w.host(domain, r.choice(r.choice(w.shared + w.cdns + w.small)['ip']), first, END)
            w.delegate(domain, servers, first, END)
        self.indicators = [self.domains[1]]

    def mail(self):
        """Names with a mail server of their own, on different hosts."""
        w, r = self.w, self.r
        begin = BEGIN + 22 * DAY
        mx = f'mail.{self.new(1)[0]}'
        w.add(mx, 'A', self.own(1)[0], begin, END)
        for domain in self.new(18):
            first = begin + r.randrange(12 * DAY)
            w.host(domain, r.choice(r.choice(w.shared)['ip']), first, END)
            w.delegate(domain, r.choice(w.registrars)['ns'], first, END)
            w.add(domain, 'MX', f'10 {mx}', first, END)
        self.indicators = [self.domains[1]]

    def none(self):
        """No campaign: an ordinary domain on shared hosting. Nothing should be found."""
        w = self.w
        domain = w.domain()
        provider = self.r.choice(w.shared)
        w.host(domain, self.r.choice(provider['ip']), BEGIN, END)
        w.delegate(domain, provider['ns'], BEGIN, END)
        self.domains = [domain]
        self.indicators = [domain]


KINDS = ('classic', 'flux', 'hosting', 'burst', 'servers_only', 'mail', 'none')


def main():
    kind, seed, records, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    with open(path, 'w', encoding='ascii') as out:
        campaign = World(seed, out).build(kind, records)
    with open(path + '.truth', 'w', encoding='ascii') as out:
        json.dump({key: getattr(campaign, key) for key in ('domains', 'addresses', 'servers', 'indicators')}, out)


if __name__ == '__main__':
    main()
