// A lane for each machine: its waits, the commands that it ran, what it put, the leases that it holds.

import { lanesOf } from '../derive.js';
import { el, fill, visible } from '../dom.js';
import { duration, now, number } from '../format.js';
import { ROW, axis, drawLane, hitsOf, legend, tellAll } from './lane.js';
import { tooltip } from './tooltip.js';

const MIN_SPAN = 10_000;
const MAX_SPAN = 30 * 86_400_000;
const OVERSCAN = 4;

/** @returns {import('./deployment.js').View} */
export function timelineView() {
  let span = 15 * 60_000;
  /** The right end; null while it follows the time. */
  let end = /** @type {number|null} */ (null);
  let fitted = false;
  let lanes = /** @type {import('../derive.js').Lane[]} */ ([]);
  let all = lanes;
  let selected = '';

  const spanText = el('span', { class: 'span', role: 'status' });
  const filter = el('input', { type: 'search', 'aria-label': 'Filter machines', placeholder: 'Filter machines', oninput: () => { narrow(); draw(); } });
  const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ action) =>
    el('button', { type: 'button', class: 'small', 'aria-label': label, title: label, onclick: action }, text);
  const tools = el('div', { class: 'toolbar', role: 'group', 'aria-label': 'Zoom and pan' },
    button('−', 'Zoom out (key -)', () => zoom(1.6)), button('+', 'Zoom in (key +)', () => zoom(1 / 1.6)),
    button('←', 'Earlier (left arrow)', () => pan(-0.25)), button('→', 'Later (right arrow)', () => pan(0.25)),
    button('All', 'All: show everything (key 0)', fit), spanText);
  const scale = el('div', { class: 'axis' }, el('span'), el('svg:svg', { 'aria-hidden': 'true' }));
  const space = el('div', { class: 'space', role: 'list', 'aria-label': 'Machines' });
  const scroller = el('div', { class: 'lanes', onscroll: () => draw() }, space);
  const details = el('div', { class: 'lane-details', 'aria-live': 'polite' });
  const count = el('span', { class: 'muted small-text', id: 'lane-count' });
  const empty = el('p', { class: 'empty', text: 'No machine has done anything yet.' });
  const chart = el('div', { class: 'timeline' }, scale, scroller);
  const element = el('section', { class: 'card', id: 'timeline', 'aria-labelledby': 'timeline-title', onkeydown: keys },
    el('div', { class: 'section-head' }, el('h2', { id: 'timeline-title', text: 'Timeline' }), count, tools, filter),
    empty, chart, legend(), details);
  const tip = tooltip(space, target => hitsOf(target));
  new ResizeObserver(() => draw()).observe(chart);

  const right = () => end ?? now() + span * 0.02;

  function narrow() {
    const wanted = filter.value.trim().toLowerCase();
    lanes = wanted ? all.filter(lane => `${lane.machine} ${lane.address}`.toLowerCase().includes(wanted)) : all;
  }

  /** @param {number} factor @param {number} [at] The fraction of the width that stays in place. */
  function zoom(factor, at) {
    const next = Math.min(MAX_SPAN, Math.max(MIN_SPAN, span * factor));
    if (end !== null || at !== undefined) {
      const fixed = right() - span * (1 - (at ?? 0.5));
      end = fixed + next * (1 - (at ?? 0.5));
    }
    span = next;
    follow();
    draw();
  }

  /** @param {number} part */
  function pan(part) {
    end = right() + span * part;
    follow();
    draw();
  }

  function follow() {
    if (end !== null && end >= now()) end = null;
  }

  function fit() {
    let first = now() - 20_000;
    for (const lane of all) {
      for (const wait of lane.waits) first = Math.min(first, Date.parse(wait.since));
      for (const put of lane.puts) first = Math.min(first, Date.parse(put.time));
      for (const app of lane.apps) if (app.started) first = Math.min(first, Date.parse(app.started));
    }
    span = Math.min(MAX_SPAN, Math.max(MIN_SPAN, (now() - first) * 1.06));
    end = null;
    draw();
  }

  /** @param {KeyboardEvent} event */
  function keys(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.matches('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = /** @type {Record<string, () => void>} */ ({
      '+': () => zoom(1 / 1.6), '=': () => zoom(1 / 1.6), '-': () => zoom(1.6), 0: fit,
      ArrowLeft: () => pan(-0.25), ArrowRight: () => pan(0.25), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    });
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** @param {number} step */
  function move(step) {
    const place = Math.max(0, Math.min(lanes.length - 1, lanes.findIndex(lane => lane.machine === selected) + step));
    if (!lanes[place]) return;
    selected = lanes[place].machine;
    const top = place * ROW;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    if (top + ROW > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW - scroller.clientHeight;
    draw();
    /** @type {HTMLElement|null} */ (space.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
  }

  /** @param {string} machine */
  function select(machine) {
    selected = machine;
    const lane = lanes.find(one => one.machine === machine);
    fill(details, lane && [el('h3', { text: visible(lane.machine) }), el('ul', {}, tellAll(lane).map(text => el('li', { text: visible(text) })))]);
  }

  let dragged = /** @type {{x: number, end: number}|null} */ (null);
  scroller.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => {
    if (event.button === 0 && /** @type {Element} */ (event.target).closest('svg')) dragged = { x: event.clientX, end: right() };
  });
  addEventListener('pointerup', () => { dragged = null; });
  addEventListener('beforeprint', () => { if (element.isConnected) drawNow(); });
  scroller.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
    if (!dragged || event.buttons === 0) return;
    tip.hide();
    end = dragged.end - (event.clientX - dragged.x) * (span / width());
    follow();
    draw();
  });
  scroller.addEventListener('wheel', (/** @type {WheelEvent} */ event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !event.shiftKey && !sideways) return;
    event.preventDefault();
    if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, Math.min(1, Math.max(0, (event.clientX - left()) / width())));
    else pan((sideways ? event.deltaX : event.deltaY) / width());
  }, { passive: false });

  const width = () => Math.max(50, scale.lastElementChild.getBoundingClientRect().width);
  const left = () => scale.lastElementChild.getBoundingClientRect().left;

  let queued = false;
  function draw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; drawNow(); });
  }

  function drawNow() {
    empty.hidden = all.length > 0;
    chart.hidden = all.length === 0;
    count.textContent = all.length ? number(lanes.length, 'machine') : '';
    if (!all.length) return;
    const view = { from: right() - span, to: right(), width: width(), now: now() };
    const shown = duration(span);
    if (spanText.textContent !== shown) spanText.textContent = shown;
    axis(scale.lastElementChild, view);
    space.style.setProperty('height', `${lanes.length * ROW}px`);
    const printing = matchMedia('print').matches;
    const first = printing ? 0 : Math.max(0, Math.floor(scroller.scrollTop / ROW) - OVERSCAN);
    const last = printing ? lanes.length : Math.min(lanes.length, Math.ceil((scroller.scrollTop + (scroller.clientHeight || 460)) / ROW) + OVERSCAN);
    if (!lanes.some(lane => lane.machine === selected)) selected = lanes[0]?.machine ?? '';
    const focused = space.contains(document.activeElement);
    const rows = [];
    for (let i = first; i < last; i++) {
      const row = drawLane(lanes[i], view, { index: i, count: lanes.length, selected: lanes[i].machine === selected });
      row.style.setProperty('top', `${i * ROW}px`);
      row.addEventListener('focus', () => select(lanes[i]?.machine ?? ''));
      rows.push(row);
    }
    fill(space, rows);
    if (focused) /** @type {HTMLElement|null} */ (space.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
  }

  return {
    element,
    slow: true,
    update: state => {
      const found = lanesOf(state);
      if (found !== all) {
        all = found;
        narrow();
        if (!fitted && state.loaded && Object.keys(state.info).length > 1) {
          fitted = true;
          fit();
        }
      }
      draw();
    },
    tick: () => { if (end === null && !dragged) draw(); },
  };
}
