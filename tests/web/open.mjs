// SPDX-License-Identifier: BSD-3-Clause
// A server without keys: everything that an analyst does.
import fs from 'node:fs';

const lookup = async (base, path) => (await (await fetch(base + path)).text()).trim().split('\n').filter(Boolean).map((l) => JSON.parse(l));

async function pivots({ open, same, soon, on }) {
	const page = await open('/'), see = on(page);
	await soon('the box has the focus', () => page.evaluate(() => document.activeElement.id), 'q');
	await page.keyboard.type('hxxps://user@text[.]wikimedia[.]org:8443/path?x=1');
	await page.keyboard.press('Enter');
	await see.heading('Name text.wikimedia.org');
	await see.status(/^2 records · 2 names/);
	same('data', (await see.column('rdata')).sort(), ['text.pmtpa.wikimedia.org', 'text.wikimedia.org']);
	await page.locator('.c-rdata a', { hasText: 'text.pmtpa.wikimedia.org' }).click();
	await see.heading('Name text.pmtpa.wikimedia.org');
	await page.locator('.c-rdata a', { hasText: '208.80.152.2' }).click();
	await see.heading('Address 208.80.152.2');
	same('the URL tells the search', new URL(page.url()).search, '?q=208.80.152.2');
	await page.goBack();
	await see.heading('Name text.pmtpa.wikimedia.org');
	await page.goBack();
	await see.heading('Name text.wikimedia.org');
	await see.rows(2);
	same('the box shows what was pasted', await page.inputValue('#q'), 'hxxps://user@text[.]wikimedia[.]org:8443/path?x=1');
	await page.goForward();
	await see.heading('Name text.pmtpa.wikimedia.org');
	const shared = await open(new URL(page.url()).search);
	await on(shared).heading('Name text.pmtpa.wikimedia.org');
	await on(shared).status(/^2 records/);
}

// What is pasted → what it is taken for.
async function understood({ open, on }) {
	const page = await open('/'), see = on(page);
	for (const [pasted, heading] of [
		['208[.]80[.]152[.]2', 'Address 208.80.152.2'], ['208.80.152.0/24', 'Prefix 208.80.152.0/24'], ['208.80.152.*', 'Prefix 208.80.152.0/24'],
		['208.80.152.1 - 208.80.152.9', 'Range 208.80.152.1-208.80.152.9'], ['2001:DB8::1', 'Address 2001:db8::1'], ['http://[2001:db8::1]:80/x', 'Address 2001:db8::1'],
		['http://0xd0.0x50.0x98.2/', 'Address 208.80.152.2'], ['*.wikimedia.org', 'Names below *.wikimedia.org'], ['.wikimedia.org', 'Names below *.wikimedia.org'],
		['www.wikimedia.*', 'Names that begin www.wikimedia.*'], ['*wiki?edia*', 'Pattern *wiki?edia*'], ['/^text\\./', 'Regular expression ^text\\.'],
		['mallory@wikimedia.org', 'Name wikimedia.org'], ['host\\@wikimedia.org', 'Name host\\@wikimedia.org'], ['WWW.Wikimedia.ORG.', 'Name www.wikimedia.org'], ['wikimedia.org/wiki/Main', 'Name wikimedia.org'],
		['bücher.example', 'Name xn--bcher-kva.example'], ['pаypal.example', 'Name xn--pypal-4ve.example'], ['“wikimedia.org”,', 'Name wikimedia.org'],
		['paypal', 'Keyword paypal'], ['org.', 'Name org'], ['192.0.2.7:53', 'Address 192.0.2.7'], ['[2001:db8::1]:443', 'Address 2001:db8::1'], ['"a.b"', 'Name a.b'],
		['u:p@a.b:80', 'Name a.b'], ['a.b/x/../y', 'Name a.b'], ['192.0.2.0/255.255.255.0', 'Prefix 192.0.2.0/24'], ['fen*', 'Pattern fen*'],
		['a.example,b.example', 'List a.example b.example'],
	]) {
		await see.search(pasted);
		await see.heading(heading);
	}
	for (const [pasted, error] of [['1.2.3.4/99', /at most 32 bits/], ['two words', /None of these/], ['1.2.3.4/99 nothing', /None of these/], ['*', /export/]]) {
		await see.search(pasted);
		await page.locator('.notice.error', { hasText: error }).waitFor();
	}
}

