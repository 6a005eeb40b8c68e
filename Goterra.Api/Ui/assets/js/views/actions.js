// What a full credential can do to the deployment.

import { json, keyPath, send } from '../api.js';
import { el } from '../dom.js';
import { confirmDialog, formDialog, secretDialog, ticketDialog } from './dialogs.js';

/** @param {import('./deployment.js').Context} context @returns {import('./deployment.js').View} */
export function actionsView(context) {
  const post = (/** @type {string} */ action, /** @type {any} */ body) =>
    json(context.credential(), `store/${context.id}/${action}`, { method: 'POST', json: body });

  const put = () => formDialog({
    title: 'Put a value', text: 'Stores the value. Machines that wait for the key get it at once.', action: 'Put',
    fields: [{ name: 'key', label: 'Key', required: true }, { name: 'value', label: 'Value', kind: 'textarea' }],
    run: async ({ key, value }) => {
      await send(context.credential(), keyPath(context.id, key), {
        method: 'PUT', body: value, headers: { 'Content-Type': 'application/octet-stream' },
      });
    },
  });
  const remove = () => formDialog({
    title: 'Remove a key', text: 'Removes the key and its value. Machines that ask for it afterwards wait again. This cannot be undone.',
    action: 'Remove', danger: true, fields: [{ name: 'key', label: 'Key', required: true }],
    run: async ({ key }) => { await json(context.credential(), keyPath(context.id, key), { method: 'DELETE' }); },
  });
  const fail = () => formDialog({
    title: 'Declare the deployment failed', text: 'Every wait ends at once with the reason (exit code 6 of goterra-cli), and so does every later one until the failure is cleared.',
    action: 'Declare failed', danger: true,
    fields: [{ name: 'reason', label: 'Reason', required: true }, { name: 'source', label: 'Source', hint: 'Who reports it, such as a machine. May be empty.' }],
    run: async ({ reason, source }) => { await post('fail', source ? { reason, source } : { reason }); },
  });
  const resume = () => formDialog({
    title: 'Clear failures', text: 'Waits work again when no failure is left. Those that have ended are not resumed.', action: 'Resume',
    fields: [{ name: 'source', label: 'Source', hint: 'Empty: all failures.', options: context.state().failures.map(failure => failure.source ?? '') }],
    run: async ({ source }) => { await post('resume', source ? { source } : {}); },
  });
  const revoke = () => confirmDialog({
    title: 'Revoke all tokens and tickets?',
    text: 'Every machine of this deployment loses access at once, and needs a new token or ticket. Waits and streams end. This page goes on with the new token, which it shows you.',
    action: 'Revoke everything',
    run: async () => {
      const { token } = await post('revoke', {});
      if (context.credential().kind === 'token') context.setToken(token);
      secretDialog('The new token', 'It is shown only once.', token);
    },
  });
  const destroy = () => confirmDialog({
    title: 'Delete the deployment?',
    text: 'All keys, values, tokens and tickets are removed, and all waits end (exit code 5 of goterra-cli). This cannot be undone.',
    action: 'Delete the deployment', word: context.state().info.name || context.id.slice(0, 8),
    run: async () => { await json(context.credential(), `store/${context.id}`, { method: 'DELETE' }); },
  });

  const actions = /** @type {[string, string, () => void, boolean][]} */ ([
    ['Put a value', 'Store a value; waiting machines get it.', put, false],
    ['New ticket', 'For one machine, with user-data for it.', () => ticketDialog(context), false],
    ['Resume', 'Clear failures.', resume, false],
    ['Remove a key', 'With its value.', remove, true],
    ['Declare failed', 'End all waits, with a reason.', fail, true],
    ['Revoke', 'End all tokens and tickets.', revoke, true],
    ['Delete', 'Remove the deployment with its data.', destroy, true],
  ]);
  const element = el('section', { class: 'card', id: 'actions', 'aria-labelledby': 'actions-title' },
    el('div', { class: 'section-head' }, el('h2', { id: 'actions-title', text: 'Actions' })),
    el('div', { class: 'actions-grid' }, actions.map(([name, text, run, danger]) =>
      el('button', { type: 'button', class: `action ${danger ? 'danger' : ''}`, onclick: run }, name, el('span', { text })))));
  return { element, update: () => {} };
}
