// SPDX-License-Identifier: BSD-3-Clause
// Asks for the API key. It stays in this tab and is sent only in the header of lookups.
import { key } from './api.js';
import { el } from './dom.js';

// Resolves to true if the key was changed or removed, false if the dialog was closed.
export function askForKey(message) {
	return new Promise((resolve) => {
		const before = key.get();
		const input = el('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-help' });
		const problem = el('p', { class: 'problem', role: 'alert' }, message);
		const dialog = el('dialog', { class: 'key', 'aria-labelledby': 'key-title' },
			el('form', { method: 'dialog', onsubmit: take },
				el('h2', { id: 'key-title' }, 'API key'), problem,
				el('label', { for: 'key' }, 'Key'), input,
				el('p', { id: 'key-help', class: 'aside' }, 'The key is kept until this tab is closed, and is sent only to this server. The operator makes keys with ',
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
			else problem.textContent = 'Found a space or another character; expected letters, digits and signs.';
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