async function table({ open, same, soon, on, base }) {
	const page = await open('/?q=*.wikimedia.org'), see = on(page);
	await see.rows(12);
	const sortedBy = (id) => page.locator(`th:has([data-sort=${id}])`).getAttribute('aria-sort');
	same('newest first', await sortedBy('last'), 'descending');
	const times = await see.column('last');
	same('in that order', times, [...times].sort().reverse());
	await page.locator('[data-sort=name]').click();
	await soon('sorted by name', () => sortedBy('name'), 'ascending');
	const labels = (name) => name.split('.').reverse().join('.');
	const names = await see.column('name');
	same('names by their labels', names, [...names].sort((a, b) => (labels(a) < labels(b) ? -1 : labels(a) > labels(b) ? 1 : 0)));
	await page.locator('[data-sort=count]').press('Enter');
	await soon('sorted by count', () => sortedBy('count'), 'descending');
	const counts = (await see.column('count')).map((n) => Number(n.replaceAll(',', '')));
	same('counts as numbers', counts, [...counts].sort((a, b) => b - a));
	same('the URL tells the order', new URL(page.url()).searchParams.get('sort'), '-count');
	same('the focus stays', await page.evaluate(() => document.activeElement.dataset.sort), 'count');
	const shown = await open('/');
	for (const id of ['name', 'type', 'rdata', 'first', 'last', 'count'])
		for (const sort of [id, `-${id}`]) { // the page and the server have one order
			await shown.goto(`${base}/?q=*.wikimedia.org&sort=${sort}`);
			await on(shown).rows(12);
			same(`order by ${sort}`, await shown.locator('tbody tr').evaluateAll((rows) => rows.map((r) => ['name', 'type', 'rdata'].map((c) => r.querySelector(`.c-${c}`).textContent).join(' '))),
				(await lookup(base, `/api/lookup?q=*.wikimedia.org&sort=${sort}`)).map((r) => `${r.rrname} ${r.rrtype} ${r.rdata}`));
		}
	await page.locator('.facets [data-value=A]').click();
	await see.rows(5);
	await page.locator('#filter').fill('208.80 -152.3');
	await see.rows(3);
	await see.status(/^3 of 12: /);
	await page.locator('#filter').fill('nobody');
	await see.status(/^None of 12 rows/);
	await page.reload();
	await see.status(/^None of 12 rows/);
	await page.locator('#filter').fill('');
	await see.rows(5);
	await page.locator('#seen').selectOption('custom');
	await page.locator('#since').fill('2011-03-19');
	await page.locator('.apply').click();
	await page.locator('.nothing', { hasText: 'Nothing was seen' }).waitFor();
	await page.locator('.nothing a', { hasText: 'at any time' }).click();
	await see.rows(12);
	await page.locator('#seen').selectOption('7d');
	await page.locator('.nothing').waitFor();
}

async function many({ open, same, soon, on, base }) {
	const page = await open('/?q=2048-a.size.dns.netmeister.org'), see = on(page);
	await see.status(/^1,000 records · 1 name · 1,000 addresses/);
	await page.locator('.notice', { hasText: '1,000 records are loaded; there are more' }).waitFor();
	await see.rows(100);
	await page.locator('.more').click();
	await see.status(/^2,048 records/);
	same('no more', await page.locator('.more').count(), 0);
	await page.locator('[data-sort=rdata]').click();
	await soon('addresses as numbers', async () => (await see.column('rdata')).slice(0, 3), ['127.0.0.0', '127.0.0.1', '127.0.0.2']);
	await page.locator('[aria-label="Last page"]').click();
	await see.rows(48);
	same('rows out of the document', await page.locator('tbody tr').count(), 48);
	const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-save=csv]').click()]);
	same('lines of the file', fs.readFileSync(await file.path(), 'utf8').trim().split('\r\n').length, 2049);
	await page.goto(`${base}/?q=2048-a.size.dns.netmeister.org&sort=rdata`);
	await see.status(/^1,000 records/);
	same('the server sorted all', (await see.column('rdata'))[0], '127.0.0.0');
}

