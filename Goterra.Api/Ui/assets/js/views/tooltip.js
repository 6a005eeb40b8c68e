// A tooltip that follows the pointer.

import { el, fill, visible } from '../dom.js';

/**
 * @param {HTMLElement} area
 * @param {(target: Element) => string[]|null} textOf The lines for what is under the pointer.
 */
export function tooltip(area, textOf) {
  const tip = el('div', { class: 'tip', role: 'tooltip', hidden: true });
  const hide = () => tip.remove();
  area.addEventListener('pointermove', event => {
    const lines = event.buttons ? null : textOf(/** @type {Element} */ (event.target));
    if (!lines) return hide();
    fill(tip, el('b', { text: visible(lines[0]) }), lines.slice(1).map(line => el('div', { text: visible(line) })));
    tip.hidden = false;
    if (!tip.isConnected) document.body.append(tip);
    const { width, height } = tip.getBoundingClientRect();
    tip.style.setProperty('left', `${Math.max(6, Math.min(innerWidth - width - 6, event.clientX + 14))}px`);
    tip.style.setProperty('top', `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`);
  });
  area.addEventListener('pointerleave', hide);
  return { hide };
}
