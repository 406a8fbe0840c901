// SPDX-License-Identifier: BSD-3-Clause
// Redis is gone; then the collector too. Argument: the collector's process.
export default async function ({ open, same, soon, text, on, rest: [collector] }) {
	const expected = /status of 503|ERR_CONNECTION|ERR_EMPTY_RESPONSE/;
	const page = await open('/?q=wikimedia.org', { expected }), see = on(page);
	await page.locator('.notice.error', { hasText: 'The server cannot answer now' }).waitFor();
	await soon('with its reason', () => text(page, '.notice .said'), /redis/i);
	const live = await open('/?view=sensor', { expected });
	await soon('the banner', () => text(live, '.notice.error'), /^Redis does not take what it is sent/);
	await soon('the dot', () => live.locator('.to-sensor').getAttribute('data-level'), 'error');
	await live.locator('.card.broken h2', { hasText: 'Redis' }).waitFor();
	process.kill(Number(collector));
	await soon('the banner', () => text(live, '.notice.error'), /^The collector does not answer/);
	await see.search('text.wikimedia.org');
	await page.locator('.notice.error', { hasText: 'No answer' }).waitFor();
	same('try again', await page.locator('.notice button', { hasText: 'Try again' }).count(), 1);
}