async function keywords({ open, same, on }) {
	const page = await open('/?q=paypal'), see = on(page);
	await see.rows(4);
	same('reasons in order', await see.column('why'), ['contains it', 'look-alike letters', 'digit for letter', 'one letter different']);
	same('what the letters are', await page.locator('tbody bdi').allTextContents(), ['pаypal.example']);
	same('the keyword in the name', await page.locator('mark').allTextContents(), ['paypal']);
	await page.locator('.facets [data-value="one edit"]').click();
	await see.rows(1);
	await page.locator('.c-name a').click();
	await see.heading('Name paypol.example');
	await see.search('*pa?pol*');
	await see.rows(1);
	same('types of a pattern', (await see.column('type')).map((t) => t.trim().split(/\s+/).sort().join()), ['A,NS']);
}

// Punycode stands as it is, what it reads beside it: in names, in what they point to, and in what was asked for.
async function punycode({ open, same, on }) {
	const page = await open('/?q=xn--pypal-4ve.example'), see = on(page);
	await see.rows(2);
	same('the name that stands in DNS, everywhere', await page.locator('.c-name a, .c-rdata a').allTextContents().then((all) => all.filter((t) => t.includes('xn--')).sort()),
		['xn--bcher-kva.example', 'xn--pypal-4ve.example', 'xn--pypal-4ve.example']);
	same('as they read', (await page.locator('tbody bdi').allTextContents()).sort(), ['bücher.example', 'pаypal.example', 'pаypal.example']);
	await page.locator('.c-rdata a', { hasText: 'xn--bcher' }).click();
	await see.heading('Name xn--bcher-kva.example');
	await see.search('xn--pypal-4ve.example 208.80.152.2');
	await page.locator('.c-query bdi', { hasText: 'pаypal.example' }).first().waitFor();
}

// Everything as a file, by keyboard.
async function everything({ open, same, soon, base }) {
	const page = await open('/');
	const all = (await lookup(base, '/api/export')).map((r) => JSON.stringify(r)).sort();
	for (const [label, name] of [['COF', 'lookback.cof.jsonl'], ['CSV', 'lookback.csv']]) {
		let steps = 0;
		for (; steps < 40 && !(await page.evaluate((l) => document.activeElement.dataset.export === l, label)); steps++) await page.keyboard.press('Tab');
		same(`${label} is reached by Tab`, steps < 40, true);
		const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
		same('its name', file.suggestedFilename(), name);
		const text = fs.readFileSync(await file.path(), 'utf8');
		if (label === 'COF') same('all records', text.trim().split('\n').map((l) => JSON.stringify(JSON.parse(l))).sort(), all);
		else same('all lines', [text.trim().split('\r\n').length, text.split('\r\n')[0]], [all.length + 1, 'rrname,rrtype,rdata,time_first,time_last,count']);
	}
	await soon('how much it is', () => page.locator('.everything .aside').textContent(), /^[\d,]+ names are known.*165 MB as COF/);
	same('still at home', new URL(page.url()).pathname, '/');
}

// A list out of a report.
async function lists({ open, same, on }) {
	const page = await open('/'), see = on(page);
	await see.search('208[.]80[.]152[.]2, hxxp://paypol[.]example/x no.such.example 203.0.113.0/24');
	await see.heading('List 208.80.152.2 paypol.example no.such.example 203.0.113.0/24');
	await page.locator('.notice', { hasText: 'Nothing was seen of 1 of 4: no.such.example' }).waitFor();
	await page.locator('[data-sort=query]').click();
	same('asked for', [...new Set(await see.column('query'))].sort(), ['203.0.113.0/24', '208.80.152.2', 'paypol.example']);
	await page.locator('.c-query a', { hasText: '203.0.113.0/24' }).first().click();
	await see.heading('Prefix 203.0.113.0/24');
	await page.locator('#q').fill('');
	await page.locator('#q').evaluate((box) => {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/plain', '\n203.0.113.7\r\npaypol[.]example\n\n');
		box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true, bubbles: true }));
	});
	same('lines that were pasted', await page.inputValue('#q'), '203.0.113.7 paypol[.]example');
	await page.locator('#q').press('Enter');
	await see.heading('List 203.0.113.7 paypol.example');
	await see.search('It was seen at paypol[.]example (203.0.113.7), they say.');
	await see.heading('List paypol.example 203.0.113.7');
	await page.locator('.notice', { hasText: 'Not looked for' }).filter({ hasText: 'It, was, seen, at, they, say.' }).waitFor();
}

