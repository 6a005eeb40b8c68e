// Tickets: who redeemed them, and who tried to.

import { ApiError, json } from '../api.js';
import { code, el, fill, visible } from '../dom.js';
import { number, when } from '../format.js';
import { icon } from '../icons.js';
import { confirmDialog, ticketDialog } from './dialogs.js';
import { pager } from './pager.js';

/** @param {import('./deployment.js').Context} context @returns {import('./deployment.js').View} */
export function accessView(context) {
  const body = el('tbody');
  const count = el('span', { class: 'muted small-text' });
  const empty = el('p', { class: 'empty', text: 'No tickets.' });
  const pages = pager(() => draw(true), 'tickets');
  const table = el('div', { class: 'table-scroll' }, el('table', {}, el('caption', { class: 'off-screen', text: 'Tickets' }), el('thead', {}, el('tr', {},
    ['Ticket', 'Allows', 'State', 'Redeemed by', ''].map(text =>
      el('th', { scope: 'col' }, text || el('span', { class: 'off-screen', text: 'Action' }))))), body));
  const element = el('section', { class: 'card', id: 'access', 'aria-labelledby': 'access-title' },
    el('div', { class: 'section-head' }, el('h2', { id: 'access-title', text: 'Tickets' }), count,
      el('button', { type: 'button', class: 'small', onclick: () => ticketDialog(context) }, 'New ticket')),
    empty, table, pages.element);
  let drawn = /** @type {any} */ (undefined);

  function draw(force = false) {
    const { tickets } = context.state();
    if (!force && tickets === drawn) return;
    drawn = tickets;
    const shown = [...(tickets ?? [])].sort((a, b) => b.misuses - a.misuses || (a.made < b.made ? 1 : -1));
    count.textContent = shown.length ? number(shown.length, 'ticket') : '';
    empty.hidden = shown.length > 0;
    table.hidden = shown.length === 0;
    fill(body, pages.slice(shown).map(ticket => row(ticket, context)));
  }
  return { element, update: () => draw() };
}

/** @param {any} ticket @param {import('./deployment.js').Context} context */
function row(ticket, context) {
  const { id, name, expires, redeemed, client, misuses } = ticket;
  const over = Date.parse(expires) < Date.now();
  return el('tr', { class: misuses ? 'bad' : null, 'data-ticket': id },
    el('td', { class: 'key' }, el('strong', { text: visible(name) }), el('div', { class: 'small-text muted' }, code(id))),
    el('td', { class: 'small-text', text: visible(scopeText(ticket.scope)) }),
    el('td', {}, misuses > 0 && el('div', {}, el('span', { class: 'pill bad' }, icon('failed'), `Misused from ${number(misuses, 'address', 'addresses')}`)),
      redeemed ? el('span', { class: 'pill good' }, icon('ok'), 'Redeemed') : over
        ? el('span', { class: 'pill' }, icon('waiting'), 'Expired') : el('span', { class: 'pill accent' }, icon('waiting'), 'Unused, ', when(expires, 'left'))),
    el('td', {}, redeemed ? [visible(client ?? ''), el('div', { class: 'small-text muted' }, when(redeemed))] : ''),
    el('td', { class: 'actions' }, el('button', {
      type: 'button', class: 'small danger', 'aria-label': `Revoke the ticket ${visible(name)}`, onclick: () => confirmDialog({
        title: `Revoke the ticket ${visible(name)}?`,
        text: 'The ticket and all tokens that derive from it end at once. Its machine loses access; what it has stored remains.',
        action: 'Revoke the ticket',
        run: async () => {
          await json(context.credential(), `store/-/tickets/${context.id}/${id}`, { method: 'DELETE' }).catch(ignoreMissing);
          context.refresh();
        },
      }),
    }, 'Revoke')));
}

/** Another one was faster. @param {any} error */
function ignoreMissing(error) {
  if (!(error instanceof ApiError) || error.status !== 404) throw error;
}

/** @param {any} scope */
function scopeText(scope) {
  if (scope.full) return 'everything';
  if (scope.observe) return 'observe only';
  return [scope.read?.length && `reads ${scope.read.join(' ')}`, scope.write?.length && `writes ${scope.write.join(' ')}`,
    scope.fail === false && 'may not report failures'].filter(Boolean).join('; ');
}
