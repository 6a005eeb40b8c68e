// What happened, latest first.

import { code, el, keyedList, visible } from '../dom.js';
import { duration, machineOf, number, when } from '../format.js';
import { icon } from '../icons.js';
import { isSecurity } from '../state.js';
import { runKey } from '../derive.js';
import { pager } from './pager.js';

/** @typedef {import('../state.js').Happened} Happened */

/** @type {Record<string, (event: Happened) => boolean>} */
const KINDS = {
  All: event => !isBookkeeping(event),
  Changes: event => ['created', 'put', 'deleted', 'expired'].includes(event.type) && !isBookkeeping(event),
  Failures: event => ['failed', 'resumed'].includes(event.type) || event.result === 'failed' || event.result === 'timed_out',
  Waits: event => event.type === 'waiting' || event.type === 'woken',
  Security: isSecurity,
  Run: event => event.key !== undefined && runKey(event.key) !== null,
};

/** What `run` stores besides the status of a command. @param {Happened} event */
function isBookkeeping(event) {
  const part = event.key === undefined ? null : runKey(event.key);
  return part !== null && part.kind !== 'status_app_' && event.type !== 'waiting' && event.type !== 'woken';
}

/** @param {import('./deployment.js').Context} context @returns {import('./deployment.js').View} */
export function eventsView(context) {
  let kind = 'All';
  const filter = el('input', { type: 'search', 'aria-label': 'Filter events', placeholder: 'Filter events', oninput: () => { pages.first(); draw(true); } });
  const chips = Object.keys(KINDS).filter(name => name !== 'Security' || context.scope === 'full').map(name => el('button', {
    type: 'button', class: 'small', 'aria-pressed': String(name === kind), onclick: () => {
      kind = name;
      for (const chip of chips) chip.setAttribute('aria-pressed', String(chip.textContent === kind));
      pages.first();
      draw(true);
    },
  }, name));
  const body = el('tbody');
  const pages = pager(() => draw(true), 'events');
  const count = el('span', { class: 'muted small-text', id: 'event-count' });
  const element = el('section', { class: 'card', id: 'events', 'aria-labelledby': 'events-title' },
    el('div', { class: 'section-head' }, el('h2', { id: 'events-title', text: 'Events' }), count,
      el('div', { class: 'chips', role: 'group', 'aria-label': 'Kind of events' }, chips), filter),
    el('div', { class: 'table-scroll' }, el('table', {}, el('caption', { class: 'off-screen', text: 'Events, latest first' }), el('thead', {}, el('tr', {},
      ['When', 'What', 'Who'].map(text => el('th', { scope: 'col', text })))), body)),
    pages.element);
  const rows = keyedList(body, (/** @type {Happened} */ event) => String(event.n), row);
  let drawn = /** @type {any} */ (null);

  function draw(force = false) {
    const { events } = context.state();
    if (!force && events === drawn) return;
    drawn = events;
    const text = filter.value.trim().toLowerCase();
    const shown = [];
    for (let i = events.length - 1; i >= 0; i--) {
      if (KINDS[kind](events[i]) && (!text || textOf(events[i]).includes(text))) shown.push(events[i]);
    }
    count.textContent = number(shown.length, 'event');
    rows(pages.slice(shown));
  }
  return { element, update: () => draw() };
}

/** @param {Happened} event */
const textOf = event =>
  [event.type, event.key, event.prefix, event.reason, event.source, event.name, event.address, event.client, event.by]
    .join(' ').toLowerCase();

/** @type {Record<string, [string, string]>} Icon and tone. */
const SIGNS = {
  failed: ['failed', 'bad'], ticket_misused: ['failed', 'bad'], revoked: ['key', 'warn'], waiting: ['waiting', 'warn'],
  expired: ['lease', 'warn'], resumed: ['ok', 'good'],
};

/** @param {Happened} event */
function row(event) {
  const [sign, tone] = event.type === 'woken'
    ? event.result === 'met' ? ['ok', 'good'] : ['waiting', event.result === 'failed' || event.result === 'timed_out' ? 'bad' : '']
    : SIGNS[event.type] ?? ['key', ''];
  const who = event.client ? machineOf(event.client) : event.address ?? event.source ?? '';
  return el('tr', { class: tone === 'bad' ? 'bad' : null, 'data-type': event.type },
    el('td', {}, when(event.time)),
    el('td', { class: 'key' }, el('span', { class: `pill ${tone}` }, icon(sign), title(event)), ' ', details(event)),
    el('td', { title: event.client ? visible(event.client) : null }, visible(who),
      event.by && el('span', { class: 'small-text muted', text: ` as ${visible(event.by)}` })));
}

/** @param {Happened} event */
function title(event) {
  if (event.type !== 'woken') return event.type.replaceAll('_', ' ');
  return ({ met: 'met', timed_out: 'timed out', failed: 'wait failed', left: 'client disconnected' })[event.result ?? ''] ?? `wait ${event.result}`;
}

/** @param {Happened} event */
function details(event) {
  const { key, prefix, count, reason, name, since, source } = event;
  return [
    key !== undefined && code(key), prefix !== undefined && [`${count} × `, code(`${prefix}*`)],
    key !== undefined && event.type === 'put' && runKey(key) && el('span', { class: 'muted small-text', text: ' (run)' }),
    event.type === 'woken' && since && ` after ${duration(Date.parse(event.time) - Date.parse(since))}`,
    name !== undefined && [' ', code(name)], source !== undefined && event.client && [' ', code(source)],
    reason && el('span', { text: ` ${visible(reason)}` }),
  ];
}
