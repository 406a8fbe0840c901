// SPDX-License-Identifier: BSD-3-Clause
// What an analyst does with an answer: actions of rows, groups, the time line, the zone of times, recent searches, files of the graph.
import fs from 'node:fs';

async function actions({ open, same, soon, on }) {
	const page = await open('/?q=203.0.113.7&type=A'), see = on(page);
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await see.rows(3);
	const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
	const choose = async (text) => {
		await page.locator('tbody tr', { hasText: 'paypa1.example' }).locator('.c-actions button').first().click();
		await page.locator('[role=menuitem]', { hasText: text }).first().click();
	};
	await choose('Copy paypa1[.]example');
	await soon('the defanged name', clipboard, 'paypa1[.]example');
	await soon('the menu closes', () => page.locator('[role=menu]').count(), 0);
	await choose('Copy 203[.]0[.]113[.]7');
	await soon('the defanged address', clipboard, '203[.]0[.]113[.]7');
	await choose('Watch rule for the address');
	await soon('a rule', () => page.locator('dialog pre').textContent(), '[rule 203-0-113-7]\nmatch = address 203.0.113.7\n');
	await page.locator('dialog button', { hasText: 'Copy' }).click();
	await soon('it is copied', clipboard, '[rule 203-0-113-7]\nmatch = address 203.0.113.7\n');
	await page.keyboard.press('Escape');
	await page.locator('.downloads .menu > button').click();
	await page.locator('[role=menuitem]', { hasText: '3 names, defanged' }).click();
	await soon('all names', async () => (await clipboard()).trim().split('\n').sort(), ['paypa1[.]example', 'secure[.]paypal[.]example', 'xn--pypal-4ve[.]example']);
	await page.locator('.c-actions button').first().focus();
	await page.keyboard.press('Enter');
	await page.keyboard.press('ArrowDown');
	await soon('arrows move', () => page.evaluate(() => [...document.activeElement.parentNode.children].indexOf(document.activeElement)), 1);
	await page.keyboard.press('Escape');
	await soon('back to the button', () => page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'false');
	await choose('Other names at 203.0.113.7');
	await see.heading('Address 203.0.113.7');
	await choose('All names below');
	await see.heading('Names below *.paypa1.example');
	same('defanged text is understood', (await page.evaluate(async () => (await fetch('/api/understand', { method: 'POST', body: '2001[:]db8[:][:]1' })).json())).value, '2001:db8::1');
}

async function groups({ open, same, soon, on }) {
	const page = await open('/?q=*.wikimedia.org'), see = on(page);
	await see.rows(12);
	await page.locator('#group').selectOption('network');
	await soon('networks', async () => (await page.locator('tbody .c-name > a').allTextContents()).sort(), ['208.80.152.0/24', '91.198.174.0/24']);
	same('the URL has it', new URL(page.url()).searchParams.get('by'), 'network');
	same('names', (await see.column('names')).sort(), ['1', '4']);
	await page.locator('tbody tr', { hasText: '208.80.152.0/24' }).locator('summary').click();
	await soon('its records', () => page.locator('.group-rows li').count(), 4);
	await page.locator('#group').selectOption('domain');
	await see.rows(1);
	same('one domain', await see.column('names'), ['9']);
	await page.reload();
	await see.rows(1);
	await page.locator('#group').selectOption('name');
	await see.rows(9);
	await page.locator('#group').selectOption('');
	await see.rows(12);
}

async function times({ open, same, soon, on }) {
	const page = await open('/?q=203.0.113.7', { timezoneId: 'America/New_York' }), see = on(page);
	await see.rows(3);
	const times = await see.column('first');
	same('UTC', times.includes('2023-11-14 22:13'), true);
	await page.locator('.to-zone').click();
	await soon('local', async () => (await see.column('first')).includes('2023-11-14 17:13'), true);
	await page.reload();
	await soon('kept', async () => (await see.column('first')).includes('2023-11-14 17:13'), true);
	await page.locator('.to-zone').click();
	await soon('UTC again', async () => (await see.column('first')).includes('2023-11-14 22:13'), true);
	same('what the drawing says', await page.locator('.parts').getAttribute('aria-label'), 'Records seen over time, from 2023-11-14 to 2024-03-09; most, 3, around 2023-12-31');
	const box = await page.locator('.parts').boundingBox();
	await page.mouse.move(box.x + box.width * 0.9, box.y + 10);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width, box.y + 12, { steps: 4 });
	await page.mouse.up();
	await see.rows(2); // seen in the last tenth
	const at = new URL(page.url()).searchParams;
	same('the range is in the URL', [at.get('since') > '2024-02', at.get('until') > '2024-03'], [true, true]);
	await page.locator('#seen').selectOption('');
	await see.rows(3);
}

async function recents({ open, same, soon, on }) {
	const page = await open('/'), see = on(page);
	same('none at first', await page.locator('.recent').count(), 0);
	await see.search('text.wikimedia.org');
	await see.rows(2);
	await see.search('no.such.example');
	await page.locator('.nothing').waitFor();
	await page.locator('.brand').click();
	await soon('what found something', () => page.locator('.recent li').allTextContents(), ['text.wikimedia.org']);
	await page.locator('.recent button').click();
	await page.reload();
	await page.locator('.sensors-now a').waitFor();
	same('removed', await page.locator('.recent').count(), 0);
	await page.locator('main h1').click();
	await page.keyboard.press('?');
	await page.locator('dialog.help code', { hasText: '192.0.2.0/24' }).waitFor();
}

async function graphs({ open, same }) {
	const page = await open('/?q=203.0.113.7&view=graph');
	await page.locator("[data-id='name:paypa1.example']").waitFor();
	same('types of the edges', await page.locator('.edge-type').allTextContents(), ['A', 'A', 'A']);
	const save = async (ending) => {
		const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`.content [data-save=${ending}]`).click()]);
		same('its name', file.suggestedFilename(), `lookback-203.0.113.7.${ending}`);
		return fs.readFileSync(await file.path());
	};
	const reader = await page.context().newPage(); // the policy of the page forbids it to parse
	const parsed = (text, type) => reader.evaluate(([t, k]) => {
		const doc = new DOMParser().parseFromString(t, k);
		return [doc.querySelector('parsererror') !== null, doc.querySelectorAll('node').length, doc.querySelectorAll('edge').length, doc.querySelectorAll('circle, rect').length];
	}, [text, type]);
	same('GraphML', (await parsed((await save('graphml')).toString(), 'application/xml')).slice(0, 3), [false, 4, 3]);
	same('SVG', (await parsed((await save('svg')).toString(), 'image/svg+xml'))[3], 8);
	const png = await save('png');
	same('PNG', [png.subarray(1, 4).toString(), png.length > 3000], ['PNG', true]);
}

export default async function (t) {
	for (const part of [actions, groups, times, recents, graphs]) await part(t);
}
