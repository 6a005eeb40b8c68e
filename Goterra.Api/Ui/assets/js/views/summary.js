// The answer to "what is wrong here?", at the top of the page.

import { code, el, fill, visible } from '../dom.js';
import { number, when } from '../format.js';
import { summaryOf } from '../summary.js';
import { icon } from '../icons.js';

const TIMES = /\d+ (s|min|h|days)\b( \d+ (s|min)\b)?/g;
const ICONS = { bad: 'failed', warn: 'waiting', ok: 'ok' };

/** @param {import('./deployment.js').Context} context @returns {import('./deployment.js').View} */
export function summaryView(context) {
  const list = el('ul', { id: 'summary-lines' });
  const word = el('h1');
  const facts = el('p', { class: 'facts' });
  // What a screen reader says: when something has happened, not each second.
  const spoken = el('p', { class: 'off-screen', role: 'status' });
  const notice = el('p', { class: 'notice warn', hidden: true, role: 'alert' });
  const element = el('section', { class: 'card summary', id: 'summary', 'aria-label': 'Summary' },
    notice, word, list, spoken, facts,
    el('nav', { class: 'sections', 'aria-label': 'Sections' },
      [['waits', 'Waits'], ['timeline', 'Timeline'], ['keys', 'Keys'], ['events', 'Events'],
        ...(context.scope === 'full' ? [['access', 'Tickets'], ['actions', 'Actions']] : [])]
        .map(([id, text]) => el('a', { href: `#${id}`, text }))));
  let shown = '';
  let said = '';
  let factsOf = /** @type {any} */ (null);

  /** @param {import('../state.js').State} state */
  function update(state) {
    if (!state.loaded) {
      word.textContent = state.connection.error ? 'Not connected' : 'Connecting…';
      return;
    }
    drawNotice(state);
    const summary = summaryOf(state);
    const text = JSON.stringify(summary);
    if (text !== shown) {
      shown = text;
      const sentence = [summary.word, ...summary.lines.map(line => line.parts.map(part => (typeof part === 'string' ? part : part.code)).join(''))].join('. ');
      const happened = sentence.replace(TIMES, '');
      if (happened !== said) {
        said = happened;
        spoken.textContent = visible(sentence);
      }
      element.className = `card summary ${summary.tone}`;
      word.textContent = summary.word;
      fill(list, summary.lines.map(line => el('li', { class: line.tone }, icon(ICONS[line.tone]),
        el('span', {}, line.parts.map(part => (typeof part === 'string' ? visible(part) : code(part.code)))))),
      summary.more > 0 && el('li', { class: 'muted', text: `… and ${number(summary.more, 'more line')}: see below` }));
    }
    if (factsOf !== state.info) {
      factsOf = state.info;
      const { created, deployment_expires: expires, namespace, revision } = state.info;
      fill(facts,
        el('span', {}, code(state.id)), namespace && el('span', { text: `namespace ${visible(namespace)}` }),
        created && el('span', {}, 'created ', when(created)),
        created && el('span', {}, expires ? ['expires: ', when(expires, 'left')] : 'never expires'),
        revision !== undefined && el('span', { text: `revision ${revision}` }));
    }
  }

  /** @param {import('../state.js').State} state */
  function drawNotice({ connection, incomplete }) {
    const text = connection.final === 410 ? `${connection.error ?? 'The deployment is gone.'} What you see is its last known state.`
      : connection.final ? `${connection.error ?? 'Access has ended.'} What you see is no longer live: sign out, and sign in with a new token.`
        : !connection.live ? `Not live: ${connection.error || 'connecting'} Trying again…`
          : incomplete ? 'Some older events are no longer kept by the server.' : '';
    notice.className = `notice ${connection.final ? 'bad' : 'warn'}`;
    notice.hidden = text === '';
    if (notice.textContent !== text) notice.textContent = text;
  }
  return { element, update, tick: () => update(context.state()) };
}
