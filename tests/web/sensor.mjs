// SPDX-License-Identifier: BSD-3-Clause
// The live view while a sensor runs.
export default async function ({ open, same, soon, text, base }) {
	const page = await open('/?view=sensor');
	await soon('all is well', () => text(page, '.banner'), /^All is well/);
	await soon('the dot', () => page.locator('.to-sensor').getAttribute('data-level'), 'well');
	const figures = (title) => page.locator('.card', { has: page.locator('h2', { hasText: new RegExp(`^${title}$`) }) });
	const totals = async (title) => (await figures(title).locator('tbody tr td:nth-child(3)').evaluateAll((cells) => cells.map((c) => Number(c.title.replaceAll(',', ''))))).reduce((a, b) => a + b, 0);
	await soon('packets by outcome are all packets', () => totals('Packets'), 263);
	const metrics = await (await fetch(`${base}/metrics`)).text();
	const metric = (family) => [...metrics.matchAll(new RegExp(`^lookback_${family}[{ ].*?(\\d+)$`, 'gm'))].reduce((sum, m) => sum + Number(m[1]), 0);
	same('messages as in /metrics', await totals('DNS messages'), metric('messages_total'));
	same('records as in /metrics', await totals('Records'), metric('records_total'));
	await soon('rates come with the second answer', () => page.locator('.headline .value').first().textContent(), /^0\/s$/);
	same('Redis', await figures('Redis').locator('dd').first().textContent(), 'connected');
	same('the spool', await figures('Spool').locator('.meter .value').textContent().then((t) => / of 4\.0 GiB$/.test(t)), true);
	same('the table', await figures('Table').locator('.meter .value').textContent().then((t) => / of 100 k$/.test(t)), true);
	same('ports', await figures('Ports').locator('tbody tr').count(), 2);

	// Nobody looks: nothing is asked.
	let asked = 0;
	page.on('request', () => asked++);
	await soon('it goes on', () => asked > 0, true);
	await page.evaluate(() => {
		Object.defineProperty(document, 'hidden', { value: true, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	await new Promise((r) => setTimeout(r, 1000)); // what was under way
	asked = 0;
	await new Promise((r) => setTimeout(r, 3500));
	same('asked while hidden', asked, 0);
	await page.evaluate(() => {
		Object.defineProperty(document, 'hidden', { value: false, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	await soon('it goes on again', () => asked > 0, true);
}