async function hostile({ open, same, soon, on, base }) {
	const page = await open('/?q=*.evil.example'), see = on(page);
	await see.rows(5);
	const data = await see.column('rdata');
	same('markup as text', data.includes('"<img src=x onerror=alert(1)>" "<script>alert(2)</script>"'), true);
	same('no element of it', await page.locator('main img, main script, main svg[onload]').count(), 0);
	const [csv] = await Promise.all([page.waitForEvent('download'), page.locator('[data-save=csv]').click()]);
	const lines = fs.readFileSync(await csv.path(), 'utf8').split('\r\n');
	same('head of the file', lines[0], 'rrname,rrtype,rdata,time_first,time_last,count');
	same('no formula', lines.filter((l) => l.includes('1+1')), ['"\'=1+1.evil.example",A,203.0.113.9,2024-01-23T08:53:20Z,2024-01-23T08:53:22Z,1']);
	same('quotes', lines.some((l) => l.startsWith('evil.example,TXT,"""<img src=x onerror=alert(1)>"" ""<script>')), true);
	const [cof] = await Promise.all([page.waitForEvent('download'), page.locator('[data-save=jsonl]').click()]);
	same('file name', cof.suggestedFilename(), 'lookback-_.evil.example.jsonl');
	const rows = (text) => text.map((r) => JSON.stringify(r)).sort();
	same('as the server says', rows(fs.readFileSync(await cof.path(), 'utf8').trim().split('\n').map((l) => JSON.parse(l))),
		rows(await lookup(base, '/api/lookup?q=*.evil.example&domain=true')));
	await page.locator('.c-name a', { hasText: '<img' }).click();
	await see.heading('Name <img\\032src=x\\032onerror=alert\\(3\\)>.evil.example');
	await see.rows(1);
	await page.locator('.c-rdata a', { hasText: 'onload' }).click();
	await see.heading(/<svg/);
	await page.locator('[data-view=graph]').click();
	await page.locator('.node', { hasText: 'onload' }).waitFor();
	await page.locator('details.as-list summary').click();
	await soon('in the list', () => page.locator('.node-list a', { hasText: 'onload' }).count(), 2);
	same('no element of it', await page.locator('main img, main script, main svg[onload]').count(), 0);
}

async function graph({ open, same, soon, on }) {
	const page = await open('/?q=203.0.113.7'), see = on(page);
	await see.rows(3);
	await page.locator('[data-view=graph]').click();
	const nodes = (n) => soon('nodes', () => page.locator('.node').count(), n);
	await nodes(4);
	same('the URL tells the view', new URL(page.url()).searchParams.get('view'), 'graph');
	await page.locator('.node[tabindex="0"]').focus();
	await soon('the root is chosen', () => page.locator('.details h2 a').textContent(), '203.0.113.7');
	const at = page.locator("[data-id='name:paypa1.example']");
	await at.focus();
	await page.keyboard.press('Enter'); // its name server
	await nodes(5);
	await page.locator("[data-id='name:ns1.evil.example']").click(); // another name, and its address
	await nodes(7);
	await soon('details', () => page.locator('.details h2 a').textContent(), 'ns1.evil.example');
	await page.locator("[data-id='name:paypol.example']").waitFor();
	await page.locator("[data-id='name:ns1.evil.example']").focus();
	const before = await page.evaluate(() => document.activeElement.dataset.id);
	const moved = [];
	for (const arrow of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) {
		await page.locator("[data-id='name:ns1.evil.example']").focus();
		await page.keyboard.press(arrow);
		moved.push(await page.evaluate(() => document.activeElement.dataset.id));
	}
	same('arrows move', moved.some((id) => id && id !== before), true);
	await page.locator('details.as-list summary').click();
	await soon('the list has them all', () => page.locator('.node-list > ul > li').count(), 7);
	await page.locator("[data-id='name:paypol.example']").focus();
	await soon('a score', () => page.locator('.details .why').textContent(), /^Score [01]\.\d\d: /);
	await page.locator('button.related').click();
	await soon('the whole walk', () => page.locator('.count').textContent(), /\d+ results?, \d+ shared by many/);
	await page.locator('.node-list button', { hasText: 'expand' }).first().click();
	await page.locator('.details a', { hasText: /./ }).first().click();
	await see.heading(/^(Name|Address) /);
	await page.goBack();
	await page.goBack();
	await see.rows(3);
}

