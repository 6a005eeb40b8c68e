// Dialogs: forms, confirmations, and secrets that are shown once.

import { base, json } from '../api.js';
import { copyButton, el, showDialog, visible } from '../dom.js';
import { quote } from '../format.js';

/**
 * @param {string} title @param {any[]} content @param {{danger?: boolean, action: string, run: (form: HTMLFormElement) => Promise<void>}} options
 */
function open(title, content, { danger, action, run }) {
  const problem = el('p', { class: 'notice bad', role: 'alert', hidden: true });
  const submit = el('button', { class: `primary ${danger ? 'danger' : ''}`, text: action });
  const form = el('form', {
    class: 'stack', onsubmit: async (/** @type {any} */ event) => {
      event.preventDefault();
      submit.disabled = true;
      problem.hidden = true;
      try {
        await run(form);
        dialog.close();
      } catch (error) {
        problem.textContent = /** @type {Error} */ (error).message;
        problem.hidden = false;
        submit.disabled = false;
      }
    },
  }, el('h2', { id: 'dialog-title', text: title }), content, problem,
  el('div', { class: 'buttons' }, el('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), submit));
  const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' }, form);
  showDialog(dialog);
  return { dialog, form, submit };
}

/**
 * @typedef {{name: string, label: string, hint?: string, required?: boolean, kind?: 'textarea', options?: string[]}} Field
 * @param {{title: string, text: string, action: string, danger?: boolean, fields: Field[],
 *   run: (values: Record<string, string>) => Promise<void>}} options
 */
export function formDialog({ title, text, action, danger, fields, run }) {
  open(title, [el('p', { class: 'muted', text }), fields.map(fieldOf)], {
    action, danger, run: form => run(Object.fromEntries(/** @type {any} */ (new FormData(form)))),
  });
}

/** @param {Field} field */
function fieldOf({ name, label, hint, required, kind, options }) {
  const id = `field-${name}`;
  return el('div', { class: 'field' }, el('label', { for: id, text: label }),
    options?.some(Boolean)
      ? el('select', { id, name }, el('option', { value: '', text: 'all' }),
        options.filter(Boolean).map(option => el('option', { value: option, text: visible(option) })))
      : el(kind ?? 'input', { id, name, required, autocomplete: 'off', spellcheck: 'false' }),
    hint && el('span', { class: 'hint', text: hint }));
}

/**
 * @param {{title: string, text: string, action: string, word?: string, run: () => Promise<void>}} options
 *   With `word`, it must be typed.
 */
export function confirmDialog({ title, text, action, word, run }) {
  const typed = word && el('input', {
    id: 'confirm-word', autocomplete: 'off', spellcheck: 'false',
    oninput: () => { submit.disabled = typed.value !== word; },
  });
  const { submit } = open(title, [el('p', { text }), typed && el('div', { class: 'field' },
    el('label', { for: 'confirm-word', text: `To confirm, type ${visible(/** @type {string} */ (word))}` }), typed)],
  { action, danger: true, run });
  submit.disabled = Boolean(word);
}

/** @param {string} title @param {string} text @param {string} secret @param {...any} more */
export function secretDialog(title, text, secret, ...more) {
  const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' }, el('div', { class: 'stack' },
    el('h2', { id: 'dialog-title', text: title }), el('p', { class: 'muted', text }),
    el('pre', { tabindex: '0', 'aria-label': title, text: secret }), el('div', {}, copyButton(secret, title)), more,
    el('div', { class: 'buttons' }, el('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Done'))));
  showDialog(dialog);
}

/** @param {import('./deployment.js').Context} context */
export function ticketDialog(context) {
  const patterns = (/** @type {any} */ text) => String(text).split(/[\s,]+/).filter(Boolean);
  const patternFields = el('div', { class: 'stack' },
    fieldOf({ name: 'read', label: 'May read', hint: 'Keys, and prefixes with * at the end, separated by spaces.' }),
    fieldOf({ name: 'write', label: 'May write' }));
  const choice = (/** @type {string} */ value, /** @type {string} */ text) => {
    const input = el('input', { type: 'radio', name: 'scope', value, onchange: () => { patternFields.hidden = value !== 'restricted'; } });
    input.checked = value === 'restricted';
    return el('label', { class: 'check' }, input, text);
  };
  open('New ticket', [
    el('p', { class: 'muted', text: 'The first machine that uses the ticket gets a token; for any other one it is worthless. Put it into user-data instead of a token.' }),
    fieldOf({ name: 'name', label: 'Machine', required: true, hint: 'For display, such as worker-1.' }),
    fieldOf({ name: 'ttl', label: 'Valid for', hint: 'Such as 30m, 24h or 7d. Default: the lifetime of a token.' }),
    el('div', { class: 'stack', role: 'radiogroup', 'aria-label': 'Scope' }, choice('restricted', 'Some keys'), choice('observe', 'Observe only: everything except values'), choice('full', 'Full access')),
    patternFields,
  ], {
    action: 'Create ticket',
    run: async form => {
      const values = /** @type {Record<string, string>} */ (Object.fromEntries(/** @type {any} */ (new FormData(form))));
      const scope = values.scope === 'full' ? { full: true } : values.scope === 'observe' ? { observe: true }
        : { read: patterns(values.read), write: patterns(values.write) };
      const made = await json(context.credential(), `store/${context.id}/tickets`, {
        method: 'POST', json: { name: values.name, ...(values.ttl ? { ttl: values.ttl } : {}), ...scope },
      });
      context.refresh();
      const snippet = userData(made.ticket);
      secretDialog(`Ticket for ${visible(values.name)}`, 'It is shown only once.', made.ticket,
        el('h3', { text: 'User-data (cloud-init)' }),
        el('pre', { tabindex: '0', 'aria-label': 'User-data', id: 'user-data', text: snippet }), el('div', {}, copyButton(snippet, 'User-data')));
    },
  });
}

/** @param {string} ticket */
function userData(ticket) {
  const url = base.replace(/\/$/, '');
  return `#cloud-config
write_files:
  - path: /etc/goterra/env
    permissions: "0600"
    content: |
      GOT_URL=${quote(url)}
      GOT_TICKET=${ticket}
runcmd:
  - curl -fsSL ${quote(url)}/store/-/cli/install.sh | sh
  - set -a; . /etc/goterra/env; set +a; goterra-cli doctor
`;
}
