// The keys: size, revision, age, writer, lease. Values are read, and in the document, only while they are revealed.

import { ApiError, json, keyPath } from '../api.js';
import { appsOf, namesOf } from '../derive.js';
import { code, copyButton, el, fill, keyedList, visible } from '../dom.js';
import { machineOf, number, size, when } from '../format.js';
import { icon } from '../icons.js';
import { isBefore } from '../state.js';
import { pager } from './pager.js';

/** @typedef {import('../state.js').Key} Key */

/** @param {import('./deployment.js').Context} context @returns {import('./deployment.js').View} */
export function keysView(context) {
  let order = 'name';
  const filter = el('input', { type: 'search', 'aria-label': 'Filter keys', placeholder: 'Filter keys', oninput: () => { pages.first(); draw(true); } });
  const body = el('tbody');
  const pages = pager(() => draw(true), 'keys');
  const apps = el('div', { class: 'apps' });
  const count = el('span', { class: 'muted small-text', id: 'key-count' });
  const heads = [['Key', 'name'], ['Size', 'size'], ['Revision', null], ['Stored', 'updated'], ['By', null], ['', null]];
  const head = el('tr', {}, heads.map(([text, by], index) => el('th', {
    scope: 'col', class: index === 1 ? 'num' : index === 2 ? 'num hide-small' : null, 'data-by': by,
    'aria-sort': by === 'name' ? 'ascending' : null,
  }, by ? el('button', { type: 'button', class: 'sort', onclick: () => sortBy(/** @type {string} */ (by)) }, text)
    : text || el('span', { class: 'off-screen', text: 'Value' }))));
  const empty = el('p', { class: 'empty', text: 'No keys.' });
  const table = el('div', { class: 'table-scroll' },
    el('table', {}, el('caption', { class: 'off-screen', text: 'Keys' }), el('thead', {}, head), body));
  const element = el('section', { class: 'card', id: 'keys', 'aria-labelledby': 'keys-title' },
    el('div', { class: 'section-head' }, el('h2', { id: 'keys-title', text: 'Keys' }), count, filter),
    apps, empty,
    table, pages.element);
  let drawnKeys = /** @type {any} */ (null);
  let drawnApps = /** @type {any} */ (null);
  let hadKeys = false;
  const rows = keyedList(body, (/** @type {Key} */ key) => key.key, key => row(key, context, hadKeys));
  const appRows = keyedList(apps, (/** @type {any} */ app) => app.id, app => appNode(app, context));

  /** @param {string} by */
  function sortBy(by) {
    order = by;
    for (const cell of head.children) {
      if (cell.getAttribute('data-by') === by) cell.setAttribute('aria-sort', by === 'name' ? 'ascending' : 'descending');
      else cell.removeAttribute('aria-sort');
    }
    pages.first();
    draw(true);
  }

  function draw(force = false) {
    const state = context.state();
    if (!force && state.keys === drawnKeys) return;
    drawnKeys = state.keys;
    const wanted = filter.value.trim().toLowerCase();
    const names = wanted
      ? [...state.keys.keys()].filter(name => name.toLowerCase().includes(wanted)).sort()
      : namesOf(state);
    const shown = order === 'name' ? names : names.map(name => /** @type {Key} */ (state.keys.get(name))).sort(ORDERS[order]).map(key => key.key);
    const folded = wanted ? 0 : state.keys.size - shown.length;
    count.textContent = `${number(shown.length, 'key')}${folded ? `, and ${number(folded, 'key')} of run folded into their apps` : ''}`;
    empty.hidden = shown.length > 0;
    table.hidden = shown.length === 0;
    rows(pages.slice(shown).map(name => /** @type {Key} */ (state.keys.get(name))));
    hadKeys = state.loaded;
  }

  return {
    element,
    update: state => {
      draw();
      const found = appsOf(state);
      if (found === drawnApps) return;
      drawnApps = found;
      appRows(found.slice(0, 50));
    },
  };
}

/** @type {Record<string, (a: Key, b: Key) => number>} */
const ORDERS = {
  size: (a, b) => (b.size ?? 0) - (a.size ?? 0),
  updated: (a, b) => (isBefore(a.updated, b.updated) ? 1 : -1),
};

