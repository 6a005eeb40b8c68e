// Conclusions from the state: groups of waits, the apps of `run`, the machines and what happened on them.

import { machineOf } from './format.js';
import { nearest, prefixes } from './nearest.js';
import { isBefore } from './state.js';

const MAX_CANDIDATES = 1000;

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./state.js').Wait} Wait
 * @typedef {import('./state.js').Key} Key
 * @typedef {{id: string, name: string, key?: string, prefix?: string, count: number, have: string[], exists: boolean,
 *   nearest: string|null, waits: Wait[], since: string}} Group Waits for the same.
 */

/**
 * Computes again when a part of the key is another one.
 * @template R @param {(state: State) => any[]} keyOf @param {(state: State) => R} compute @returns {(state: State) => R}
 */
function memo(keyOf, compute) {
  /** @type {any[]|null} */
  let known = null;
  /** @type {any} */
  let result;
  return state => {
    const key = keyOf(state);
    if (!known || key.some((part, index) => part !== /** @type {any[]} */ (known)[index])) {
      result = compute(state);
      known = key;
    }
    return result;
  };
}

/** Keys that `run` and `once` store for themselves, by their prefix. */
const RUN = ['status_app_', '_run_app_', '_heartbeat_app_', '_log_app_', 'ts_start_', 'ts_end_'];

/** What the status of a command that has ended says, by its size. A link may not read the value. */
const STATUS_BY_SIZE = /** @type {Record<number, string>} */ (
  Object.fromEntries(['over', 'failed'].map(status => [status.length, status])));

/** @param {string} key @returns {{kind: string, app: string}|null} */
export function runKey(key) {
  if (key[0] !== 's' && key[0] !== '_' && key[0] !== 't') return null;
  const kind = RUN.find(prefix => key.startsWith(prefix));
  return kind ? { kind, app: key.slice(kind.length) } : null;
}

/**
 * The waits in groups, the oldest first. Only the names of the keys matter, not when they were stored.
 * @type {(state: State) => Group[]}
 */
export const groupsOf = memo(state => [state.waits, state.names], ({ waits, keys }) => {
  /** @type {Map<string, Group>} */
  const found = new Map();
  for (const wait of waits.values()) {
    const id = `${wait.key ?? ''}\n${wait.prefix ?? ''}\n${wait.count ?? ''}`;
    let group = found.get(id);
    if (!group) {
      group = {
        id, name: wait.key ?? wait.prefix ?? '', key: wait.key, prefix: wait.prefix, count: wait.count ?? 1, have: [],
        exists: wait.key !== undefined && keys.has(wait.key), nearest: null, waits: [], since: wait.since,
      };
      found.set(id, group);
    }
    group.waits.push(wait);
    if (isBefore(wait.since, group.since)) group.since = wait.since;
  }
  const candidates = [];
  for (const key of keys.keys()) {
    if (candidates.length < MAX_CANDIDATES && !runKey(key)) candidates.push(key);
  }
  let left = 20;
  for (const group of found.values()) {
    const { key, prefix } = group;
    if (prefix !== undefined) group.have = [...keys.keys()].filter(name => name.startsWith(prefix));
    if (group.exists || group.have.length > 0 || left-- <= 0) continue;
    group.nearest = key !== undefined
      ? nearest(key, candidates)
      : nearest(/** @type {string} */ (prefix), prefixes(candidates));
  }
  return [...found.values()].sort((a, b) => (isBefore(a.since, b.since) ? -1 : 1));
});

/** The names of the keys that are not of `run`, in order. @type {(state: State) => string[]} */
export const namesOf = memo(state => [state.names], ({ keys }) => [...keys.keys()].filter(key => !runKey(key)).sort());

/**
 * @typedef {{id: string, name: string, machine: string, state: string, started?: string, ended?: string,
 *   exitCode?: number, log?: Key}} App
 */

/** @type {App[]} */
let stable = [];

/** The commands of `run`. @type {(state: State) => App[]} */
export const appsOf = memo(state => [state.keys, state.apps], state => {
  // The same objects as before, as far as they are equal.
  const known = new Map(stable.map(app => [app.id, app]));
  const next = apps(state).map(app => {
    const before = known.get(app.id);
    return before && JSON.stringify(before) === JSON.stringify(app) ? before : app;
  });
  if (next.length !== stable.length || next.some((app, index) => app !== stable[index])) stable = next;
  return stable;
});

