// The deployments of a user, or of all users for an admin; stuck ones first.

import { ApiError, json } from '../api.js';
import { code, el, fill, visible } from '../dom.js';
import { number, refreshTimes, setServerTime, when } from '../format.js';
import { icon } from '../icons.js';
import { session } from '../session.js';

const MAX_PAGES = 50;

/** @typedef {{id: string, name: string|null, namespace: string|null, state: string, created: string,
 *   deployment_expires: string|null, keys: number, owner: string, reason: string|null, waiting: number,
 *   waiting_since: string|null}} Item */

/** @param {HTMLElement} main @param {import('./deployment.js').Navigation} navigation */
export function showList(main, navigation) {
  /** @type {Map<string, Item>} */
  const items = new Map();
  const abort = new AbortController();
  const credential = session()?.credential ?? null;
  let all = true;
  const status = el('p', { class: 'muted', role: 'status', text: 'Loading…' });
  const filter = el('input', { type: 'search', 'aria-label': 'Filter by name, id, namespace or owner', placeholder: 'Filter', oninput: draw });
  const order = el('select', { 'aria-label': 'Sort by', onchange: draw },
    el('option', { value: 'stuck', text: 'Stuck first' }), el('option', { value: 'created', text: 'Newest first' }),
    el('option', { value: 'name', text: 'By name' }));
  const body = el('tbody');
  const table = el('table', {}, el('caption', { class: 'off-screen', text: 'Deployments' }), el('thead', {}, el('tr', {},
    ['State', 'Deployment', 'Waiting', 'Keys', 'Created', 'Expires'].map((text, index) =>
      el('th', { scope: 'col', class: index === 3 ? 'num' : index > 3 ? 'hide-small' : null, text })))), body);
  fill(main, el('section', { class: 'card' },
    el('div', { class: 'section-head' }, el('h2', { text: 'Deployments' }), filter, order),
    status, el('div', { class: 'table-scroll' }, table), byId(navigation)));

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const shown = [...items.values()].filter(item =>
      `${item.name ?? ''} ${item.id} ${item.namespace ?? ''} ${item.owner}`.toLowerCase().includes(wanted)).sort(ORDERS[order.value]);
    fill(body, shown.slice(0, 500).map(item => row(item, all, navigation)));
    status.textContent = shown.length > 500
      ? `${number(shown.length, 'deployment')}, the first 500 of them`
      : number(shown.length, 'deployment');
  }

  const get = (/** @type {string} */ path) => json(credential, `store/-/${path}`, { signal: abort.signal });

  /** Below store/-/, with a query. @returns {Promise<string[]>} */
  async function ownLists() {
    const mine = await get('namespaces').catch(() => ({ namespaces: [] }));
    const owned = mine.namespaces.filter((/** @type {any} */ ns) => ns.role === 'owner');
    return ['deployments?', ...owned.map((/** @type {any} */ ns) => `namespaces/${encodeURIComponent(ns.name)}?`)];
  }

  async function load() {
    const found = new Set();
    const read = async (/** @type {string} */ path) => {
      let after = '';
      for (let page = 0; page < MAX_PAGES; page++) {
        const part = await get(path + after);
        for (const item of part.deployments) {
          items.set(item.id, item);
          found.add(item.id);
        }
        draw();
        if (!part.next) break;
        after = `after=${encodeURIComponent(part.next)}`;
      }
    };
    if (all) {
      await read('deployments?all=true&').catch(error => {
        if (!(error instanceof ApiError && error.status === 403)) throw error;
        all = false;
      });
    }
    if (!all) for (const path of await ownLists()) await read(path);
    for (const id of items.keys()) if (!found.has(id)) items.delete(id);
    draw();
  }

  setServerTime(new Date().toISOString());
  const failed = (/** @type {any} */ error) => {
    if (!abort.signal.aborted) status.textContent = error.message;
  };
  load().catch(failed);
  const again = setInterval(() => { if (!document.hidden) load().catch(failed); }, 30_000);
  const tick = setInterval(refreshTimes, 1000);
  return () => { abort.abort(); clearInterval(again); clearInterval(tick); };
}

/** For deployments that are not in the list. @param {import('./deployment.js').Navigation} navigation */
function byId(navigation) {
  const id = el('input', { id: 'other-id', placeholder: 'Id', autocomplete: 'off', spellcheck: 'false', required: true, pattern: '[A-Za-z0-9_\\-]{1,100}' });
  return el('form', {
    class: 'row', onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      navigation.deployment(id.value.trim());
    },
  }, el('label', { for: 'other-id', text: 'Another deployment' }), el('span', { class: 'grow' }, id), el('button', {}, 'Show'));
}

/** @type {Record<string, (a: Item, b: Item) => number>} */
const ORDERS = {
  stuck: (a, b) => rank(a) - rank(b) || compare(a.waiting_since ?? '~', b.waiting_since ?? '~') || compare(b.created, a.created),
  created: (a, b) => compare(b.created, a.created),
  name: (a, b) => compare(a.name ?? '~', b.name ?? '~') || compare(a.id, b.id),
};

/** @param {Item} item */
const rank = item => (item.state === 'failed' ? 0 : item.waiting ? 1 : 2);

/** @param {string} a @param {string} b */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** @param {Item} item @param {boolean} owner @param {import('./deployment.js').Navigation} navigation */
function row(item, owner, navigation) {
  const state = item.state === 'failed'
    ? el('span', { class: 'pill bad' }, icon('failed'), 'Failed')
    : item.waiting
      ? el('span', { class: 'pill warn' }, icon('waiting'), 'Waiting')
      : el('span', { class: 'pill good' }, icon('ok'), 'Quiet');
  const open = el('button', {
    type: 'button', class: 'small', onclick: () => navigation.deployment(item.id),
    'aria-label': `Open ${item.name ?? item.id}`,
  }, 'Open');
  return el('tr', { class: item.state === 'failed' ? 'bad' : item.waiting ? 'warn' : null, 'data-id': item.id },
    el('td', {}, state),
    el('td', { class: 'key' }, el('div', { class: 'row' }, el('strong', { text: visible(item.name ?? 'unnamed') }), open),
      el('div', { class: 'muted small-text' }, code(item.id), item.namespace ? ` in ${visible(item.namespace)}` : '',
        owner ? ` by ${visible(item.owner)}` : ''),
      item.reason && el('div', { class: 'small-text', text: visible(item.reason) })),
    el('td', {}, item.waiting ? [number(item.waiting, 'client'), ', longest ', when(item.waiting_since ?? '', 'for')] : 'none'),
    el('td', { class: 'num', text: String(item.keys) }),
    el('td', { class: 'hide-small' }, when(item.created)),
    el('td', { class: 'hide-small' }, item.deployment_expires ? when(item.deployment_expires, 'left') : 'never'));
}
