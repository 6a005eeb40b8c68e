// One deployment, live.

import { ApiError, claimsOf, json } from '../api.js';
import { el, fill, visible } from '../dom.js';
import { refreshTimes, setServerTime, when } from '../format.js';
import { icon } from '../icons.js';
import { session, setSession } from '../session.js';
import { initial, isSecurity, reduce } from '../state.js';
import { follow } from '../stream.js';
import { accessView } from './access.js';
import { actionsView } from './actions.js';
import { barOf } from './bar.js';
import { eventsView } from './events.js';
import { graphView } from './graph.js';
import { summaryView } from './summary.js';
import { keysView } from './keys.js';
import { readRecords } from './records.js';
import { timelineView } from './timeline.js';

/**
 * @typedef {{entry: (given?: {id?: string, error?: string}) => void, list: () => void, deployment: (id: string) => void}} Navigation
 * @typedef {{element: Element, update: (state: import('../state.js').State) => void, tick?: () => void, slow?: boolean}} View
 * @typedef {{id: string, scope: 'full'|'observe'|'restricted', credential: () => import('../api.js').Credential,
 *   setToken: (secret: string) => void, refresh: () => void, navigation: Navigation,
 *   state: () => import('../state.js').State, dispatch: (action: any) => void}} Context
 */

/** How often the slow views are drawn at most, and the listing is read at least. */
const SLOW = 250;
const LISTING_PAUSE = 500;

/**
 * @param {HTMLElement} main @param {HTMLElement} bar @param {string} id @param {Navigation} navigation
 * @returns {() => void} To be called when the page shows something else.
 */
export function showDeployment(main, bar, id, navigation) {
  let state = initial(id);
  let closed = false;
  /** @type {Context} */
  const context = {
    id, navigation, credential: () => /** @type {any} */ (session()).credential, scope: 'full',
    setToken: secret => {
      setSession({ credential: { kind: 'token', secret }, id });
      drawBar();
      stream.restart();
    },
    refresh: () => scheduleListing(), state: () => state, dispatch,
  };
  context.scope = claimsOf(context.credential()).scope;

  const liveText = el('span', { role: 'status' });
  const live = el('span', { class: 'pill', id: 'live' });
  const title = el('span', { class: 'title muted' });
  const drawBar = () => fill(bar, barOf(navigation, title, live));
  drawBar();

  /** @type {View[]} */
  const views = [
    summaryView(context), graphView(), timelineView(), keysView(context), eventsView(context),
    ...(context.scope === 'full' ? [accessView(context), actionsView(context)] : []),
  ];
  fill(main, views.map(view => view.element));

  // Drawing: at most once a frame; the slow views less often.
  let scheduled = false;
  let slowAt = 0;
  let slowTimer = 0;
  function schedule() {
    if (scheduled || closed) return;
    scheduled = true;
    if (document.hidden) setTimeout(draw, SLOW);
    else requestAnimationFrame(draw);
  }
  function draw() {
    scheduled = false;
    if (closed) return;
    const start = performance.now();
    drawLive();
    for (const view of views) if (!view.slow) view.update(state);
    if (start - slowAt >= SLOW) drawSlow();
    else if (!slowTimer) slowTimer = setTimeout(drawSlow, SLOW - (start - slowAt));
    measure('goterra:update', start);
  }
  function drawSlow() {
    clearTimeout(slowTimer);
    slowTimer = 0;
    if (closed) return;
    slowAt = performance.now();
    for (const view of views) if (view.slow) view.update(state);
    measure('goterra:slow', slowAt);
  }
  let measures = 0;
  function measure(/** @type {string} */ name, /** @type {number} */ start) {
    if (++measures % 1000 === 0) performance.clearMeasures();
    performance.measure(name, { start });
  }
  function drawLive() {
    const { connection, info } = state;
    const name = visible(info.name || id);
    if (title.textContent !== name) {
      title.textContent = name;
      document.title = `${name} - Goterra`;
    }
    const [tone, sign, text] = connection.live && state.loaded ? ['good', 'live', 'Live']
      : connection.final === 410 ? ['bad', 'offline', 'Deployment gone']
        : connection.final ? ['bad', 'offline', 'Not live: access ended']
          : connection.retryAt ? ['warn', 'offline', 'Not live: reconnecting'] : ['', 'waiting', 'Connecting'];
    if (live.dataset.text === text) return;
    live.dataset.text = text;
    live.className = `pill ${tone}`;
    liveText.textContent = text;
    fill(live, icon(sign), liveText, state.loaded && !connection.live && [', as of ', when(new Date().toISOString())]);
  }

  /** @param {any} action */
  function dispatch(action) {
    state = reduce(state, action);
    schedule();
  }

  // What the stream does not tell: sizes, leases, failures with their times, waits that have ended.
  let listingTimer = 0;
  let reading = false;
  let wanted = false;
  let pause = LISTING_PAUSE;
  function scheduleListing(delay = pause) {
    wanted = true;
    if (!listingTimer && !reading && !closed) listingTimer = setTimeout(readListing, delay);
  }
  async function readListing() {
    listingTimer = 0;
    [reading, wanted] = [true, false];
    const start = performance.now();
    try {
      const { waitChanges } = state;
      const listing = await json(context.credential(), `store/${id}?values=false&security=true&waits=ended`);
      if (closed) return;
      dispatch({ type: 'listing', listing, waitChanges });
      await readRecords(context);
      if (context.scope === 'full') {
        const { tickets } = await json(context.credential(), `store/-/tickets/${id}`);
        dispatch({ type: 'tickets', tickets });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      reading = false;
      // A large deployment is read less often.
      pause = Math.max(LISTING_PAUSE, 5 * (performance.now() - start));
      if (wanted) scheduleListing();
    }
  }

  const stream = follow({
    id, credential: context.credential,
    onEvents: events => {
      const snapshot = events.find(event => event.type === 'snapshot' && event.time);
      if (snapshot) setServerTime(snapshot.time);
      const before = state.changes;
      dispatch({ type: 'events', events });
      if (snapshot || state.changes !== before || events.some(isSecurity)) scheduleListing(snapshot ? 0 : pause);
    },
    onState: connection => {
      dispatch({ type: 'connection', connection });
      if (connection.final && !state.loaded) navigation.entry({ id, error: connection.error });
    },
  });
  const tick = setInterval(() => {
    refreshTimes();
    for (const view of views) view.tick?.();
  }, 1000);
  schedule();
  return () => {
    closed = true;
    stream.close();
    clearInterval(tick);
    clearTimeout(slowTimer);
    clearTimeout(listingTimer);
  };
}
