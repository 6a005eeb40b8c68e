// One lane of the timeline.

import { el, fill, visible } from '../dom.js';
import { clock, duration, exact, now, number } from '../format.js';

/** The height of a lane. */
export const ROW = 44;
const WAIT = { y: 5, height: 13 };
const RUN = { y: 21, height: 11 };
const MARKS = 38;
const MIN_WIDTH = 3;

/** @typedef {{from: number, to: number, width: number, now: number}} View */
/** @typedef {import('../derive.js').Lane} Lane */

/** What is shown for a shape. @type {WeakMap<Element, string[]>} */
const texts = new WeakMap();

/** @param {Element} target */
export const hitsOf = target => texts.get(target) ?? null;

/** @param {string} name @param {Record<string, any>} props @param {string[]} text */
function shape(name, props, text) {
  const element = el(`svg:${name}`, props);
  texts.set(element, text);
  return element;
}

/** @param {Lane} lane @param {View} view @param {{index: number, count: number, selected: boolean}} place */
export function drawLane(lane, view, place) {
  const x = (/** @type {number} */ time) => ((time - view.from) / (view.to - view.from)) * view.width;
  const shapes = /** @type {Element[]} */ ([]);
  const span = (/** @type {string} */ from, /** @type {number} */ to) => {
    const start = Math.max(-4, x(Date.parse(from)));
    const stop = Math.min(view.width + 4, x(to));
    return stop < 0 || start > view.width ? null : { x: start, width: Math.max(MIN_WIDTH, stop - start) };
  };
  for (const wait of lane.waits) {
    const to = wait.ended ? Date.parse(wait.ended) : view.now;
    const place = span(wait.since, to);
    if (!place) continue;
    const result = wait.ended ? wait.result ?? 'other' : 'open';
    const kind = ['open', 'met', 'failed', 'timed_out'].includes(result) ? result : 'other';
    shapes.push(shape('rect', { class: `bar-${kind}`, ...place, y: WAIT.y, height: WAIT.height, rx: 3 }, waitText(wait)));
    if (place.width > 16) shapes.push(glyph(kind, place.x + place.width - 9, WAIT.y + WAIT.height / 2));
    label(shapes, wait.key ?? `${wait.count} × ${wait.prefix}*`, place, WAIT.y + 10, 18);
  }
  for (const app of lane.apps) {
    if (!app.started) continue;
    const place = span(app.started, app.ended ? Date.parse(app.ended) : view.now);
    if (!place) continue;
    const bad = app.state === 'failed' || app.state === 'died';
    const code = app.exitCode !== undefined ? ` exit ${app.exitCode}` : app.state === 'died' ? ' died' : '';
    shapes.push(shape('rect', { class: bad ? 'bar-failed' : 'bar-run', ...place, y: RUN.y, height: RUN.height, rx: 3 }, appText(app)));
    label(shapes, `${app.name}${code}`, place, RUN.y + 9, 4);
  }
  for (const key of lane.leases) {
    const [from, to] = [x(Date.parse(key.updated)), Math.min(view.width, x(Date.parse(key.expires ?? key.updated)))];
    if (to < 0 || from > view.width) continue;
    shapes.push(shape('path', { class: 'bar-lease', d: `M${Math.max(0, from)} ${MARKS - 3}v6M${Math.max(0, from)} ${MARKS}H${to}` },
      [`Lease ${key.key}`, `renewed ${exact(key.updated)}`, `expires ${exact(key.expires ?? '')}`, ...(key.on_lapse ? ['The deployment fails if it lapses.'] : [])]));
  }
  let last = -10;
  for (const put of lane.puts) {
    const at = x(Date.parse(put.time));
    // Marks on top of each other are one.
    if (at < -6 || at > view.width + 6 || Math.abs(at - last) < 2) continue;
    last = at;
    shapes.push(shape('path', { class: 'mark-put', d: `M${at} ${MARKS - 4}l4 4-4 4-4-4Z` }, [`Put ${put.key}`, exact(put.time), ...(put.by ? [`by ${put.by}`] : [])]));
  }
  for (const failure of lane.failures) {
    const at = x(Date.parse(failure.since));
    if (at < -8 || at > view.width + 8) continue;
    shapes.push(shape('path', { class: 'mark-fail', d: `M${at - 6} ${ROW / 2 - 12}h12v12l-6 7-6-7Z` }, failureText(failure)));
    shapes.push(el('svg:path', { class: 'glyph', stroke: '#fff', d: `M${at} ${ROW / 2 - 9}v5M${at} ${ROW / 2 - 1}v.1` }));
  }
  const now = x(view.now);
  const tone = lane.trouble < 2 ? 'bad' : lane.trouble === 2 ? 'warn' : '';
  return el('div', {
    class: 'lane', role: 'listitem', tabindex: place.selected ? '0' : '-1', 'data-lane': lane.machine,
    'aria-setsize': place.count, 'aria-posinset': place.index + 1, 'aria-label': visible(`${lane.machine}: ${sumUp(lane)}`),
  }, el('div', { class: `name ${tone}`, title: visible(`${lane.machine} ${lane.address}`) },
    el('b', { text: visible(lane.machine) }), el('span', { text: sumUp(lane, true) })),
  el('svg:svg', { 'aria-hidden': 'true', viewBox: `0 0 ${view.width} ${ROW - 1}`, preserveAspectRatio: 'none' },
    ticks(view).map(time => el('svg:path', { class: 'grid-line', d: `M${x(time)} 0V${ROW}` })),
    shapes, now <= view.width && el('svg:path', { class: 'now-line', d: `M${now} 0V${ROW}` })));
}

