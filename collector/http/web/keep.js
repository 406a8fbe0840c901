// SPDX-License-Identifier: BSD-3-Clause
// What this browser keeps for the page: the API key, the time zone of the page, recent searches. Nothing of it is in a URL.

const KEY = 'lookback.key';
const ZONE = 'lookback.zone';
const RECENT = 'lookback.recent', RECENT_MAX = 12;

// A browser may refuse its storage; then nothing is kept.
function read(storage, name) {
	try {
		return storage.getItem(name);
	} catch {
		return null;
	}
}

function write(storage, name, text) {
	try {
		if (text) storage.setItem(name, text);
		else storage.removeItem(name);
	} catch { /* not kept */ }
}

// {text, until: seconds since 1970} of the key for all tabs, or undefined. An expired one is removed.
function shared() {
	let kept;
	try {
		kept = JSON.parse(read(localStorage, KEY));
	} catch { /* written by something else */ }
	if (typeof kept?.text !== 'string' || !(kept.until > Date.now() / 1000)) {
		if (kept !== null) write(localStorage, KEY);
		return undefined;
	}
	return kept;
}

export const key = {
	get: () => read(sessionStorage, KEY) ?? shared()?.text ?? '',
	// When it is removed, in seconds since 1970; undefined: with the tab.
	until: () => (read(sessionStorage, KEY) ? undefined : shared()?.until),
	// `until`: for all tabs until then; undefined: for this tab. An empty text removes the key.
	set(text, until) {
		write(sessionStorage, KEY, until ? '' : text);
		write(localStorage, KEY, text && until ? JSON.stringify({ text, until }) : '');
	},
	// Calls `changed` if another tab has set or removed the key.
	watch: (changed) => addEventListener('storage', (event) => event.key === KEY && changed()),
};

// Times are in UTC unless local time was chosen.
export const zone = {
	isLocal: () => read(localStorage, ZONE) === 'local',
	set: (local) => write(localStorage, ZONE, local ? 'local' : ''),
};

export const recent = {
	get() {
		try {
			const kept = JSON.parse(read(localStorage, RECENT) ?? '[]');
			return Array.isArray(kept) ? kept.filter((text) => typeof text === 'string') : [];
		} catch {
			return [];
		}
	},
	add: (text) => text.length <= 300 && write(localStorage, RECENT, JSON.stringify([text, ...recent.get().filter((t) => t !== text)].slice(0, RECENT_MAX))),
	clear: () => write(localStorage, RECENT, ''),
};
