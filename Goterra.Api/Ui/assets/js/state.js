// What the page knows of a deployment: a pure function of what it has been told.

/**
 * @typedef {{key: string, size: number|null, revision?: number, updated: string, expires?: string, by?: string,
 *   client?: string, on_lapse?: string}} Key
 * @typedef {{id: string, key?: string, prefix?: string, count?: number, since: string, until?: string, client: string,
 *   ended?: string, result?: string}} Wait
 * @typedef {{source: string|null, reason: string, since: string, lapsed: boolean}} Failure
 * @typedef {{n: number|string, type: string, time: string, key?: string, prefix?: string, count?: number,
 *   reason?: string, source?: string, name?: string, address?: string, client?: string, by?: string, result?: string,
 *   since?: string,
 *   revision?: number}} Happened
 * @typedef {{live: boolean, retryAt?: number, error?: string, final?: number}} Connection
 * @typedef {{
 *   id: string, connection: Connection, loaded: boolean, info: Record<string, any>, state: string,
 *   failures: readonly Failure[], keys: ReadonlyMap<string, Key>, waits: ReadonlyMap<string, Wait>,
 *   ended: readonly Wait[], events: readonly Happened[], tickets: readonly any[]|null, incomplete: boolean,
 *   apps: Record<string, any>, touched: ReadonlyMap<string, number>, changes: number, waitChanges: number,
 *   names: number,
 *   pending: ReadonlyMap<string, Key>|null
 * }} State
 */

export const MAX_EVENTS = 5000;
const MAX_ENDED = 2000;
const SECURITY = new Set(
  ['token_made', 'revoked', 'ticket_made', 'ticket_redeemed', 'ticket_misused', 'ticket_revoked']);

/** @param {string} id @returns {State} */
export const initial = id => ({
  id, connection: { live: false }, loaded: false, info: {}, state: 'active', failures: [], keys: new Map(),
  waits: new Map(), ended: [], events: [], tickets: null, incomplete: false, apps: {}, touched: new Map(), changes: 0,
  waitChanges: 0, names: 0, pending: null,
});

/**
 * Compares times of the server, which have no more digits than they need: only without the Z do they sort as text.
 * @param {string} one @param {string} other
 */
export const isBefore = (one, other) => one.slice(0, -1) < other.slice(0, -1);

/** @param {{type: string}} event */
export const isSecurity = event => SECURITY.has(event.type);

/** @param {any} wait */
export const waitId = wait => [wait.client, wait.since, wait.key ?? '', wait.prefix ?? '', wait.count ?? ''].join('\n');

/**
 * @param {State} state
 * @param {{type: 'connection', connection: Connection} | {type: 'events', events: any[]}
 *   | {type: 'listing', listing: any, waitChanges: number} | {type: 'tickets', tickets: any[]}
 *   | {type: 'apps', apps: Record<string, any>}} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case 'connection': return { ...state, connection: action.connection };
    case 'events': return applyEvents(state, action.events);
    case 'listing': return applyListing(state, action.listing, action.waitChanges);
    case 'tickets': return { ...state, tickets: action.tickets };
    case 'apps': return { ...state, apps: action.apps };
  }
}

/** @param {State} state @param {any[]} events @returns {State} */
function applyEvents(state, events) {
  // Copied once for all events of a batch, and only where they change something.
  const draft = /** @type {any} */ ({ ...state });
  const copied = new Set();
  const own = (/** @type {'keys'|'waits'|'touched'|'ended'|'events'|'failures'} */ name) => {
    if (!copied.has(name)) {
      copied.add(name);
      const value = draft[name];
      draft[name] = value instanceof Map ? new Map(value) : [...value];
    }
    return draft[name];
  };
  const seen = new Set(state.events.length > 0 ? state.events.slice(-1000).map(event => event.n) : []);
  for (const event of events) {
    if (event.type === 'snapshot') applySnapshot(draft, event, copied);
    else if (event.type === 'reset' || event.type === 'waits_skipped') draft.incomplete = true;
    else applyOne(draft, event, own, seen);
  }
  if (copied.has('events') && draft.events.length > MAX_EVENTS) draft.events.splice(0, draft.events.length - MAX_EVENTS);
  if (copied.has('ended') && draft.ended.length > MAX_ENDED) draft.ended.splice(0, draft.ended.length - MAX_ENDED);
  return draft;
}

