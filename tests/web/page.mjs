// SPDX-License-Identifier: BSD-3-Clause
// The page in Chromium: page.mjs CHROMIUM URL PART [ARGUMENT...], started by tests/e2e/test_web.sh. Each part is a
// file beside this one. Whatever happens, the page must not complain, break its own policy or ask another host.
import { chromium } from 'playwright-core';

const [program, base, part, ...rest] = process.argv.slice(2);
const SECONDS = 60; // for anything to appear, on a machine that is busy

const browser = await chromium.launch({
	executablePath: program, timeout: 2000 * SECONDS,
	args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
		'--disable-component-update', '--disable-sync'],
});
const complaints = [];

// A page of its own, watched. `expected`: what it may complain about in the console (a lookup that is refused).
async function open(path, { expected, ...options } = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, reducedMotion: 'reduce', ...options });
	await context.grantPermissions([]);
	context.setDefaultTimeout(SECONDS * 1000);
	const page = await context.newPage();
	page.on('pageerror', (error) => complaints.push(`error: ${error.stack}`));
	page.on('console', (message) => {
		if (['error', 'warning'].includes(message.type()) && !expected?.test(message.text())) complaints.push(`console: ${message.text()}`);
	});
	page.on('dialog', (dialog) => {
		complaints.push(`a script of a record ran: ${dialog.message()}`);
		dialog.dismiss();
	});
	page.on('request', (request) => {
		const { host, protocol } = new URL(request.url());
		if (protocol !== 'blob:' && host !== new URL(base).host) complaints.push(`asked another host: ${request.url()}`);
	});
	await page.goto(base + path);
	return page;
}

function same(what, got, expected) {
	const [a, b] = [got, expected].map((v) => JSON.stringify(v));
	if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

// Waits until what the page says is what is expected.
async function soon(what, read, expected) {
	const end = Date.now() + SECONDS * 1000;
	const fits = (v) => (expected instanceof RegExp ? expected.test(v) : JSON.stringify(v) === JSON.stringify(expected));
	let got;
	do {
		got = await read();
		if (fits(got)) return got;
		await new Promise((r) => setTimeout(r, 50));
	} while (Date.now() < end);
	throw new Error(`${what}: expected ${expected instanceof RegExp ? expected : JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}

const text = (page, selector) => page.locator(selector).first().textContent({ timeout: 1000 }).catch(() => '(not there)');

// What most parts need of a page with results.
const on = (page) => ({
	heading: (expected) => soon('heading', () => text(page, 'h1'), expected),
	status: (expected) => soon('status line', () => text(page, '.status'), expected),
	column: (id) => page.locator(`tbody .c-${id}`).allTextContents(),
	rows: (n) => soon('rows', () => page.locator('tbody tr').count(), n),
	search: async (q) => {
		await page.locator('#q').fill(q);
		await page.locator('#q').press('Enter');
	},
});

let failed = 0;
try {
	await (await import(`./${part}.mjs`)).default({ open, same, soon, text, on, base, rest });
} catch (error) {
	console.log(error.stack);
	failed = 1;
}
await browser.close();
for (const complaint of complaints) console.log(complaint);
console.log(`${part}: ${failed || complaints.length ? 'failed' : 'in order'}`);
process.exit(failed || complaints.length ? 1 : 0);
