// The way in: an API key, or id and token.

import { ApiError, json } from '../api.js';
import { el, fill } from '../dom.js';
import { remember, setSession } from '../session.js';

/**
 * @param {HTMLElement} main
 * @param {import('./deployment.js').Navigation} navigation
 * @param {{id?: string, error?: string}} given
 */
export function showEntry(main, navigation, given) {
  const problem = el('p', { class: 'notice bad', role: 'alert', hidden: !given.error, text: given.error ?? '' });
  const keep = el('input', { type: 'checkbox', id: 'keep-choice' });

  const show = (/** @type {string} */ text) => {
    problem.textContent = text;
    problem.hidden = false;
    problem.scrollIntoView({ block: 'nearest' });
  };
  const tryOut = async (/** @type {any} */ event, /** @type {() => Promise<void>} */ action) => {
    event.preventDefault();
    problem.hidden = true;
    const button = event.target.querySelector('button');
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      button.disabled = false;
      show(error.message);
    }
  };

  const id = field('id', 'Deployment', { autocomplete: 'off', required: true, value: given.id ?? '', spellcheck: 'false' });
  const token = field('token', 'Token', { type: 'password', autocomplete: 'off', required: true });
  const key = field('api-key', 'API key', { type: 'password', autocomplete: 'off', required: true });

  const byToken = el('form', {
    class: 'card stack', onsubmit: (/** @type {any} */ event) => tryOut(event, async () => {
      const credential = { kind: /** @type {const} */ ('token'), secret: token.input.value.trim() };
      const name = id.input.value.trim();
      await json(credential, `store/${encodeURIComponent(name)}?values=false`);
      enter({ credential, id: name }, () => navigation.deployment(name));
    }),
  }, el('h2', { text: 'One deployment' }), id.element, token.element,
  el('button', { class: 'primary', text: 'Show what it waits for' }));

  const byKey = el('form', {
    class: 'card stack', onsubmit: (/** @type {any} */ event) => tryOut(event, async () => {
      const credential = { kind: /** @type {const} */ ('key'), secret: key.input.value.trim() };
      await json(credential, 'store/-/deployments');
      enter({ credential, id: null }, () => navigation.list());
    }),
  }, el('h2', { text: 'All of your deployments' }), key.element,
  el('p', { class: 'muted small-text', text: 'Lists the deployments that the key can access, stuck ones first.' }),
  el('button', { class: 'primary', text: 'List deployments' }));

  const enter = (/** @type {any} */ entry, /** @type {() => void} */ go) => {
    remember(keep.checked);
    setSession(entry);
    go();
  };
  fill(main, el('div', { class: 'entry' },
    el('div', { class: 'stack' },
      el('h1', { text: 'See what each machine is waiting for' }),
      el('p', { class: 'lead' },
        'This page shows a deployment live: which machine waits for which key since when, what arrived, and what failed. ',
        el('code', { text: 'goterra-cli open' }), ' prints a link to it that needs no token.')),
    problem,
    el('div', { class: 'ways' }, byToken, byKey),
    el('label', { class: 'check' }, keep, el('span', {},
      'Keep the credential until this tab is closed. ',
      el('span', { class: 'muted', text: 'Otherwise it is only in the memory of this page, and a reload asks for it again.' }))),
    el('p', { class: 'muted small-text' },
      'The API is described in ', el('a', { href: '../../../swagger', text: 'Swagger UI' }), '.')));
  (given.id ? token : id).input.focus();
  return () => {};
}

/** @param {string} name @param {string} label @param {Record<string, any>} props */
function field(name, label, props) {
  const input = el('input', { id: name, name, ...props });
  return { input, element: el('div', { class: 'field' }, el('label', { for: name, text: label }), input) };
}
