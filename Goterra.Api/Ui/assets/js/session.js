// The credential of this tab: in memory, and in sessionStorage only by choice.

import { claimsOf } from './api.js';

const NAME = 'goterra';

/** @typedef {{credential: import('./api.js').Credential, id: string|null}} Entry */

/** @type {Entry|null} */
let current = null;
let remembered = false;

/** @param {Entry|null} entry */
export function setSession(entry) {
  current = entry;
  if (remembered || !entry) store();
}

export const session = () => current;
export const isRemembered = () => remembered;

/** @param {boolean} on */
export function remember(on) {
  remembered = on;
  store();
}

function store() {
  try {
    if (remembered && current) sessionStorage.setItem(NAME, JSON.stringify(current));
    else sessionStorage.removeItem(NAME);
  } catch {
    // Storage may be disabled; the choice then has no effect.
  }
}

/** What was kept for a reload of this tab. @returns {Entry|null} */
export function restore() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? 'null');
    if (!kept?.credential?.secret) return null;
    const { expires } = claimsOf(kept.credential);
    if (expires !== null && expires < Date.now()) {
      sessionStorage.removeItem(NAME);
      return null;
    }
    remembered = true;
    current = kept;
    return kept;
  } catch {
    return null;
  }
}

/**
 * Takes id and ticket from the fragment of the address, which never reaches a server, and removes them from there.
 * @returns {{id: string, ticket: string|null}|null}
 */
export function takeFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const id = fragment.get('id');
  const ticket = fragment.get('ticket');
  if (!id && !ticket) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return { id: id ?? (ticket ?? '').split('.')[0], ticket };
}