/** @param {Element[]} shapes @param {string} text @param {{x: number, width: number}} place @param {number} y @param {number} reserved */
function label(shapes, text, place, y, reserved) {
  const start = Math.max(0, place.x) + 4;
  const room = Math.floor((place.x + place.width - start - reserved) / 6.5);
  if (room < 3) return;
  const shown = visible(text);
  shapes.push(el('svg:text', { class: 'bar-label', x: start, y, text: shown.length > room ? `${shown.slice(0, room - 1)}…` : shown }));
}

/** @param {string} kind @param {number} x @param {number} y */
function glyph(kind, x, y) {
  const d = ({
    met: `M${x - 4} ${y}l3 3 5-6`, failed: `M${x - 3} ${y - 3}l6 6m0-6-6 6`,
    timed_out: `M${x} ${y - 4.5}a4.5 4.5 0 1 0 .1 0M${x} ${y - 2}v2.5h2`, open: `M${x - 4} ${y}h.1M${x} ${y}h.1M${x + 4} ${y}h.1`,
  })[kind] ?? `M${x - 3} ${y}h6`;
  return el('svg:path', { class: `glyph ${kind}`, d });
}

/** @param {any} wait */
function waitText(wait) {
  const what = wait.key ?? `${wait.count} keys under ${wait.prefix}`;
  const to = wait.ended ? Date.parse(wait.ended) : now();
  const long = duration(to - Date.parse(wait.since));
  return wait.ended
    ? [`Waited for ${what}`, `${wait.result === 'left' ? 'client disconnected' : String(wait.result).replaceAll('_', ' ')} after ${long}`, `${clock(wait.since)} to ${clock(wait.ended)}`]
    : [`Waits for ${what}`, `for ${long}, since ${exact(wait.since)}`, ...(wait.until ? [`gives up at ${exact(wait.until)}`] : [])];
}

/** @param {import('../derive.js').App} app */
function appText(app) {
  return [`${app.name}: ${app.state}${app.exitCode === undefined ? '' : `, exit code ${app.exitCode}`}`,
    `started ${app.started ? exact(app.started) : '?'}`, ...(app.ended ? [`ended ${exact(app.ended)}`] : [])];
}

/** @param {any} failure */
const failureText = failure =>
  [`FAILED: ${failure.reason}`, exact(failure.since), ...(failure.lapsed ? ['No heartbeat.'] : [])];

/** @param {Lane} lane @param {boolean} [short] */
function sumUp(lane, short = false) {
  const open = lane.waits.filter(wait => !wait.ended);
  const parts = [
    ...lane.failures.map(failure => `FAILED: ${failure.reason}`),
    ...lane.apps.filter(app => app.state === 'failed' || app.state === 'died').map(app => `${app.name} ${app.state}`),
    ...open.slice(0, 3).map(wait => `waits for ${wait.key ?? `${wait.count} keys under ${wait.prefix}`}`),
  ];
  if (parts.length) return visible(short ? parts[0] : parts.join(', '));
  const running = lane.apps.find(app => app.state === 'running');
  if (running) return visible(`runs ${running.name}`);
  return lane.puts.length ? `${number(lane.puts.length, 'put')}` : lane.leases.length ? number(lane.leases.length, 'lease') : 'quiet';
}

/** All about a lane, in words. @param {Lane} lane */
export function tellAll(lane) {
  return [
    ...lane.failures.map(failure => failureText(failure).join('; ')),
    ...lane.waits.slice(-20).reverse().map(wait => waitText(wait).join('; ')),
    ...lane.apps.map(app => appText(app).join('; ')),
    ...lane.leases.map(key => `Lease ${key.key} expires ${exact(key.expires ?? '')}`),
    ...lane.puts.slice(-20).reverse().map(put => `Put ${put.key}; ${exact(put.time)}`),
  ];
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

/** @param {View} view */
function ticks({ from, to, width }) {
  const seconds = (to - from) / 1000 / Math.max(2, width / 110);
  const step = (STEPS.find(one => one >= seconds) ?? 604800) * 1000;
  const found = [];
  for (let time = Math.ceil(from / step) * step; time < to; time += step) found.push(time);
  return found;
}

/** @param {Element} svg @param {View} view */
export function axis(svg, view) {
  const days = view.to - view.from > 2 * 86_400_000;
  svg.setAttribute('viewBox', `0 0 ${view.width} 22`);
  fill(svg, ticks(view).map(time => {
    const x = ((time - view.from) / (view.to - view.from)) * view.width;
    const text = days ? new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' }) : clock(time);
    return el('svg:text', { x, y: 15, 'text-anchor': x < 30 ? 'start' : x > view.width - 30 ? 'end' : 'middle', text });
  }));
}

/** What the shapes mean. */
export function legend() {
  const bar = (/** @type {string} */ kind) => [
    el('svg:rect', { class: `bar-${kind}`, x: 1, y: 1, width: 24, height: 10, rx: 3 }), kind !== 'run' && glyph(kind, 18, 6)];
  const items = /** @type {[string, any][]} */ ([
    ['waits', bar('open')], ['met', bar('met')], ['failed', bar('failed')], ['timed out', bar('timed_out')], ['runs a command', bar('run')],
    ['put', el('svg:path', { class: 'mark-put', d: 'M13 2l4 4-4 4-4-4Z' })], ['lease', el('svg:path', { class: 'bar-lease', d: 'M3 3v6M3 6H23' })],
    ['reported a failure', el('svg:path', { class: 'mark-fail', d: 'M8 0h10v7l-5 5-5-5Z' })],
  ]);
  return el('p', { class: 'legend' }, items.map(([text, shapes]) =>
    el('span', {}, el('svg:svg', { viewBox: '0 0 26 12', 'aria-hidden': 'true' }, shapes), text)));
}
