// SPDX-License-Identifier: BSD-3-Clause
import { AskError, follow, mayAsk, status } from './api.js';
import { announce, el, fill, setText } from './dom.js';
import * as format from './format.js';
import { showHelp } from './help.js';
import { key, recent, zone } from './keep.js';
import { newNow } from './new.js';
import { nameLink, searchUrl } from './records.js';

const FORMATS = [['COF', 'lookback.cof.jsonl', '', 165], ['CSV', 'lookback.csv', '?format=csv', 75]]; // octets a record

// All records, as a link that the browser saves while it downloads. A link cannot send a key: then the page shows a curl command.
function everything() {
	const size = el('span'), notice = el('div', { role: 'status' });
	const commandLine = (query) => el('p', { class: 'notice' }, 'This server requires a key, which a link cannot send. Use the command line: ',
		el('code', { class: 'data' }, `curl -f -H 'X-API-Key: YOUR-KEY' '${location.origin}/api/export${query}' > ${query ? 'lookback.csv' : 'lookback.cof.jsonl'}`));
	async function save(event, name, query) {
		event.preventDefault();
		fill(notice);
		try {
			if (key.get()) throw new AskError('key-needed', '');
			await mayAsk();
			const link = el('a', { href: `/api/export${query}`, download: name });
			document.body.append(link);
			link.click();
			link.remove();
			announce(`Download of ${name} started`);
		} catch (error) {
			fill(notice, error.kind === 'key-needed' || error.kind === 'key-wrong' ? commandLine(query) : el('p', { class: 'notice error' }, `Download failed: ${error.message}.`));
		}
	}
	status().then(({ names }) => names?.complete && setText(size, `${format.plural(names.names, 'name')} ${names.names === 1 ? 'is' : 'are'} known, most with a few records each. `)).catch(() => {});
	return el('section', { class: 'everything', 'aria-labelledby': 'everything' },
		el('h2', { id: 'everything' }, 'Everything'),
		el('p', null, 'Download all records as ',
			FORMATS.map(([label, name, query], i) => [i ? ' or ' : '', el('a', { href: `/api/export${query}`, download: name, 'data-export': label, onclick: (event) => save(event, name, query) }, label)]), '.'),
		notice,
		el('p', { class: 'aside' }, size, `One million records are about ${FORMATS.map(([label, , , octets]) => `${octets} MB as ${label}`).join(', ')}, uncompressed. `,
			'If the browser reports a failed download, the file is incomplete. Names are untrusted input: open CSV as text, not in a spreadsheet.'));
}

// The latest alerts. With a key, a visit does not cost a lookup.
function alertsNow() {
	const list = el('ul', { class: 'latest' }), part = el('section', { class: 'alerts-now', 'aria-labelledby': 'alerts-now', hidden: true },
		el('h2', { id: 'alerts-now' }, el('a', { href: '/?view=alerts' }, 'Alerts')), list);
	if (!key.get())
		follow('/api/alerts', { newest: true, limit: 6, cursor: '' }, AbortSignal.timeout(5000)).then(({ rows }) => {
			part.hidden = rows.length === 0;
			fill(list, rows.map((a) => el('li', null, el('span', { class: 'why' }, format.visible(a.kind)), ' ', a.name ? nameLink(a.name) : format.visible(a.reason), el('span', { class: 'aside' }, ` ${format.visible(a.rule)} `,
				el('time', { datetime: a.time, title: a.time }, format.ago(Date.parse(a.time) / 1000))))));
		}).catch(() => {});
	return part;
}

// What sensors do, in a sentence.
function sensorsNow() {
	const text = el('p', { class: 'sensors-now' });
	status().then(({ sensors }) => fill(text, el('a', { href: '/?view=sensor' }, sensors.length === 0 ? 'No sensor is connected' : `${format.plural(sensors.length, 'sensor')} connected`),
		sensors.length > 0 && `: ${sensors.slice(0, 5).map((s) => s.sensor).join(', ')}${sensors.length > 5 ? ', …' : ''}`, '.')).catch(() => {});
	return text;
}

function recentSearches() {
	const texts = recent.get();
	if (texts.length === 0) return null;
	const part = el('section', { class: 'recent', 'aria-labelledby': 'recent' },
		el('h2', { id: 'recent' }, 'Recent searches of this browser'),
		el('ul', null, texts.map((text) => el('li', null, el('a', { class: 'data', href: searchUrl(text) }, format.visible(text))))),
		el('button', { type: 'button', class: 'quiet small', onclick: () => {
			recent.clear();
			part.remove();
			announce('Recent searches removed');
		} }, 'Clear'));
	return part;
}

export function home() {
	return el('section', { class: 'home' },
		el('h1', { tabindex: '-1' }, 'What names resolved to, and when'),
		el('p', { class: 'lead' }, 'Paste a name, an address or a list of them. ', el('button', { type: 'button', class: 'quiet small', onclick: showHelp }, 'What you can search for')),
		sensorsNow(), recentSearches(), newNow(), alertsNow(),
		el('p', { class: 'aside' }, 'Names and addresses in the results are links to further searches. Press ', el('kbd', null, '/'), ' to go to the search box, ', el('kbd', null, '?'), ` for help. Times are in ${zone.isLocal() ? 'local time' : 'UTC'}.`),
		everything());
}
