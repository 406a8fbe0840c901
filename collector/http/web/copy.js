// SPDX-License-Identifier: BSD-3-Clause
// What can be done with a row or with all rows besides looking at them: copied, plain or defanged; made a watch rule or an entry of a block list.
import { announce, el, fill } from './dom.js';
import * as format from './format.js';
import { searchUrl, target } from './records.js';
import { isAddress } from './understand.js';

// So that no program makes a link of it: evil[.]example[.]com, 192[.]0[.]2[.]1, 2001[:]db8[:][:]1
export const defanged = (text) => text.replace(isAddress(text) && text.includes(':') ? /:/g : /\./g, '[$&]');

// Names and addresses of rows, each once, in their order.
export function indicators(rows) {
	const names = new Set(), addresses = new Set();
	for (const row of rows) {
		const to = row.rrname !== undefined ? target(row) : undefined;
		names.add(row.rrname ?? row.name);
		if (to?.address) addresses.add(to.address);
	}
	return { names: [...names], addresses: [...addresses] };
}

async function copy(text, what) {
	try {
		await navigator.clipboard.writeText(text);
		announce(`${what} copied`);
		return true;
	} catch {
		announce(`The browser refused to copy ${what}`);
		return false;
	}
}

// A button with a list of actions. `items`: called when it opens; [label, act] each.
export function menu(label, text, items) {
	const list = el('div', { class: 'menu-items', role: 'menu' });
	const button = el('button', { type: 'button', class: 'quiet small', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': label, onclick: () => (list.parentNode && !ending ? close() : open()) }, text);
	let ending; // the timer that closes it after something was copied
	const node = el('span', { class: 'menu' }, button);

	function close() {
		clearTimeout(ending);
		ending = undefined;
		list.remove();
		button.setAttribute('aria-expanded', 'false');
		document.removeEventListener('pointerdown', outside);
	}
	const outside = (event) => !node.contains(event.target) && close();
	async function choose(act, item) {
		const done = await act();
		if (typeof done === 'boolean') {
			fill(item, done ? 'Copied' : 'Not copied: the browser refused');
			ending = setTimeout(close, 700);
		} else close();
		button.focus();
	}
	function open() {
		close();
		fill(list, items().map(([text, act]) => {
			const item = el('button', { type: 'button', role: 'menuitem', onclick: () => choose(act, item) }, text);
			return item;
		}));
		node.append(list);
		const at = button.getBoundingClientRect(), own = list.getBoundingClientRect(); // fixed: the table clips what leaves it
		list.style.left = `${Math.max(4, Math.min(at.right - own.width, innerWidth - own.width - 4))}px`;
		list.style.top = `${at.bottom + own.height < innerHeight ? at.bottom : Math.max(4, at.top - own.height)}px`;
		button.setAttribute('aria-expanded', 'true');
		document.addEventListener('pointerdown', outside);
		document.addEventListener('scroll', close, { once: true });
		list.firstChild.focus();
	}
	node.addEventListener('keydown', (event) => {
		if (!list.parentNode) return;
		const all = [...list.children], at = all.indexOf(document.activeElement);
		if (event.key === 'Escape' || event.key === 'Tab') {
			close();
			button.focus();
			if (event.key === 'Tab') return;
		} else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') all.at((at + (event.key === 'ArrowDown' ? 1 : -1)) % all.length).focus();
		else return;
		event.preventDefault();
	});
	return node;
}

// A text for a file of the operator, to be copied from a dialog.
function showText(title, words, text) {
	const dialog = el('dialog', { class: 'text', 'aria-labelledby': 'text-title' },
		el('h2', { id: 'text-title' }, title), el('p', null, words), el('pre', { class: 'data', tabindex: '0', role: 'region', 'aria-label': title }, text),
		el('div', { class: 'buttons' }, el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Close'),
			el('button', { type: 'button', onclick: async (event) => fill(event.target, (await copy(text, title)) ? 'Copied' : 'Not copied: select it') }, 'Copy')));
	dialog.addEventListener('close', () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
}

const ruleName = (text) => text.replace(/[^a-z0-9-]+/gi, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'rule';

const watchRule = (kind, value) => showText('Watch rule', 'Add this to watch.conf (setting watch.file) and reload the collector. The page “Alerts” shows what it finds.',
	`[rule ${ruleName(value)}]\nmatch = ${kind} ${value}\n`);

const blockEntry = (value) => showText('Block list entry', 'Add this line to a file that a list of block.conf names in “source = file …”.', `${value}\n`);

const goTo = (url) => {
	const link = el('a', { href: url });
	document.body.append(link);
	link.click();
	link.remove();
};

const rowItems = (row) => {
	const name = row.rrname ?? row.name, to = row.rrname !== undefined ? target(row) : undefined, other = to?.address ?? to?.name;
	return [
		[`Copy ${name}`, () => copy(name, name)],
		[`Copy ${defanged(name)}`, () => copy(defanged(name), defanged(name))],
		...(other ? [[`Copy ${other}`, () => copy(other, other)], [`Copy ${defanged(other)}`, () => copy(defanged(other), defanged(other))]] : []),
		...(row.rrname !== undefined ? [['Copy the record', () => copy(`${row.rrname} ${row.rrtype} ${row.rdata}`, 'the record')]] : []),
		[`All names below ${name}`, () => goTo(searchUrl(`*.${name}`))],
		...(to?.address ? [[`Other names at ${to.address}`, () => goTo(searchUrl(to.address))]] : []),
		...(to?.name ? [[`Other names that point to ${to.name}`, () => goTo(searchUrl(to.name, 'name'))]] : []),
		['Graph', () => goTo(`/?${new URLSearchParams({ q: name, as: 'name', view: 'graph' })}`)],
		['Watch rule for the name', () => watchRule('zone', name)],
		...(to?.address ? [['Watch rule for the address', () => watchRule('address', to.address)]] : []),
		['Block list entry for the name', () => blockEntry(name)],
		...(to?.address ? [['Block list entry for the address', () => blockEntry(to.address)]] : []),
	];
};

export const ACTIONS_COLUMN = { id: 'actions', label: 'Actions', plain: true, cell: (row) => menu(`Actions for ${row.rrname ?? row.name}`, '⋯', () => rowItems(row)) };

// All rows that are shown. `rows`: what they are now.
export const copyAll = (rows) => menu('Copy names or addresses', 'Copy ▾', () => {
	const { names, addresses } = indicators(rows());
	const lines = (list, what) => [[`${format.plural(list.length, what[0], what[1])}`, () => copy(list.join('\n') + '\n', what[1])],
		[`${format.plural(list.length, what[0], what[1])}, defanged`, () => copy(list.map(defanged).join('\n') + '\n', what[1])]];
	return [...lines(names, ['name', 'names']), ...(addresses.length > 0 ? lines(addresses, ['address', 'addresses']) : [])];
});
