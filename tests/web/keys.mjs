// SPDX-License-Identifier: BSD-3-Clause
// A server that answers only to keys. Arguments: a key, and one whose quota is a single lookup.
export default async function ({ open, same, soon, text, on, rest: [key, small] }) {
	const expected = /status of (401|403|429)/;
	const page = await open('/?q=wikimedia.org', { expected }), see = on(page);
	const give = async (text) => {
		await page.locator('#key').fill(text);
		await page.locator('#key').press('Enter');
	};
	await soon('it asks for a key', () => text(page, 'dialog .problem'), /only with a key/);
	same('the field has the focus', await page.evaluate(() => document.activeElement.id), 'key');
	await give('wrong');
	await soon('a wrong one is refused', () => text(page, 'dialog .problem'), /not known/);
	same('and not used', await page.evaluate(() => [sessionStorage.length, document.querySelector('.to-key').textContent]), [0, 'Key']);
	await page.keyboard.press('Escape');
	await page.locator('.notice.error', { hasText: 'A key is needed' }).waitFor();
	await page.locator('.notice button', { hasText: 'Enter a key' }).click();
	const [request] = await Promise.all([page.waitForRequest('**/api/lookup*'), give(key)]);
	same('the header', await request.headerValue('x-api-key'), key);
	await see.status(/ records/);
	same('kept in the tab alone', await page.evaluate(() => [Object.values(sessionStorage), Object.keys(localStorage).filter((name) => name !== 'lookback.recent'), document.cookie]), [[key], [], '']);
	same('not in the URL', page.url().includes(key), false);
	await page.reload();
	await see.status(/ records/);
	await page.locator('.to-key', { hasText: 'Key set' }).click();
	await page.locator('dialog button', { hasText: 'Forget' }).click();
	await soon('it asks again', () => text(page, 'dialog .problem'), /only with a key/);
	await give(small);
	await see.status(/ records/);
	await see.search('text.wikimedia.org');
	await page.locator('.notice.error', { hasText: 'Over quota' }).waitFor();
	await soon('when to come again', () => text(page, '.notice.error'), /may ask again in \d+ (minute|second|hour)/);
	// For all tabs, until a date.
	const kept = await open('/?q=wikimedia.org', { expected });
	await kept.locator('#key-kept').selectOption({ label: 'for 7 days, in all tabs' });
	await kept.locator('#key').fill(key);
	await kept.locator('#key').press('Enter');
	await on(kept).status(/ records/);
	const tab = await kept.context().newPage();
	await tab.goto(kept.url());
	await on(tab).status(/ records/);
	same('until then', await tab.evaluate(() => Math.round((JSON.parse(localStorage.getItem('lookback.key')).until - Date.now() / 1000) / 86400)), 7);
	await tab.evaluate(() => localStorage.setItem('lookback.key', JSON.stringify({ ...JSON.parse(localStorage.getItem('lookback.key')), until: Date.now() / 1000 - 1 })));
	await tab.reload();
	await tab.locator('dialog').waitFor(); // expired
	same('removed', await tab.evaluate(() => localStorage.getItem('lookback.key')), null);
	const home = await open('/', { expected });
	for (const known of [false, true]) { // a link cannot carry a key, set or not
		await home.evaluate((k) => k && sessionStorage.setItem('lookback.key', k), known && key);
		await home.locator('[data-export=CSV]').click();
		await soon('by curl then', () => text(home, '.everything .notice'), /curl -f -H 'X-API-Key: YOUR-KEY' 'http:.*\/api\/export\?format=csv' > lookback\.csv/);
		await home.reload();
	}
	const other = await open('/?q=wikimedia.org', { expected });
	await other.locator('dialog').waitFor();
}
