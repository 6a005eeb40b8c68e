// Requests to the API. The credential is kept here, in memory, and sent in a header only.

/** The address above /store: the page is at /store/-/ui/ below it. */
export const base = new URL('../../../', document.baseURI).href;

/** @typedef {{kind: 'token'|'key', secret: string}} Credential */

/** A response that is not a success. */
export class ApiError extends Error {
  /** @param {number} status 0 if there was no response. @param {string} message @param {any} [problem] */
  constructor(status, message, problem) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

/** @param {Credential|null} credential */
export function headersFor(credential) {
  /** @type {Record<string, string>} */
  const headers = { 'X-Client-Name': 'live page' };
  if (credential?.kind === 'token') headers.Authorization = `Bearer ${credential.secret}`;
  if (credential?.kind === 'key') headers['X-API-Key'] = credential.secret;
  return headers;
}

/**
 * Sends a request.
 * @param {Credential|null} credential
 * @param {string} path Below the base, such as `store/ID`.
 * @param {{method?: string, json?: any, body?: BodyInit, headers?: Record<string, string>, signal?: AbortSignal}} [options]
 */
export async function send(credential, path, options = {}) {
  const headers = { ...headersFor(credential), ...options.headers };
  let body = options.body;
  if (options.json !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.json);
  }
  let response;
  try {
    response = await fetch(base + path, {
      method: options.method ?? 'GET', headers, body, signal: options.signal,
      cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'The server cannot be reached.');
  }
  if (response.ok) return response;
  throw await errorOf(response);
}

/** @param {Response} response */
async function errorOf(response) {
  const problem = await response.json().catch(() => null);
  return new ApiError(
    response.status, problem?.detail ?? problem?.message ?? `The server responded with ${response.status}.`, problem);
}

/** @param {Credential|null} credential @param {string} path @param {Parameters<typeof send>[2]} [options] */
export async function json(credential, path, options) {
  return (await send(credential, path, { ...options, headers: { Accept: 'application/json' } })).json();
}

/** The path of a key. @param {string} id @param {string} key */
export function keyPath(id, key) {
  const segments = key.split('/');
  // A browser would resolve them, and the request would be about another key.
  if (segments.some(segment => segment === '' || segment === '.' || segment === '..'))
    throw new ApiError(400, 'A segment of a key must not be empty, . or ..');
  return `store/${id}/${segments.map(encodeURIComponent).join('/')}`;
}

/**
 * Redeems a ticket: the page is a machine of its own, for as long as it is open.
 * @param {string} id @param {string} ticket
 * @returns {Promise<Credential>}
 */
export async function redeem(id, ticket) {
  const machine = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...machine)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const issued = await json(null, `store/${encodeURIComponent(id)}/redeem`, {
    method: 'POST', json: { ticket, machine: text },
  });
  return { kind: 'token', secret: issued.token };
}

/**
 * What a credential allows, as far as it says so itself.
 * @param {Credential} credential
 * @returns {{scope: 'full'|'observe'|'restricted', read: string[], write: string[], expires: number|null}}
 */
export function claimsOf(credential) {
  const full = { scope: /** @type {const} */ ('full'), read: [], write: [], expires: null };
  if (credential.kind === 'key') return full;
  try {
    const part = credential.secret.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), c => c.charCodeAt(0))));
    const expires = typeof claims.exp === 'number' ? claims.exp * 1000 : null;
    if (claims.scope === 'observe') return { ...full, scope: 'observe', expires };
    if (typeof claims.scope === 'object' && claims.scope)
      return { scope: 'restricted', read: claims.scope.read ?? [], write: claims.scope.write ?? [], expires };
    return { ...full, expires };
  } catch {
    // A session token of a platform.
    return full;
  }
}