/** @param {any} draft @param {any} event @param {(name: any) => any} own @param {Set<number|string>} seen */
function applyOne(draft, event, own, seen) {
  const n = event.id ?? `${event.type}\n${waitId(event)}`;
  if (event.type === 'ended' || event.type === 'unauthorized' || event.type === 'lagging') return;
  if (event.id && seen.has(n)) return;
  switch (event.type) {
    case 'put': {
      const { key, revision, time, by, client } = event;
      const before = draft.keys.get(key);
      if (!before || !(before.revision > revision)) {
        if (!before) draft.names++;
        own('keys').set(key, { key, size: null, revision, updated: time, by, client });
        own('touched').set(key, revision ?? 0);
      }
      draft.changes++;
      break;
    }
    case 'deleted': case 'expired': {
      const before = draft.keys.get(event.key);
      if (before && !(before.revision > event.revision)) {
        own('keys').delete(event.key);
        draft.names++;
      }
      own('touched').set(event.key, event.revision ?? 0);
      draft.changes++;
      break;
    }
    case 'failed': {
      const source = event.source ?? null;
      draft.state = 'failed';
      if (!draft.failures.some((/** @type {Failure} */ failure) => failure.source === source))
        own('failures').push({ source, reason: event.reason ?? '', since: event.time, lapsed: false });
      draft.changes++;
      break;
    }
    case 'resumed': {
      const left = event.source === undefined
        ? []
        : draft.failures.filter((/** @type {Failure} */ failure) => failure.source !== event.source);
      draft.failures = left;
      draft.state = left.length ? 'failed' : 'active';
      draft.changes++;
      break;
    }
    case 'waiting': {
      const { key, prefix, count, since, until, client } = event;
      const id = waitId(event);
      own('waits').set(id, { id, key, prefix, count, since, until, client });
      draft.waitChanges++;
      break;
    }
    case 'woken': {
      const id = waitId(event);
      own('waits').delete(id);
      draft.waitChanges++;
      if (seen.has(n)) return;
      own('ended').push({
        id, key: event.key, prefix: event.prefix, count: event.count, since: event.since, client: event.client,
        ended: event.time, result: event.result,
      });
      break;
    }
    default:
      if (isSecurity(event)) draft.changes++;
  }
  seen.add(n);
  own('events').push({ ...event, n });
}

/** @param {any} draft @param {any} event @param {Set<string>} copied */
function applySnapshot(draft, event, copied) {
  if (event.state) {
    draft.pending = new Map();
    draft.state = event.state;
    draft.info = { ...draft.info, revision: event.revision };
    draft.waits = new Map(event.waiting.map((/** @type {any} */ wait) => [waitId(wait), { ...wait, id: waitId(wait) }]));
    copied.add('waits');
    draft.waitChanges++;
    if (event.state === 'active') draft.failures = [];
  }
  draft.pending ??= new Map();
  for (const key of event.keys) draft.pending.set(key.key, key);
  if (event.more) return;
  draft.keys = draft.pending;
  draft.names++;
  draft.pending = null;
  draft.loaded = true;
  copied.add('keys');
}

/** @param {State} state @param {any} listing @param {number} waitChanges @returns {State} */
function applyListing(state, listing, waitChanges) {
  const { keys: listed, waiting, ended, security, failures, ...info } = listing;
  const keys = new Map(listed.map((/** @type {Key} */ key) => [key.key, key]));
  const touched = new Map();
  for (const [key, revision] of state.touched) {
    // What the stream has told since the listing was read.
    if (listing.revision === undefined || revision <= listing.revision) continue;
    touched.set(key, revision);
    const current = state.keys.get(key);
    if (current) keys.set(key, current);
    else keys.delete(key);
  }
  // A key that has not changed stays the same object, so that it is not drawn again.
  let added = 0;
  for (const [name, key] of keys) {
    const before = state.keys.get(name);
    if (!before) added++;
    else if (same(before, key)) keys.set(name, before);
  }
  const sameNames = added === 0 && keys.size === state.keys.size;
  const waits = waitChanges === state.waitChanges
    ? new Map(waiting.map((/** @type {any} */ wait) => {
      const id = waitId(wait);
      return [id, state.waits.get(id) ?? { ...wait, id }];
    }))
    : state.waits;
  return {
    ...state, info, state: listing.state, failures, keys, touched, waits, loaded: true,
    names: sameNames ? state.names : state.names + 1,
    ended: mergeEnded(state.ended, ended ?? []),
    events: mergeSecurity(mergeWoken(state.events, ended ?? []), security ?? []),
  };
}

/** @param {any} a @param {any} b */
const same = (a, b) => a.size === b.size && a.revision === b.revision && a.updated === b.updated
  && a.expires === b.expires && a.by === b.by && a.client === b.client && a.on_lapse === b.on_lapse;

/** @param {readonly Wait[]} known @param {any[]} listed */
function mergeEnded(known, listed) {
  const ids = new Set(known.map(wait => wait.id));
  const added = listed.map(wait => ({ ...wait, id: waitId(wait) })).filter(wait => !ids.has(wait.id));
  if (!added.length) return known;
  return [...known, ...added].sort((a, b) => (isBefore(a.ended, b.ended) ? -1 : 1)).slice(-MAX_ENDED);
}

/**
 * Waits that ended before the stream began, as the events that the stream would have had.
 * @param {readonly Happened[]} events @param {any[]} listed
 */
function mergeWoken(events, listed) {
  const known = new Set(events.filter(event => event.type === 'woken').map(event => event.n));
  const added = listed
    .map(({ ended: time, ...wait }) => ({ ...wait, type: 'woken', time, n: `woken\n${waitId(wait)}` }))
    .filter(event => !known.has(event.n));
  return merge(events, added);
}

/** @param {readonly Happened[]} events @param {any[]} listed */
function mergeSecurity(events, listed) {
  const known = new Set(events.filter(isSecurity).map(event => `${event.type} ${event.time} ${event.name}`));
  const added = listed.filter(event => !known.has(`${event.type} ${event.time} ${event.name}`))
    .map(event => ({ ...event, n: `${event.type} ${event.time} ${event.name}` }));
  return merge(events, added);
}

/** @param {readonly Happened[]} events @param {any[]} added */
function merge(events, added) {
  if (!added.length) return events;
  return [...events, ...added].sort((a, b) => (isBefore(a.time, b.time) ? -1 : 1)).slice(-MAX_EVENTS);
}
