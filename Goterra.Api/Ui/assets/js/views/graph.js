// Who waits for what: keys on one side, machines on the other.

import { groupsOf } from '../derive.js';
import { code, copyButton, el, fill, visible } from '../dom.js';
import { machineOf, number, quote, when } from '../format.js';
import { icon } from '../icons.js';
import { isBefore } from '../state.js';

const MAX_KEYS = 20;
const MAX_MACHINES = 24;
const CURVE = 0.5;

/** @returns {import('./deployment.js').View} */
export function graphView() {
  const keys = el('ul', { class: 'keys', 'aria-label': 'Keys that are waited for' });
  const machines = el('ul', { class: 'machines', 'aria-label': 'Machines that wait' });
  const lines = el('svg:svg', { 'aria-hidden': 'true' });
  const graph = el('div', { class: 'graph' }, lines, keys, machines);
  const empty = el('p', { class: 'empty', text: 'No clients are waiting.' });
  const more = el('p', { class: 'muted small-text', hidden: true });
  const count = el('span', { class: 'muted small-text' });
  const element = el('section', { class: 'card', id: 'waits', 'aria-labelledby': 'waits-title' },
    el('div', { class: 'section-head' }, el('h2', { id: 'waits-title', text: 'Who waits for what' }), count), empty, graph, more);
  /** @type {import('../derive.js').Group[]|null} */
  let drawn = null;
  new ResizeObserver(() => { if (drawn?.length) connect(drawn); }).observe(graph);

  /** @param {import('../state.js').State} state */
  function update(state) {
    const groups = groupsOf(state);
    if (groups === drawn) return;
    drawn = groups;
    empty.hidden = groups.length > 0;
    graph.hidden = groups.length === 0;
    count.textContent = groups.length ? `${number(state.waits.size, 'wait')} for ${number(groups.length, 'key')}` : '';
    const shown = groups.slice(0, MAX_KEYS);
    const waiting = machinesOf(shown);
    fill(keys, shown.map(keyNode));
    fill(machines, waiting.slice(0, MAX_MACHINES).map(machineNode));
    const hidden = [
      groups.length > MAX_KEYS && number(groups.length - MAX_KEYS, 'more key'),
      waiting.length > MAX_MACHINES && number(waiting.length - MAX_MACHINES, 'more machine'),
    ].filter(Boolean);
    more.hidden = hidden.length === 0;
    more.textContent = `Not shown: ${hidden.join(', ')}. The longest waits come first.`;
    connect(groups);
  }

  /** Draws the lines, once the nodes have their place. @param {import('../derive.js').Group[]} groups */
  function connect(groups) {
    if (!graph.clientWidth) return;
    const paths = /** @type {Element[]} */ ([]);
    const [left, right] = [keys.getBoundingClientRect(), machines.getBoundingClientRect()];
    const { left: x0, top: y0 } = graph.getBoundingClientRect();
    const nodes = new Map([...machines.children].map(node => [node.getAttribute('data-machine'), node.getBoundingClientRect()]));
    groups.slice(0, MAX_KEYS).forEach((group, index) => {
      const from = keys.children[index]?.getBoundingClientRect();
      if (!from) return;
      for (const machine of new Set(group.waits.map(wait => wait.client))) {
        const to = nodes.get(machine);
        if (!to) continue;
        const [x1, y1, x2, y2] = [left.right - x0, from.top + from.height / 2 - y0, right.left - x0, to.top + to.height / 2 - y0];
        const bend = (x2 - x1) * CURVE;
        paths.push(el('svg:path', { class: group.exists ? 'exists' : null, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }));
      }
    });
    fill(lines, paths);
  }
  return { element, update };
}

/** @param {import('../derive.js').Group[]} groups */
function machinesOf(groups) {
  /** @type {Map<string, {client: string, since: string, names: string[]}>} */
  const found = new Map();
  for (const group of groups) {
    for (const wait of group.waits) {
      const known = found.get(wait.client);
      if (!known) found.set(wait.client, { client: wait.client, since: wait.since, names: [group.name] });
      else {
        known.names.push(group.name);
        if (isBefore(wait.since, known.since)) known.since = wait.since;
      }
    }
  }
  return [...found.values()];
}

/** @param {import('../derive.js').Group} group */
function keyNode(group) {
  const { key, prefix, count, have, exists, nearest, waits } = group;
  const missing = !exists && (key !== undefined || have.length < count);
  const clients = new Set(waits.map(wait => wait.client));
  return el('li', { class: `node ${missing ? 'missing' : ''}`, 'data-wanted': group.name },
    el('div', { class: 'what' }, icon(missing ? 'missing' : 'key'),
      el('span', {}, key !== undefined ? code(key) : [`${count} × `, code(`${prefix}*`)])),
    el('div', { class: 'why' },
      `${number(clients.size, 'machine')} ${clients.size === 1 ? 'waits' : 'wait'}, ${clients.size === 1 ? 'for' : 'longest'} `, when(group.since, 'for'),
      exists ? '. The key exists: they wait for a change.'
        : key !== undefined ? '. The key has not been stored yet.' : `. ${have.length} of ${count} there${have.length ? ': ' : '.'}`,
      have.slice(0, 5).map((name, index) => [index ? ', ' : '', code(name)]), have.length > 5 && ', …'),
    nearest !== null && nearestNode(group, nearest),
    el('span', { class: 'off-screen', text: `Waited for by ${visible([...clients].slice(0, 10).map(machineOf).join(', '))}` }));
}

/** @param {import('../derive.js').Group} group @param {string} nearest */
function nearestNode({ key }, nearest) {
  const [wanted, existing] = [quote(key ?? ''), quote(nearest)];
  const fix = `goterra-cli get --no-wait ${existing} | goterra-cli put ${wanted} -`;
  return el('div', { class: 'nearest' },
    el('div', {}, key !== undefined ? 'Nearest existing key: ' : 'Nearest existing prefix: ', el('strong', {}, code(nearest))),
    key !== undefined && el('div', { class: 'fix' }, el('span', { text: 'Fix:' }), code(fix), copyButton(fix, 'Command that fixes it')));
}

/** @param {{client: string, since: string, names: string[]}} machine */
function machineNode({ client, since, names }) {
  const name = machineOf(client);
  return el('li', { class: 'node machine', 'data-machine': client, title: visible(client) },
    el('b', { text: visible(name) }),
    el('span', { class: 'muted' }, names.length > 1 ? `${names.length} waits, ` : '', when(since, 'for')));
}
