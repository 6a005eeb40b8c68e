// Pages of a long list: only one is in the document.

import { el } from '../dom.js';

const SIZE = 50;

/** @param {() => void} changed @param {string} noun */
export function pager(changed, noun) {
  let page = 0;
  const previous = el('button', { type: 'button', class: 'small', onclick: () => { page--; changed(); } }, 'Previous');
  const next = el('button', { type: 'button', class: 'small', onclick: () => { page++; changed(); } }, 'Next');
  const text = el('span');
  const element = el('nav', { class: 'pager', 'aria-label': `Pages of ${noun}`, hidden: true }, previous, text, next);
  return {
    element,
    first: () => { page = 0; },
    /** @template T @param {readonly T[]} items @returns {readonly T[]} */
    slice(items) {
      page = Math.max(0, Math.min(page, Math.ceil(items.length / SIZE) - 1));
      element.hidden = items.length <= SIZE;
      previous.disabled = page === 0;
      next.disabled = (page + 1) * SIZE >= items.length;
      text.textContent = `${page * SIZE + 1} to ${Math.min(items.length, (page + 1) * SIZE)} of ${items.length.toLocaleString('en')}`;
      return items.slice(page * SIZE, (page + 1) * SIZE);
    },
  };
}
