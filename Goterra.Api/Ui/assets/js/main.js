// The page: what to show first, and the way between its views.

import { ApiError, redeem } from './api.js';
import { fill } from './dom.js';
import { restore, session, setSession, takeFragment } from './session.js';
import { barOf } from './views/bar.js';
import { showDeployment } from './views/deployment.js';
import { showEntry } from './views/entry.js';
import { showList } from './views/list.js';

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const bar = /** @type {HTMLElement} */ (document.getElementById('bar'));
let leave = () => {};

// A ticket link that was used, has expired or does not exist.
const UNUSABLE = [401, 403, 404, 410];

/** @type {import('./views/deployment.js').Navigation} */
const navigation = { entry, list, deployment };

/** @param {{id?: string, error?: string}} [given] */
function entry(given = {}) {
  show('Goterra', barOf(navigation));
  setSession(null);
  leave = showEntry(main, navigation, given);
}

/** Shows the deployments of the user. */
function list() {
  show('Deployments - Goterra', barOf(navigation));
  const own = session();
  if (own) setSession({ ...own, id: null });
  leave = showList(main, navigation);
}

/** @param {string} id */
function deployment(id) {
  const own = session();
  if (!own) return entry({ id });
  // It becomes part of the paths of requests.
  if (!/^[\w-]{1,100}$/.test(id)) return entry({ error: 'This is not the id of a deployment.' });
  setSession({ ...own, id });
  show('Goterra', []);
  leave = showDeployment(main, bar, id, navigation);
}

/** @param {string} title @param {any[]} content */
function show(title, content) {
  leave();
  leave = () => {};
  document.title = title;
  fill(bar, content);
  fill(main);
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function start() {
  const given = takeFragment();
  if (given?.ticket) {
    try {
      setSession({ credential: await redeem(given.id, given.ticket), id: given.id });
      return deployment(given.id);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      const hint = error instanceof ApiError && UNUSABLE.includes(error.status)
        ? ' A link works once, and for 5 minutes: goterra-cli open prints a new one.' : '';
      return entry({ id: given.id, error: message + hint });
    }
  }
  if (given) return entry(given);
  const kept = restore();
  if (!kept) return entry();
  return kept.id ? deployment(kept.id) : list();
}

document.getElementById('skip')?.addEventListener('click', event => {
  event.preventDefault();
  main.focus();
});
addEventListener('hashchange', () => {
  if (/[#&](id|ticket)=/.test(location.hash)) start();
});
start();
