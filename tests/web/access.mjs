// SPDX-License-Identifier: BSD-3-Clause
// WCAG 2.2 AA, as far as axe-core can measure it, in every state of the page: light, dark, and on a phone.
import fs from 'node:fs';

const AXE = fs.readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

// name, path, what must be there, what is done then
const STATES = [
	['home', '/', '.latest li'],
	['help', '/', '.home', (page) => page.locator('.to-help').click()],
	['key', '/', '.home', (page) => page.locator('.to-key').click()],
	['records', '/?q=*.evil.example', 'tbody tr'],
	['actions', '/?q=*.evil.example', 'tbody tr', (page) => page.locator('.c-actions button').first().click()],
	['watch rule', '/?q=203.0.113.7', 'tbody tr', async (page) => {
		await page.locator('.c-actions button').first().click();
		await page.locator('[role=menuitem]', { hasText: 'Watch rule for the name' }).click();
	}],
	['groups', '/?q=*.evil.example&by=domain', 'summary', (page) => page.locator('summary').first().click()],
	['keyword', '/?q=paypal', '.why'],
	['list', '/?q=a.example%20203.0.113.7', '.notice'],
	['many', '/?q=2048-a.size.dns.netmeister.org', '.more'],
	['graph', '/?q=203.0.113.7&view=graph', '.node'],
	['nothing', '/?q=no.such.example', '.nothing'],
	['error', '/?q=1.2.3.4/99', '.notice.error'],
	['new', '/?view=new&since=all', 'h1'],
	['alerts', '/?view=alerts&since=all', 'h1'],
	['sensor', '/?view=sensor', '.headline'],
];
const DEVICES = [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }]];

export default async function ({ open, same, base }) {
	const all = [];
	for (const [device, options] of DEVICES) {
		const page = await open('/', options);
		for (const [state, path, place, act] of STATES) {
			await page.goto(base + path);
			await page.locator(place).first().waitFor();
			await act?.(page);
			await page.evaluate(AXE);
			const found = await page.evaluate(async (tags) => (await globalThis.axe.run({ runOnly: tags })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).slice(0, 4).join(' | ')}`), TAGS);
			all.push(...found.map((text) => `${state}, ${device}: ${text}`));
		}
		await page.close();
	}
	same('violations', all, []);
}
