// SPDX-License-Identifier: BSD-3-Clause
// The time range of a search: since and until in the URL, as "7d", "2024-01-31" or "2024-01-31T12:00".
import { el } from './dom.js';
import * as format from './format.js';

const SPANS = { '1d': 86400, '7d': 604800, '30d': 2592000, '1y': 31557600 };

// Seconds since 1970, or before now if negative; the end of the day or minute if `end`. undefined if it is no time.
export const seconds = (text, end) => (text in SPANS ? -SPANS[text] : format.parse(text, end));

// The fields. A minute in the URL makes them fields of date and time. onChange(since, until): what was chosen.
export function timeTools({ since: begin = '', until: last = '' }, onChange) {
	const custom = Boolean(last || (begin && !(begin in SPANS)));
	const type = begin.includes('T') || last.includes('T') ? 'datetime-local' : 'date';
	const fit = (text, end) => (type === 'datetime-local' && text && !text.includes('T') ? `${text}T${end}` : text);
	const since = el('input', { type, id: 'since', value: custom ? fit(begin in SPANS ? '' : begin, '00:00') : '' });
	const until = el('input', { type, id: 'until', value: fit(last, '23:59') });
	const apply = () => onChange(since.value, until.value);
	const dates = el('span', { class: 'dates', hidden: !custom }, el('label', { for: 'since' }, 'from'), since, el('label', { for: 'until' }, 'to'), until,
		el('button', { type: 'button', class: 'apply', onclick: apply }, 'Apply'));
	const select = el('select', { id: 'seen' }, [['', 'at any time'], ['1d', 'in the last day'], ['7d', 'in the last 7 days'],
		['30d', 'in the last 30 days'], ['1y', 'in the last year'], ['custom', 'between …']]
		.map(([value, text]) => el('option', { value, selected: value === (custom ? 'custom' : begin) }, text)));
	select.addEventListener('change', () => {
		dates.hidden = select.value !== 'custom';
		if (select.value === 'custom') since.focus();
		else onChange(select.value, undefined);
	});
	dates.addEventListener('keydown', (event) => event.key === 'Enter' && event.target.matches('input') && apply());
	return el('div', { class: 'times' }, el('label', { for: 'seen' }, 'Seen'), select, dates);
}
