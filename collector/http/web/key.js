// SPDX-License-Identifier: BSD-3-Clause
// Asks for the API key, and for how long this browser keeps it. A key is used only after the server has accepted it. It is sent only in the
// header of lookups.
import { mayAsk } from './api.js';
import { el, setText } from './dom.js';
import * as format from './format.js';
import { key } from './keep.js';

const DAY = 86400;
const KEPT = [['', 'until this tab is closed'], [DAY, 'for one day, in all tabs'], [7 * DAY, 'for 7 days, in all tabs'], [30 * DAY, 'for 30 days, in all tabs']];

const REFUSED = {
	'key-needed': 'The server does not accept this key. Check that it is complete; it may have been removed.',
	'key-wrong': 'This key is not known to the server. Check that it is complete; it may have been removed.',
	away: 'The collector does not answer, so the key was not checked. Try again.',
};

// Resolves to true if the key was changed or removed, false if the dialog was closed.
export function askForKey(message) {
	return new Promise((resolve) => {
		const before = key.get(), until = key.until();
		const input = el('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-help' });
		const kept = el('select', { id: 'key-kept' }, KEPT.map(([value, text]) => el('option', { value }, text)));
		const problem = el('p', { class: 'problem', role: 'alert' }, message);
		const use = el('button', { type: 'submit' }, 'Use this key');
		const dialog = el('dialog', { class: 'key', 'aria-labelledby': 'key-title' },
			el('form', { method: 'dialog', onsubmit: take },
				el('h2', { id: 'key-title' }, 'API key'), problem,
				until && el('p', { class: 'aside' }, `The present key is kept until ${format.minute(until)}.`),
				el('label', { for: 'key' }, 'Key'), input,
				el('label', { for: 'key-kept' }, 'Keep it'), kept,
				el('p', { id: 'key-help', class: 'aside' }, 'The key is sent only to this server. On a computer that others use, keep it for this tab only. The operator makes keys with ',
					el('code', null, 'lookback key add NAME'), '.'),
				el('div', { class: 'buttons' },
					before && el('button', { type: 'button', class: 'quiet', onclick: () => end('') }, 'Forget the key'),
					el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'),
					use)));
		let changed = false;

		function end(text) {
			key.set(text, kept.value ? Math.round(Date.now() / 1000) + Number(kept.value) : undefined);
			changed = true;
			dialog.close();
		}
		async function take(event) {
			event.preventDefault();
			const text = input.value.trim();
			if (!/^[\x21-\x7e]+$/.test(text)) {
				setText(problem, 'Found a space or another character; expected letters, digits and signs.');
				return;
			}
			use.disabled = true;
			try {
				await mayAsk(text);
				if (dialog.open) end(text);
			} catch (error) {
				if (error.kind === 'quota') end(text); // accepted, but used up
				else setText(problem, REFUSED[error.kind] ?? `The key was not checked: ${error.message}. Try again.`);
				input.select();
			} finally {
				use.disabled = false;
			}
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
