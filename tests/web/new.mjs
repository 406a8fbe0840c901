// SPDX-License-Identifier: BSD-3-Clause
// Newly observed domains, names and records. Argument: a file to create when more may be observed.
import fs from 'node:fs';

export default async function ({ open, same, soon, text, on, base, rest: [ready] }) {
	const page = await open('/'), see = on(page);
	await page.locator('.latest li', { hasText: 'brand.co.uk' }).waitFor();
	await page.locator('.new-now a[aria-label="New domains of the last hour"]').click();
	await see.heading('New domains');
	await see.rows(6);
	await see.status(/^6 new domains first seen in the last hour\./);
	same('domains; evil.example was imported', (await see.column('domain')).sort(), ['big.example', 'brand.co.uk', 'hostile.example', 'imported.example', 'known.example', 'twice.example']);
	same('a hostile name is text', await page.locator('tbody img').count(), 0);
	same('and is shown', (await see.column('name')).filter((n) => n === '<img\\032src=x\\032onerror=alert\\(1\\)>.hostile.example').length, 1);
	same('the heading has the focus', await page.evaluate(() => document.activeElement.tagName), 'H1');

	// More is observed while the page is open: it comes without a reload.
	fs.writeFileSync(ready, '');
	await see.rows(7);
	same('newest first', (await see.column('domain'))[0], 'later.example');
	await soon('it is read out', () => text(page, '#announce'), '1 new domain');

	// Depth, time, zones, filter: by keyboard, and kept in the URL.
	await page.locator('.views a', { hasText: 'Names' }).press('Enter');
	await see.heading('New names');
	await see.rows(9);
	await page.locator('#filter').fill('evil');
	await see.rows(1);
	await see.status(/^1 of 9 new names/);
	await page.locator('#only').fill('co.uk, evil.example');
	await page.locator('#only').press('Enter');
	await see.rows(2);
	same('the URL tells all', new URL(page.url()).search, '?view=new&depth=name&since=1h&only=co.uk%2C+evil.example');
	await page.goBack();
	await see.rows(9);
	await page.locator('.views a', { hasText: 'Records' }).click();
	await see.heading('New records');
	await see.rows(12);
	same('how new', [...new Set(await see.column('new'))].sort(), ['new domain', 'new name', 'new record']);
	await page.locator('.views a', { hasText: 'All kept' }).click();
	await see.status(/records\./);
	same('captures of other years as well', (await page.locator('tbody tr').count()) > 50, true);
	await page.locator('#only').fill('nosuch');
	await page.locator('#only').press('Enter');
	await see.status(/^No new record\.$/);
	await page.locator('#only').fill('a..b');
	const bad = await open('/?view=new&only=a..b', { expected: /status of 400/ });
	await bad.locator('.notice.error', { hasText: 'expected a TLD' }).waitFor();
	await page.goto(`${base}/?view=new&only=co.uk`);
	await page.locator('.c-domain a', { hasText: 'brand.co.uk' }).click();
	await see.heading('Names below *.brand.co.uk');
	same('labels', await page.evaluate(() => [...document.querySelectorAll('input, select')].every((e) => e.labels.length > 0)), true);

	await page.goto(`${base}/?view=alerts`);
	await see.heading('Alerts');
	await see.status(/^2 alerts in the last day\./);
	await see.rows(2);
	same('rules', await see.column('rule'), ['again', 'hostile']);
	same('a hostile name is text in alerts', [await page.locator('tbody img').count(), (await see.column('name'))[1]], [0, '<img\\032src=x\\032onerror=alert\\(1\\)>.hostile.example']);
	await page.locator('.c-rule a', { hasText: 'hostile' }).click();
	await see.heading('Alerts of rule hostile');
	await see.rows(1);
	await page.locator('#kind').selectOption('tamper');
	await see.status(/^No alert in the last day/);
	await page.goBack();
	await page.locator('a', { hasText: 'new domains of this rule' }).click();
	await see.heading('New domains of rule hostile');
	await see.rows(1);

	const phone = await open('/?view=new', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: 'dark' });
	for (const path of ['/', '/?view=new', '/?view=alerts', '/?view=new&depth=record&history=true']) {
		await phone.goto(base + path);
		await phone.locator('.latest li, tbody tr, .follow:not([aria-busy])').first().waitFor();
		same(`no wider than the screen: ${path}`, await phone.evaluate(() => document.documentElement.scrollWidth), 360);
	}
}
