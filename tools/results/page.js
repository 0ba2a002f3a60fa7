// SPDX-License-Identifier: GPL-2.0-only
//
// Filters, keys and the evidence of the conformance matrix.  The table is in the page already; the
// data are what Coco::Matrix made of the runs.
'use strict';
(function () {
	const data = JSON.parse(document.getElementById('data').textContent);
	const { rows, columns, cases } = data;
	const word = {}, verdictLetter = { p: 'p', f: 'f', n: 'f', k: 'k', s: 's', u: 'u' };
	const said = { p: 'passed', f: 'failed', n: 'did not end', k: 'known issue', s: 'skipped',
		u: 'not driven' };
	const $ = id => document.getElementById(id);
	const table = $('matrix'), evidence = $('evidence');
	const lines = Array.from(table.querySelectorAll('tr[data-r]'));
	const hiddenColumns = new Set();

	data.states.forEach(s => { word[s[0]] = s[1]; });

	// An element; strings become text, never markup.
	function make(name, attributes, ...content) {
		const element = document.createElement(name);
		for (const key in attributes) {
			if (key === 'on')
				for (const what in attributes.on)
					element.addEventListener(what, attributes.on[what]);
			else
				element.setAttribute(key, attributes[key]);
		}
		element.append(...content.filter(c => c !== null));
		return element;
	}

	// ---- filters ----

	function select(id, label, options) {
		return make('select', { id, 'aria-label': label, on: { change: apply } },
			...options.map(o => make('option', { value: o[0] }, o[1])));
	}

	function columnName(c) {
		return columns[c].title.filter(t => t).join(' ');
	}

	function controls() {
		const documents = Array.from(new Set(rows.map(r => r.document)));
		const vendors = Array.from(new Set(rows.map(r => r.vendor).filter(v => v))).sort();
		const names = { amd: 'AMD', intel: 'Intel' };
		const boxes = columns.map((column, c) => make('label', {},
			make('input', { type: 'checkbox', checked: '', 'data-column': c, on: { change: apply } }),
			columnName(c)));

		$('controls').append(
			make('input', { type: 'search', id: 'search', placeholder: 'Search  ( / )',
				'aria-label': 'Search requirements', on: { input: apply } }),
			select('document', 'Document', [['', 'All documents']].concat(documents.map(d => [d, d]))),
			select('vendor', 'Vendor', [['', 'All vendors']].concat(vendors.map(v => [v, names[v]]))),
			make('details', { id: 'columns' }, make('summary', {}, 'Columns'), make('div', {}, ...boxes)),
			make('label', { title: 'Rows whose verdict is not the same wherever it ran' },
				make('input', { type: 'checkbox', id: 'differ', on: { change: apply } }), 'Differences'),
			make('span', { id: 'shown', role: 'status' }));
		$('controls').hidden = false;
		document.querySelectorAll('#states button').forEach(button =>
			button.addEventListener('click', () => {
				button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
				apply();
			}));
		document.addEventListener('click', event => {
			if (!event.target.closest('#columns'))
				$('columns').open = false;
		});
	}

	function apply() {
		const words = $('search').value.toLowerCase().split(/\s+/).filter(w => w);
		const wanted = Array.from(document.querySelectorAll('#states button[aria-pressed="true"]'))
			.map(b => b.dataset.s);
		let shown = 0;

		hiddenColumns.clear();
		document.querySelectorAll('[data-column]').forEach(box => {
			if (!box.checked)
				hiddenColumns.add(Number(box.dataset.column));
		});
		table.querySelectorAll('[data-c]').forEach(cell => {
			cell.hidden = hiddenColumns.has(Number(cell.dataset.c));
		});
		lines.forEach(line => {
			const r = Number(line.dataset.r), row = rows[r];
			const text = [row.id, row.text, row.document, row.section].join(' ').toLowerCase();
			const states = columns.map((c, i) => hiddenColumns.has(i) ? '' : c.cells[r]).join('');
			const ran = new Set(states.replace(/[hsum]/g, ''));

			line.hidden = !(words.every(w => text.includes(w)) !== false &&
				(!wanted.length || wanted.some(s => states.includes(s))) &&
				(!$('document').value || $('document').value === row.document) &&
				(!$('vendor').value || !row.vendor || $('vendor').value === row.vendor) &&
				(!$('differ').checked || ran.size > 1));
			shown += line.hidden ? 0 : 1;
		});
		// A heading stays if something below it does.
		for (const body of table.tBodies) {
			let document = false, section = false;
			for (const line of Array.from(body.rows).reverse()) {
				if (line.dataset.r) {
					section = section || !line.hidden;
				} else if (line.className === 'section') {
					line.hidden = !section;
					document = document || section;
					section = false;
				} else {
					line.hidden = !document;
				}
			}
		}
		$('shown').textContent = shown + ' of ' + rows.length + ' rows';
		$('none').hidden = shown > 0;
		roving();
	}

	// ---- evidence ----

	function lineList(label, list) {
		return list && list.length ? [make('dt', {}, label),
			make('dd', { class: 'lines' }, ...list.map(l => make('p', {}, l)))] : [];
	}

	// A case that failed, all that is known of it.
	function failure(name, letter, end) {
		const terms = [];

		(end.failures || []).forEach(f => {
			terms.push(make('dt', { class: 'what' }, make('b', {}, f.requirement), ' ',
				f.subject || f.text));
			if (f.subject)
				terms.push(make('dt', {}, 'wanted'), make('dd', {}, f.wanted),
					make('dt', {}, 'got'), make('dd', {}, make('b', {}, f.got)));
			terms.push(make('dt', {}, 'at'), make('dd', {}, f.file + ':' + f.line));
		});
		if (end.ended)
			terms.push(make('dt', {}, 'ended'), make('dd', {}, end.ended));
		terms.push(...lineList('guest', end.guest), ...lineList('host', end.host),
			...lineList('kernel', end.kernel));
		if (!(end.failures || []).length || end.ended)
			terms.push(...lineList('output', end.notes));
		if (letter === 'n')
			terms.push(make('dt', {}, 'why'), make('dd', {}, end.reason));
		return make('div', { class: 'case' },
			make('p', {}, make('i', { class: verdictLetter[letter] }, said[letter]), ' ', name),
			make('dl', {}, ...terms));
	}

	function issues(row, column) {
		const here = column.known[row.id];
		const all = data.known.filter(k => k.requirement === row.id);

		return all.map(k => make('div', { class: 'issue' },
			make('p', {}, k.evidence),
			make('p', { class: 'trees' }, (k.evidence === here ? 'Known of this kernel: ' : 'Known of: ') +
				k.trees)));
	}

	function casesOf(r, column) {
		const row = rows[r], list = [];

		cases.forEach((c, nr) => {
			const letter = column.verdicts[nr], end = column.details[nr];
			const names = end && (end.failures || []).some(f => f.requirement === row.id);
			if (letter !== '-' && (c[2].includes(r) || names || row.program && c[0] === row.id && letter !== 'p'))
				list.push({ nr, letter, end, name: c[0] + ': ' + c[1], names });
		});
		return list;
	}

	function show(r, c) {
		const row = rows[r], column = columns[c], state = column.cells[r];
		const found = casesOf(r, column), problems = row.program ? column.problems[row.id] || [] : [];
		const bad = found.filter(f => f.names || 'fn'.includes(f.letter));
		const rest = found.filter(f => !bad.includes(f));
		const about = data.states.find(s => s[0] === state);
		const counts = {};

		rest.forEach(f => {
			const key = said[f.letter] + '\0' + (f.end && f.end.reason || '');
			(counts[key] = counts[key] || []).push(f);
		});
		evidence.replaceChildren(...[
			make('button', { type: 'button', class: 'close', 'aria-label': 'Close', on: { click: close } }, 'Esc'),
			make('h2', {}, row.id),
			make('p', { class: 'where' }, row.document + ', ' + row.section),
			make('p', {}, row.text),
			make('h3', {}, columnName(c), make('i', { class: state }, word[state])),
			make('p', { class: 'where' }, state === 'h' && !row.program && !Number(row.cases) ?
				'no case lists it; what every case looks at is none\u2019s own' : about[3]),
			...issues(row, column),
			...problems.map(p => make('p', { class: 'lines' }, p)),
			...bad.slice(0, 30).map(f => failure(f.name, f.letter, f.end)),
			bad.length > 30 ? make('p', { class: 'where' }, 'and ' + (bad.length - 30) + ' more') : null,
			...Object.keys(counts).map(key => {
				const [verdict, reason] = key.split('\0'), list = counts[key];
				return make('div', { class: 'case' },
					make('i', { class: verdictLetter[list[0].letter] }, list.length + ' ' + verdict),
					reason ? make('p', { class: 'reason' }, reason) : null,
					make('ul', {}, ...list.map(f => make('li', {}, make('span', { class: 'name' }, f.name)))));
			})].filter(part => part !== null));
		evidence.hidden = false;
		evidence.scrollTop = 0;
		table.querySelectorAll('[aria-selected]').forEach(t => t.removeAttribute('aria-selected'));
		cell(r, c).setAttribute('aria-selected', 'true');
		history.replaceState(null, '', '#' + encodeURIComponent(row.id +
			(row.twin ? '@' + row.vendor : '')) + '/' + c);
	}

	function close() {
		const selected = table.querySelector('[aria-selected]');

		evidence.hidden = true;
		evidence.replaceChildren();
		history.replaceState(null, '', location.pathname + location.search);
		if (selected) {
			selected.removeAttribute('aria-selected');
			selected.focus();
		}
	}

	// ---- keys ----

	function cell(r, c) {
		return lines[r].querySelector('td[data-c="' + c + '"]');
	}

	// One cell can be reached with the tabulator, the others from there with arrows.
	function roving(to) {
		const old = table.querySelector('td[tabindex="0"]');
		const next = to || (old && !old.hidden && !old.parentNode.hidden && old) ||
			(lines.find(l => !l.hidden) || { querySelector: () => null }).querySelector('td:not([hidden])');

		if (old)
			old.setAttribute('tabindex', '-1');
		if (next)
			next.setAttribute('tabindex', '0');
		return next;
	}

	function move(from, down, across) {
		const seen = lines.filter(l => !l.hidden), line = seen.indexOf(from.parentNode) + down;
		const order = columns.map((_, i) => i).filter(i => !hiddenColumns.has(i));
		const at = order.indexOf(Number(from.dataset.c)) + across;

		if (line < 0 || line >= seen.length || at < 0 || at >= order.length)
			return;
		const next = roving(seen[line].querySelector('td[data-c="' + order[at] + '"]'));
		next.focus();
		next.scrollIntoView({ block: 'nearest', inline: 'nearest' });
		if (!evidence.hidden)
			show(Number(next.parentNode.dataset.r), Number(next.dataset.c));
	}

	table.addEventListener('click', event => {
		const td = event.target.closest('tbody td');
		if (!td)
			return;
		roving(td).focus();
		show(Number(td.parentNode.dataset.r), Number(td.dataset.c));
	});
	document.addEventListener('keydown', event => {
		const td = event.target.closest('tbody td');
		const arrows = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

		if (event.key === 'Escape' && !evidence.hidden) {
			close();
		} else if (event.key === '/' && !event.target.closest('input')) {
			event.preventDefault();
			$('search').focus();
		} else if (td && arrows[event.key]) {
			event.preventDefault();
			move(td, ...arrows[event.key]);
		} else if (td && (event.key === 'Enter' || event.key === ' ')) {
			event.preventDefault();
			show(Number(td.parentNode.dataset.r), Number(td.dataset.c));
		}
	});

	controls();
	lines.forEach((line, r) => line.querySelectorAll('td').forEach(td => {
		const state = columns[td.dataset.c].cells[r];
		td.setAttribute('tabindex', '-1');
		td.setAttribute('role', 'gridcell');
		td.setAttribute('aria-label', rows[r].id + ', ' + columnName(td.dataset.c) + ': ' + word[state]);
		td.title = columnName(td.dataset.c) + ': ' + word[state];
	}));
	table.setAttribute('role', 'grid');
	apply();

	// A link to a cell opens it; one that somebody has cut short opens nothing.
	let place = [];
	try {
		place = decodeURIComponent(location.hash.slice(1)).split('/');
	} catch (e) {
		place = [''];
	}
	const row = rows.findIndex(r => r.id + (r.twin ? '@' + r.vendor : '') === place[0]);
	if (row >= 0 && columns[place[1]]) {
		show(row, Number(place[1]));
		roving(cell(row, place[1])).scrollIntoView({ block: 'center' });
	}
})();