/** @param {Key} key @param {import('./deployment.js').Context} context @param {boolean} fresh */
function row(key, context, fresh) {
  const mayReveal = context.scope !== 'observe';
  const value = el('div', { class: 'value', hidden: true });
  const isNew = fresh && Date.now() - Date.parse(key.updated) < 60_000;
  return el('tr', { class: isNew ? 'fresh' : null, 'data-key': key.key },
    el('td', { class: 'key' }, code(key.key),
      key.expires && el('div', { class: 'small-text muted' }, icon('lease'), ' lease, ', when(key.expires, 'left'),
        key.on_lapse && el('strong', { text: ': the deployment fails if it lapses' })),
      value),
    el('td', { class: 'num', 'data-label': 'Size', text: key.size === null ? '…' : size(key.size) }),
    el('td', { class: 'num hide-small', text: key.revision === undefined ? '' : String(key.revision) }),
    el('td', { 'data-label': 'Stored' }, when(key.updated)),
    el('td', { 'data-label': key.client ? 'By' : null }, key.client ? el('span', { title: visible(`${key.by ?? ''}, ${key.client}`), text: visible(machineOf(key.client)) }) : '',
      key.by && el('span', { class: 'small-text muted', text: ` as ${visible(key.by)}` })),
    el('td', { class: 'actions' }, mayReveal && revealButton(value, key.key, context, 'Reveal')));
}

/**
 * @param {HTMLElement} place @param {string} key @param {import('./deployment.js').Context} context @param {string} label
 */
function revealButton(place, key, context, label) {
  const hide = label.replace(/^Reveal|^Show/, 'Hide');
  const button = el('button', {
    type: 'button', class: 'small', 'aria-label': `${label}: ${visible(key)}`, 'aria-expanded': 'false',
    onclick: async () => {
      const open = button.getAttribute('aria-expanded') !== 'true';
      button.setAttribute('aria-expanded', String(open));
      button.textContent = open ? hide : label;
      button.setAttribute('aria-label', `${open ? hide : label}: ${visible(key)}`);
      place.hidden = !open;
      fill(place);
      if (open) fill(place, await read(context, key));
    },
  }, label);
  return button;
}

/** @param {import('./deployment.js').Context} context @param {string} key */
async function read(context, key) {
  try {
    const { value, encoding } = await json(context.credential(), keyPath(context.id, key));
    if (encoding === 'binary') return el('p', { class: 'notice', text: 'The value is not text: use goterra-cli get --out FILE.' });
    return el('div', { class: 'stack' }, el('pre', { tabindex: '0', 'aria-label': `Value of ${visible(key)}`, text: value }),
      el('div', { class: 'row' }, copyButton(value, 'Value')));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return el('p', { class: 'notice bad', role: 'alert', text: error.message });
  }
}

/** @type {Record<string, [string, string, string]>} */
const STATES = {
  failed: ['bad', 'failed', 'Failed'], died: ['bad', 'failed', 'Died'], running: ['accent', 'live', 'Running'],
  over: ['good', 'ok', 'Done'], ended: ['', 'ok', 'Ended'], started: ['', 'waiting', 'Started'],
};

/** @param {import('../derive.js').App} app @param {import('./deployment.js').Context} context */
function appNode(app, context) {
  const [tone, sign, text] = STATES[app.state] ?? ['', 'waiting', visible(app.state)];
  const log = el('div', { class: 'log', hidden: true });
  return el('div', { class: `app ${app.state in STATES ? app.state : ''}`, 'data-app': app.id },
    el('span', { class: `pill ${tone}` }, icon(sign), text),
    el('span', { class: 'grow' }, el('strong', { text: visible(app.name) }), ' on ', el('strong', { text: visible(app.machine) }),
      app.exitCode !== undefined && `, exit code ${app.exitCode}`,
      el('span', { class: 'muted' }, app.ended ? [', ended ', when(app.ended)] : app.started && [', started ', when(app.started)])),
    app.log && context.scope !== 'observe' && revealButton(log, app.log.key, context, 'Show log'), log);
}
