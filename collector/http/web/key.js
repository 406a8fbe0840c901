// SPDX-License-Identifier: BSD-3-Clause
// Asks for the API key. It stays in this tab, and goes nowhere but into the header of lookups.
import { key } from './api.js';
import { el } from './dom.js';

// Resolves to true where there is another key now (or none any more), false where the dialog was left.
export function askForKey(message) {
	return new Promise((resolve) => {
		const before = key.get();
		const input = el('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-help' });
		const problem = el('p', { class: 'problem', role: 'alert' }, message);
		const dialog = el('dialog', { class: 'key', 'aria-labelledby': 'key-title' },
			el('form', { method: 'dialog', onsubmit: take },
				el('h2', { id: 'key-title' }, 'API key'), problem,
				el('label', { for: 'key' }, 'Key'), input,
				el('p', { id: 'key-help', class: 'aside' }, 'Kept in this tab until it is closed, and sent only to this server. Its operator makes one with ',
					el('code', null, 'lookback key add NAME'), '.'),
				el('div', { class: 'buttons' },
					before && el('button', { type: 'button', class: 'quiet', onclick: () => end('') }, 'Forget the key'),
					el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'),
					el('button', { type: 'submit' }, 'Use this key'))));
		let changed = false;

		function end(text) {
			key.set(text);
			changed = true;
			dialog.close();
		}
		function take(event) {
			event.preventDefault();
			const text = input.value.trim();
			if (/^[\x21-\x7e]+$/.test(text)) end(text);
			else problem.textContent = 'A key has letters, digits and signs without spaces.';
		}
		dialog.addEventListener('close', () => {
			dialog.remove();
			resolve(changed);
		});
		document.body.append(dialog);
		dialog.showModal();
		input.focus();
	});
}