async function trouble({ open, soon, on }) {
	const page = await open('/'), see = on(page);
	let held;
	await page.route('**/api/lookup*', (route) => (held = route));
	await see.search('wikimedia.org');
	await page.locator('.status button', { hasText: 'Cancel' }).click();
	await see.status(/^Cancelled/);
	await soon('the request is held', () => Boolean(held), true);
	await page.unroute('**/api/lookup*');
	await page.locator('.status button', { hasText: 'Search again' }).click();
	await see.status(/ records/);
	await page.route('**/api/lookup*', (route) => route.fulfill({ contentType: 'application/x-ndjson',
		body: '{"cond":"begin"}\n{"obj":{"rrname":"a.example","rrtype":"A","rdata":"192.0.2.1","time_first":1,"time_last":2,"count":1}}\n' }));
	await see.search('a.example');
	await page.locator('.notice.warning', { hasText: 'incomplete after 1 rows: the connection broke' }).waitFor();
	await see.rows(1);
}

async function keyboard({ open, same, soon, on }) {
	const page = await open('/'), see = on(page);
	const active = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id);
	await soon('the box has the focus', active, 'q');
	await page.keyboard.press('Shift+Tab');
	await page.keyboard.press('Shift+Tab');
	same('first of all the way past the head', await active(), 'Skip to the results');
	same('it is seen', await page.locator('.skip').evaluate((e) => getComputedStyle(e).outlineStyle !== 'none' && e.getBoundingClientRect().top >= 0), true);
	await page.keyboard.press('Tab');
	await page.keyboard.press('Tab');
	await page.keyboard.type('text.wikimedia.org');
	await page.keyboard.press('Enter');
	await see.rows(2);
	await soon('it is told', () => page.locator('#announce').textContent(), /^2 records/);
	let steps = 0;
	for (; steps < 40 && !(await page.evaluate(() => document.activeElement.matches('tbody .c-rdata a'))); steps++) {
		await page.keyboard.press('Tab');
		same('the focus is seen', await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'), true);
	}
	same('a result is reached', steps < 40, true);
	await page.keyboard.press('Enter');
	await see.heading(/^Name text\./);
	await see.status(/ record/);
	await page.keyboard.press('/');
	same('back to the box', await active(), 'q');
	same('semantics', await page.evaluate(() => [document.querySelector('table.records').getAttribute('role'), document.querySelectorAll('th[scope=col]').length,
		document.querySelectorAll('[role=search], main, header, nav').length >= 4, [...document.querySelectorAll('input, select')].every((e) => e.labels.length > 0)]),
	['table', 8, true, true]);
}

async function looks({ open, same, on, base }) {
	const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
	const page = await open('/', phone), see = on(page);
	for (const [path, place] of [['/', '.home'], ['/?q=*.evil.example', 'tbody tr'], ['/?q=paypal', '.why'], ['/?q=2048-a.size.dns.netmeister.org', '.more'],
		['/?q=203.0.113.7&view=graph', '.node'], ['/?q=no.such.example', '.nothing'], ['/?view=sensor', '.headline']]) {
		await page.goto(base + path);
		await page.locator(place).first().waitFor();
		same(`no wider than the screen: ${path}`, await page.evaluate(() => document.documentElement.scrollWidth), 360);
	}
	const light = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((a, b) => a + Number(b), 0) / 3);
	same('light', (await light()) > 200, true);
	await page.emulateMedia({ colorScheme: 'dark' });
	same('dark', (await light()) < 60, true);
	await page.goto(`${base}/?q=text.wikimedia.org`);
	await page.locator('.c-rdata a', { hasText: 'text.pmtpa' }).tap();
	await see.heading('Name text.pmtpa.wikimedia.org');
}

export default async function (t) {
	const parts = [pivots, understood, table, many, keywords, punycode, everything, lists, hostile, graph, trouble, keyboard, looks];
	for (const part of t.rest.length > 0 ? parts.filter((p) => t.rest.includes(p.name)) : parts) {
		const begun = Date.now();
		await part(t);
		console.log(`ok ${part.name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
	}
}
