// SPDX-License-Identifier: BSD-3-Clause
// The page shows what its URL says.
//
//     /                          home
//     /?q=TEXT&…                 results.js; with view=graph: graph.js
//     /?view=new&…               new.js
//     /?view=alerts&…            alerts.js
//     /?view=sensor              live.js
import { openAlerts } from './alerts.js';
import { announce, el, fill } from './dom.js';
import { showHelp } from './help.js';
import { home } from './home.js';
import { key, zone } from './keep.js';
import { askForKey } from './key.js';
import { openLive, watchSensor } from './live.js';
import { openNew } from './new.js';
import { openResults } from './results.js';

const main = document.getElementById('main');
const box = document.getElementById('q');
let close = () => {}; // what is shown now

const VIEWS = { sensor: ['Sensor', openLive], new: ['New', openNew], alerts: ['Alerts', openAlerts] }; // title, opens it

const read = () => Object.fromEntries(new URLSearchParams(location.search));

function urlOf(params) {
	const p = new URLSearchParams();
	for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== '') p.set(name, value);
	const text = p.toString();
	return text ? `/?${text}` : '/';
}

// Goes to other parameters: a new entry of the history, or in place of this one.
function go(params, { replace = false, fresh = true } = {}) {
	if (replace) {
		history.replaceState(history.state, '', urlOf(params));
		return;
	}
	history.replaceState({ scroll: scrollY }, '');
	if (urlOf(params) !== location.pathname + location.search) history.pushState({}, '', urlOf(params));
	show({ fresh, focus: fresh });
}

// `fresh`: a new search; otherwise Back, Forward or a reload, which may show cached answers.
function show({ fresh = false, focus = fresh } = {}) {
	const params = read();
	close();
	close = () => {};
	if (document.activeElement !== box || params.q) box.value = params.q ?? '';
	document.title = 'Lookback';
	const view = VIEWS[params.view];
	document.body.dataset.view = view ? params.view : params.q ? 'results' : 'home';
	for (const link of document.querySelectorAll('.top nav a')) {
		if (view && link.classList.contains(`to-${params.view}`)) link.setAttribute('aria-current', 'page');
		else link.removeAttribute('aria-current');
	}
	if (view) {
		document.title = `${view[0]} – Lookback`;
		close = view[1](main, params, { go, showKey });
	} else if (params.q) {
		document.title = `${params.q.slice(0, 100)} – Lookback`;
		close = openResults(main, params, { go, fresh, showKey });
	} else {
		fill(main, home());
		announce('');
	}
	if (fresh) scrollTo(0, 0);
	else if (history.state?.scroll) scrollTo(0, history.state.scroll);
	if (focus && document.activeElement !== box) (main.querySelector('h1') ?? main).focus({ preventScroll: true });
}

function showKey() {
	const button = document.querySelector('.to-key');
	button.classList.toggle('set', Boolean(key.get()));
	button.setAttribute('aria-label', key.get() ? 'API key: set' : 'API key: none');
	button.textContent = key.get() ? 'Key set' : 'Key';
}

document.addEventListener('click', (event) => {
	const link = event.target.closest('a[href^="/"]');
	if (!link || link.hasAttribute('download') || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
	event.preventDefault();
	go(Object.fromEntries(new URLSearchParams(link.getAttribute('href').slice(2))));
});

document.querySelector('form.search').addEventListener('submit', (event) => {
	event.preventDefault();
	const q = box.value.trim();
	if (!q) return;
	if (matchMedia('(pointer: coarse)').matches) box.blur(); // hides the keyboard of the phone
	go({ q });
});

// The box has one line: line breaks of a pasted list become blanks.
box.addEventListener('paste', (event) => {
	const text = event.clipboardData?.getData('text/plain') ?? '';
	if (!/[\r\n]/.test(text.trim())) return;
	event.preventDefault();
	box.setRangeText(text.trim().replace(/\s*[\r\n]+\s*/g, ' '), box.selectionStart, box.selectionEnd, 'end');
});

document.querySelector('.skip').addEventListener('click', (event) => {
	event.preventDefault();
	(main.querySelector('h1') ?? main).focus();
});

// "/" goes to the box, as in many tools of analysts; "?" shows help.
document.addEventListener('keydown', (event) => {
	const typing = event.target.closest('input, select, textarea, dialog');
	if (!'/?'.includes(event.key) || typing || event.ctrlKey || event.metaKey || event.altKey) return;
	event.preventDefault();
	if (event.key === '?') return showHelp();
	box.focus();
	box.select();
});

document.querySelector('.to-help').addEventListener('click', showHelp);

function showZone() {
	const button = document.querySelector('.to-zone');
	button.textContent = zone.isLocal() ? 'Local' : 'UTC';
	button.setAttribute('aria-label', `Times are in ${zone.isLocal() ? 'local time; use UTC' : 'UTC; use local time'}`);
}

document.querySelector('.to-zone').addEventListener('click', () => {
	zone.set(!zone.isLocal());
	showZone();
	show();
});

document.querySelector('.to-key').addEventListener('click', async () => {
	if (!(await askForKey(key.get() ? 'A key is in use. A new key replaces it.' : ''))) return;
	showKey();
	if (read().q || ['new', 'alerts'].includes(read().view)) show({ fresh: true });
});

key.watch(showKey);
addEventListener('popstate', () => show());
addEventListener('pagehide', () => history.replaceState({ scroll: scrollY }, ''));
history.scrollRestoration = 'manual';

showKey();
showZone();
show();
watchSensor();
if (!read().q && !read().view && !matchMedia('(pointer: coarse)').matches) box.focus();
