// SPDX-License-Identifier: BSD-3-Clause
// A drawn graph as a file: SVG and PNG as it is seen, GraphML with all data.
import { download } from './save.js';
import { iso } from './format.js';

const STYLES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'visibility', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'paint-order'];
const SCALE = 2; // pixels of a PNG per pixel of the screen

// The drawing without need of a style sheet.
function standalone(canvas) {
	const copy = canvas.cloneNode(true), from = canvas.querySelectorAll('*'), to = copy.querySelectorAll('*');
	from.forEach((node, i) => {
		const style = getComputedStyle(node);
		for (const name of STYLES) to[i].setAttribute(name, style.getPropertyValue(name));
	});
	const { width, height } = canvas.getBoundingClientRect();
	copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
	copy.setAttribute('width', Math.round(width));
	copy.setAttribute('height', Math.round(height));
	copy.style.background = getComputedStyle(document.body).backgroundColor;
	return copy;
}

export const saveSvg = (canvas, name) => download(name, 'image/svg+xml', new XMLSerializer().serializeToString(standalone(canvas)));

// Painted from the elements of the drawing, because the page's policy allows no image from a text.
export function savePng(canvas, name) {
	const { width, height } = canvas.getBoundingClientRect(), out = document.createElement('canvas');
	const box = canvas.viewBox.baseVal, scale = (SCALE * width) / box.width, c = out.getContext('2d');
	out.width = Math.round(SCALE * width);
	out.height = Math.round(SCALE * height);
	c.fillStyle = getComputedStyle(document.body).backgroundColor;
	c.fillRect(0, 0, out.width, out.height);
	const number = (node, attribute) => Number(node.getAttribute(attribute) ?? 0);
	for (const node of canvas.querySelectorAll('line, circle, rect, text')) {
		const style = getComputedStyle(node), at = node.parentNode.transform?.baseVal?.consolidate()?.matrix ?? { e: 0, f: 0 };
		if (style.visibility === 'hidden') continue;
		c.setTransform(scale, 0, 0, scale, (at.e - box.x) * scale, (at.f - box.y) * scale);
		c.globalAlpha = Number(style.opacity);
		c.lineWidth = parseFloat(style.strokeWidth) || 0;
		c.setLineDash(style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(',').map(parseFloat));
		if (node.tagName === 'text') {
			c.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
			c.textAlign = { middle: 'center', end: 'end' }[style.textAnchor] ?? 'start';
			c.lineJoin = 'round';
			c.strokeStyle = style.stroke;
			c.strokeText(node.textContent, number(node, 'x'), number(node, 'y'));
			c.fillStyle = style.fill;
			c.fillText(node.textContent, number(node, 'x'), number(node, 'y'));
			continue;
		}
		c.beginPath();
		if (node.tagName === 'line') {
			c.moveTo(number(node, 'x1'), number(node, 'y1'));
			c.lineTo(number(node, 'x2'), number(node, 'y2'));
		} else if (node.tagName === 'circle') c.arc(0, 0, number(node, 'r'), 0, 2 * Math.PI);
		else c.roundRect(number(node, 'x'), number(node, 'y'), number(node, 'width'), number(node, 'height'), number(node, 'rx'));
		if (style.fill !== 'none' && node.tagName !== 'line') {
			c.fillStyle = style.fill;
			c.fill();
		}
		if (style.stroke !== 'none') {
			c.strokeStyle = style.stroke;
			c.stroke();
		}
	}
	out.toBlob((blob) => download(name, 'image/png', blob), 'image/png');
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`).replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, '\ufffd');

// http://graphml.graphdrawing.org/
export function graphMl(model) {
	const data = (key, value) => (value === undefined ? '' : `<data key="${key}">${escaped(value)}</data>`);
	const time = (seconds) => (Number.isFinite(seconds) && seconds > 0 ? iso(seconds) : undefined);
	const keys = [['label', 'node'], ['kind', 'node'], ['score', 'node'], ['types', 'edge'], ['first', 'edge'], ['last', 'edge']];
	return ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
		...keys.map(([name, of]) => `<key id="${name}" for="${of}" attr.name="${name}" attr.type="string"/>`), '<graph edgedefault="directed">',
		...[...model.nodes.values()].map((n) => `<node id="${escaped(n.id)}">${data('label', n.label)}${data('kind', n.kind)}${data('score', n.info?.score)}</node>`),
		...[...model.edges.values()].map((e) => `<edge source="${escaped(e.a.id)}" target="${escaped(e.b.id)}">${data('types', e.types.join(' '))}${data('first', time(e.first))}${data('last', time(e.last))}</edge>`),
		'</graph>', '</graphml>', ''].join('\n');
}
