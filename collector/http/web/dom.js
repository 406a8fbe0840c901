// SPDX-License-Identifier: BSD-3-Clause
// Elements, from names and texts alone: what comes from DNS becomes text nodes and nothing else.

const SVG = 'http://www.w3.org/2000/svg';

function make(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === undefined || value === null || value === false) continue;
		if (typeof value === 'function') node.addEventListener(name.slice(2), value);
		else node.setAttribute(name, value === true ? '' : value);
	}
	fill(node, ...children);
	return node;
}

// el('a', {href, class, onclick: function, hidden: true}, 'text', node, [nodes], null)
export function el(tag, attributes, ...children) {
	return make(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
	return make(document.createElementNS(SVG, tag), attributes, children);
}

// Replaces what the node holds.
export function fill(node, ...children) {
	node.replaceChildren(...children.flat(Infinity).filter((c) => c !== undefined && c !== null && c !== false));
}

// Changes a text only where it is another one: nothing to lay out anew, nothing to be read out again.
export function setText(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

// Said to screen readers.
export function announce(text) {
	setText(document.getElementById('announce'), text);
}

export const wantsNoMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
