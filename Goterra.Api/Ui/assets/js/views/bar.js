// The bar at the top.

import { claimsOf } from '../api.js';
import { el, visible } from '../dom.js';
import { when } from '../format.js';
import { icon } from '../icons.js';
import { isRemembered, remember, session, setSession } from '../session.js';

/** @param {import('./deployment.js').Navigation} navigation @param {...any} content */
export function barOf(navigation, ...content) {
  const own = session();
  return [
    el('span', { class: 'brand' }, el('img', { src: 'icon.svg', alt: '', width: 24, height: 24 }), 'Goterra'),
    ...content,
    el('span', { class: 'session' },
      own && scopeOf(own.credential),
      own && keepBox(),
      own?.credential.kind === 'key' && own.id && el(
        'button', { class: 'small', type: 'button', onclick: () => navigation.list() }, 'All deployments'),
      own && el('button', {
        class: 'small', type: 'button',
        onclick: () => { remember(false); setSession(null); navigation.entry(); },
      }, 'Sign out')),
  ];
}

/** @param {import('../api.js').Credential} credential */
function scopeOf(credential) {
  const { scope, read, write, expires } = claimsOf(credential);
  const names = { full: 'full access', observe: 'observe only', restricted: 'restricted' };
  const text = credential.kind === 'key' ? 'API key' : `Token: ${names[scope]}`;
  const title = scope === 'restricted' ? visible(`reads ${read.join(' ') || 'nothing'}; writes ${write.join(' ') || 'nothing'}`) : null;
  return el('span', { class: 'pill', id: 'scope', title }, icon('key'), text,
    expires === null ? null : [', ', when(new Date(expires).toISOString(), 'left')]);
}

function keepBox() {
  const box = el('input', {
    type: 'checkbox', id: 'keep', onchange: (/** @type {any} */ event) => remember(event.target.checked),
  });
  box.checked = isRemembered();
  return el('label', { class: 'check', title: 'Kept by this tab until it is closed. Otherwise in memory only.' },
    box, 'Stay signed in in this tab');
}
