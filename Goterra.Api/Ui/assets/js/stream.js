// The event stream of a deployment: server-sent events over fetch, because EventSource sends no Authorization.

import { ApiError, base, headersFor } from './api.js';

/** The server sends something at least every 15 s. */
const SILENCE = 25_000;
const MAX_PAUSE = 15_000;
const FINAL = new Set([401, 403, 404, 410]);

/**
 * Splits a stream of text into events. Feed it with the parts as they arrive.
 * @param {(event: {id: string|null, type: string, data: string}) => void} emit
 */
export function parser(emit) {
  let rest = '';
  let [id, type, data] = [/** @type {string|null} */ (null), '', /** @type {string[]} */ ([])];
  const line = (/** @type {string} */ text) => {
    if (text === '') {
      if (data.length) emit({ id, type: type || 'message', data: data.join('\n') });
      [id, type, data] = [null, '', []];
      return;
    }
    const colon = text.indexOf(':');
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') id = value;
    else if (name === 'event') type = value;
    else if (name === 'data') data.push(value);
  };
  return (/** @type {string} */ part) => {
    const lines = (rest + part).split('\n');
    rest = /** @type {string} */ (lines.pop());
    for (const text of lines) line(text.endsWith('\r') ? text.slice(0, -1) : text);
  };
}

/**
 * Follows a deployment until `close` is called, or the server says that there is nothing to follow.
 * @param {{
 *   id: string,
 *   credential: () => import('./api.js').Credential,
 *   onEvents: (events: any[]) => void,
 *   onState: (state: {live: boolean, retryAt?: number, error?: string, final?: number}) => void,
 * }} options
 */
export function follow({ id, credential, onEvents, onState }) {
  // Everything that is kept: what happened before the page was opened explains what it shows.
  let last = '0';
  let failures = 0;
  let closed = false;
  let abort = new AbortController();
  let wake = () => {};
  let running = false;

  async function connect() {
    abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), SILENCE);
    try {
      const response = await fetch(`${base}store/${id}`, {
        headers: { ...headersFor(credential()), Accept: 'text/event-stream', 'Last-Event-ID': last },
        signal: abort.signal, cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
      });
      if (!response.ok) {
        const problem = await response.json().catch(() => null);
        throw new ApiError(response.status, problem?.detail ?? `The server responded with ${response.status}.`);
      }
      /** @type {any[]} */
      let batch = [];
      const feed = parser(event => {
        if (event.id) last = event.id;
        const parsed = JSON.parse(event.data);
        batch.push({ ...parsed, type: parsed.type ?? event.type, id: event.id });
      });
      const reader = /** @type {ReadableStream} */ (response.body).getReader();
      const decoder = new TextDecoder();
      onState({ live: true });
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        failures = 0;
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), SILENCE);
        feed(decoder.decode(value, { stream: true }));
        if (!batch.length) continue;
        const events = batch;
        batch = [];
        onEvents(events);
        const end = events.find(event => event.type === 'ended' || event.type === 'unauthorized');
        if (end) throw new ApiError(end.type === 'ended' ? 410 : 401, end.reason);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function run() {
    if (running) return;
    running = true;
    await loop();
    running = false;
  }

  async function loop() {
    while (!closed) {
      let error = '';
      try {
        await connect();
      } catch (thrown) {
        if (closed) return;
        if (thrown instanceof ApiError && FINAL.has(thrown.status)) {
          onState({ live: false, error: thrown.message, final: thrown.status });
          return;
        }
        error = thrown instanceof ApiError ? thrown.message : 'The connection was lost.';
      }
      if (closed) return;
      const pause = Math.min(MAX_PAUSE, 500 * 2 ** Math.min(failures++, 6)) * (0.75 + Math.random() / 2);
      onState({ live: false, error, retryAt: Date.now() + pause });
      await new Promise(resolve => {
        const timer = setTimeout(resolve, pause);
        wake = () => { clearTimeout(timer); resolve(undefined); };
      });
    }
  }

  addEventListener('online', () => wake());
  run();
  return {
    /** Goes on with a new credential, also after the end. */
    restart: () => {
      abort.abort();
      wake();
      run();
    },
    close: () => { closed = true; abort.abort(); wake(); },
  };
}