/** @param {State} state @returns {App[]} */
function apps({ keys, apps: records }) {
  /** @type {Map<string, Record<string, Key>>} */
  const found = new Map();
  for (const key of keys.values()) {
    const part = runKey(key.key);
    if (!part) continue;
    const parts = found.get(part.app) ?? {};
    parts[part.kind] = key;
    found.set(part.app, parts);
  }
  return [...found].filter(([, parts]) => parts.status_app_ || parts._run_app_).map(([id, parts]) => {
    const status = parts.status_app_ ?? parts._run_app_;
    const record = records[id];
    const machine = record?.host ?? machineOf(parts.ts_start_?.client ?? status.client);
    const started = parts.ts_start_?.updated;
    const over = parts.ts_end_ && (!started || !isBefore(parts.ts_end_.updated, started));
    const alive = Boolean(parts._heartbeat_app_);
    const ended = parts.status_app_ && STATUS_BY_SIZE[parts.status_app_.size ?? 0];
    const state = record && record.updated === status.updated && record.state !== 'start' ? record.state
      : ended ? ended : over ? 'ended' : alive ? 'running' : parts._run_app_ ? 'died' : 'started';
    return {
      id, machine, state, started, ended: over ? parts.ts_end_.updated : undefined, exitCode: over ? record?.exit_code : undefined,
      name: record?.name ?? (id.endsWith(`_${machine}`) ? id.slice(0, -machine.length - 1) : id), log: parts._log_app_,
    };
  }).sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

/** @param {App} app */
const rank = app => ({ died: 0, failed: 1, running: 2, started: 3 })[app.state] ?? 4;

/**
 * @typedef {{machine: string, address: string, waits: Wait[], apps: App[], puts: any[], leases: Key[], failures: any[],
 *   last: string, trouble: number}} Lane
 */

/** What happened on each machine: those with trouble first. @type {(state: State) => Lane[]} */
export const lanesOf = memo(state => [state.waits, state.ended, state.events, state.keys, state.failures, appsOf(state)], state => {
  const { waits, ended, events, keys, failures } = state;
  /** @type {Map<string, Lane>} */
  const found = new Map();
  const lane = (/** @type {string} */ machine, /** @type {string} */ client = '', time = '') => {
    let known = found.get(machine);
    if (!known) {
      known = { machine, address: '', waits: [], apps: [], puts: [], leases: [], failures: [], last: '', trouble: 3 };
      found.set(machine, known);
    }
    if (client.includes(' ')) known.address = client.slice(0, client.indexOf(' '));
    if (isBefore(known.last, time)) known.last = time;
    return known;
  };
  const put = new Set();
  for (const event of events) {
    if (event.type !== 'put' || !event.client || runKey(event.key ?? '')) continue;
    put.add(`${event.key}\n${event.revision}`);
    lane(machineOf(event.client), event.client, event.time).puts.push(event);
  }
  for (const key of keys.values()) {
    if (!key.client) continue;
    const own = lane(machineOf(key.client), key.client, key.updated);
    if (key.expires && !runKey(key.key)) own.leases.push(key);
    else if (!runKey(key.key) && !put.has(`${key.key}\n${key.revision}`)) own.puts.push({ ...key, time: key.updated });
  }
  for (const wait of ended) lane(machineOf(wait.client), wait.client, wait.ended).waits.push(wait);
  for (const wait of waits.values()) {
    const own = lane(machineOf(wait.client), wait.client);
    own.waits.push(wait);
    own.trouble = Math.min(own.trouble, 2);
  }
  for (const app of appsOf(state)) {
    const own = lane(app.machine);
    own.apps.push(app);
    if (app.state === 'failed' || app.state === 'died') own.trouble = 1;
  }
  for (const failure of failures) {
    const machine = failureMachine(failure, found, keys);
    if (machine === null) continue;
    const own = lane(machine);
    own.failures.push(failure);
    own.trouble = 0;
  }
  return [...found.values()].filter(own => own.machine !== '' && own.machine !== 'live page')
    .sort((a, b) => a.trouble - b.trouble || (a.machine < b.machine ? -1 : 1));
});

/**
 * The machine that a failure is about: its source is the machine, `app@machine`, or a key that the machine wrote.
 * @param {import('./state.js').Failure} failure @param {Map<string, Lane>} known @param {State['keys']} keys
 */
function failureMachine({ source }, known, keys) {
  if (source === null) return null;
  const at = source.slice(source.lastIndexOf('@') + 1);
  if (known.has(at)) return at;
  const writer = machineOf(keys.get(source)?.client);
  return writer || [...known.keys()].find(machine => source.endsWith(`/${machine}`)) || source;
}
