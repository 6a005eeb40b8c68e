// Summarizes problems in sentences.

import { appsOf, groupsOf } from './derive.js';
import { duration, machineOf, now, number } from './format.js';
import { isBefore } from './state.js';

const RECENT = 60 * 60_000;
const MAX_LINES = 4;

/**
 * @typedef {{tone: 'bad'|'warn'|'ok', word: string, lines: {tone: 'bad'|'warn'|'ok', parts: (string|{code: string})[]}[],
 *   more: number}} Summary
 */

/** @param {string} text */
const code = text => ({ code: text });

/** @param {string} time */
const since = time => duration(now() - Date.parse(time));

/** @param {import('./state.js').State} state @returns {Summary} */
export function summaryOf(state) {
  const bad = [...failureLines(state), ...appLines(state), ...misuseLines(state)]
    .map(parts => ({ tone: /** @type {const} */ ('bad'), parts }));
  const warn = [...groupsOf(state).map(waitLine), ...timeoutLines(state)]
    .map(parts => ({ tone: /** @type {const} */ ('warn'), parts }));
  const lines = [...bad, ...warn];
  if (!lines.length) return { tone: 'ok', word: 'Quiet', lines: [{ tone: 'ok', parts: quiet(state) }], more: 0 };
  const shown = [...bad.slice(0, MAX_LINES), ...warn.slice(0, MAX_LINES)];
  const word = state.state === 'failed' ? 'Failed' : bad.length ? 'Trouble' : state.waits.size ? 'Waiting' : 'Quiet';
  return { tone: bad.length ? 'bad' : 'warn', word, lines: shown, more: lines.length - shown.length };
}

/** @param {import('./state.js').State} state */
function failureLines(state) {
  if (state.state === 'failed' && !state.failures.length)
    return [['The deployment was declared FAILED', state.info.reason ? `: ${state.info.reason}` : '.']];
  return state.failures.map(({ source, reason, since: time, lapsed }) => {
    const subject = source === null ? ['The deployment was declared'] : [code(source), lapsed ? ' was lost, and' : ' reported'];
    return [...subject, ` FAILED ${since(time)} ago: ${reason}`];
  });
}

/** @param {import('./state.js').State} state */
function appLines(state) {
  const reported = new Set(state.failures.map(failure => failure.source));
  return appsOf(state).filter(app => !reported.has(`${app.name}@${app.machine}`)).flatMap(app => {
    if (app.state === 'failed')
      return [[
        code(app.name), ' on ', code(app.machine),
        ` failed${app.exitCode === undefined ? '' : ` with exit code ${app.exitCode}`}`,
        app.ended ? `, ${since(app.ended)} ago.` : '.',
      ]];
    if (app.state === 'died')
      return [[
        code(app.name), ' on ', code(app.machine), ' died: started ', app.started ? `${since(app.started)} ago` : 'earlier',
        ', no heartbeat from its machine.',
      ]];
    return [];
  });
}

/** @param {import('./state.js').State} state */
function misuseLines(state) {
  return state.events.filter(event => event.type === 'ticket_misused' && now() - Date.parse(event.time) < RECENT)
    .slice(-2).map(event => [
      'The ticket ', code(event.name ?? ''), ` was tried by a second machine, from ${event.address}, ${since(event.time)} ago.`,
    ]);
}

/** @param {import('./derive.js').Group} group */
function waitLine(group) {
  const { waits, key, prefix, count, have, exists, nearest } = group;
  const machines = new Set(waits.map(wait => wait.client));
  const only = machines.size === 1 ? machineOf(waits[0].client) : '';
  const who = only
    ? [code(only), ' waits for ']
    : [`${number(machines.size, 'machine')} wait for `];
  const what = key !== undefined
    ? [code(key)]
    : [`${number(count, 'key')} under `, code(prefix ?? ''), ` (${have.length} of ${count} there)`];
  const long = machines.size === 1 ? `, for ${since(group.since)}` : `, longest ${since(group.since)}`;
  const why = exists ? ['. It exists; they wait for a change.']
    : nearest !== null
      ? [`. There is no such ${key !== undefined ? 'key' : 'prefix'}; the nearest is `, code(nearest), '.']
      : key !== undefined ? ['. The key has not been stored yet.'] : ['.'];
  return [...who, ...what, long, ...why];
}

/** @param {import('./state.js').Wait} wait @param {import('./state.js').State} state */
function isMet({ key, prefix, count }, { keys }) {
  return key !== undefined ? keys.has(key)
    : [...keys.keys()].filter(name => name.startsWith(prefix ?? '')).length >= (count ?? 1);
}

/** Waits that were given up, by key or prefix. @param {import('./state.js').State} state */
function timeoutLines(state) {
  /** @type {Map<string, {count: number, last: import('./state.js').Wait}>} */
  const found = new Map();
  for (const wait of state.ended) {
    const name = wait.key ?? wait.prefix ?? '';
    if (wait.result !== 'timed_out' || now() - Date.parse(wait.ended ?? '') > RECENT) continue;
    found.set(name, { count: (found.get(name)?.count ?? 0) + 1, last: wait });
  }
  return [...found].filter(([, { last }]) => !isMet(last, state)).map(([name, { count, last }]) => [
    count === 1 ? code(machineOf(last.client)) : number(count, 'wait'), count === 1 ? ' gave up waiting for ' : ' for ', code(name),
    `${count === 1 ? '' : ' timed out, the last one'} ${since(last.ended ?? '')} ago (after ${
      duration(Date.parse(last.ended ?? '') - Date.parse(last.since))}).`,
  ]);
}

/** @param {import('./state.js').State} state */
function quiet(state) {
  if (!state.keys.size) return ['No clients are waiting, and no key has been stored yet.'];
  let last = /** @type {import('./state.js').Key|null} */ (null);
  for (const key of state.keys.values()) {
    if (!last || isBefore(last.updated, key.updated)) last = key;
  }
  return [
    `No clients are waiting. ${number(state.keys.size, 'key')}, the last one stored ${since(last?.updated ?? '')} ago`,
    ...(last?.client ? [' by ', code(machineOf(last.client))] : []), '.',
  ];
}
