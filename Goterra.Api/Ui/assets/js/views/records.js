// What `run` has stored about its commands: state and exit code, never their output.

import { ApiError, json } from '../api.js';
import { runKey } from '../derive.js';

const MAX_RECORDS = 1000;

/**
 * Reads the records that have changed. None with a token that may not read them.
 * @param {import('./deployment.js').Context} context
 */
export async function readRecords(context) {
  if (context.scope === 'observe') return;
  const state = context.state();
  /** @type {Map<string, string>} */
  const updated = new Map();
  for (const key of state.keys.values()) {
    const part = runKey(key.key);
    if (part?.kind === 'status_app_' || (part?.kind === '_run_app_' && !updated.has(part.app)))
      updated.set(part.app, key.updated);
  }
  if (![...updated].some(([app, time]) => state.apps[app]?.updated !== time) || updated.size > MAX_RECORDS) return;
  try {
    const listing = await json(context.credential(), `store/${context.id}?filter=_run_app_`);
    /** @type {Record<string, any>} */
    const apps = {};
    for (const [key, value] of Object.entries(listing.deployment ?? {})) {
      const app = key.slice('_run_app_'.length);
      const record = parse(/** @type {string} */ (value));
      if (record) apps[app] = { ...record, updated: updated.get(app) };
    }
    context.dispatch({ type: 'apps', apps });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** @param {string} text */
function parse(text) {
  try {
    const { state, name, host, exit_code } = JSON.parse(text);
    const texts = [state, name, host].every(value => typeof value === 'string');
    return texts ? { state, name, host, exit_code: Number.isInteger(exit_code) ? exit_code : undefined } : null;
  } catch {
    return null;
  }
}
