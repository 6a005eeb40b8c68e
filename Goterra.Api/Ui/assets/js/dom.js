// Building blocks for the document. Text is only ever set as text: no markup is parsed.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Creates an element.
 * @param {string} name Its name; `svg:rect` for SVG.
 * @param {Record<string, any>} [props] Attributes; `on…` are listeners, `text` the content, `class` the classes.
 * @param {...any} children
 * @returns {any}
 */
export function el(name, props = {}, ...children) {
  const element = name.startsWith('svg:')
    ? document.createElementNS(SVG, name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'text') element.textContent = value;
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} parent @param {any[]} children */
function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

/** Replaces the children of an element. @param {Element} parent @param {...any} children */
export function fill(parent, ...children) {
  const fragment = document.createDocumentFragment();
  append(/** @type {any} */ (fragment), children);
  parent.replaceChildren(fragment);
}

/**
 * A list whose elements are kept as long as their item does not change.
 * @template T
 * @param {Element} parent
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Element} create
 */
export function keyedList(parent, keyOf, create) {
  /** @type {Map<string, {item: T, element: Element}>} */
  let known = new Map();
  return (/** @type {readonly T[]} */ items) => {
    const next = new Map();
    let place = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let entry = known.get(key);
      known.delete(key);
      if (!entry || entry.item !== item) {
        const element = create(item);
        if (entry) {
          if (place === entry.element) place = element;
          entry.element.replaceWith(element);
        }
        entry = { item, element };
      }
      next.set(key, entry);
      if (entry.element === place) place = place.nextElementSibling;
      else parent.insertBefore(entry.element, place);
    }
    for (const { element } of known.values()) element.remove();
    known = next;
  };
}

/** A key, with characters that could mislead made visible. @param {string} text */
export const code = text => el('code', { dir: 'ltr', text: visible(text) });

const SHOWN = 300;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * Makes control characters, and those that change the direction of text, visible; cuts what is very long.
 * @param {string} text
 */
export function visible(text) {
  const cut = text.length > SHOWN ? text.slice(0, SHOWN) + '…' : text;
  return cut.replace(CONTROLS, character => `\\u{${/** @type {number} */ (character.codePointAt(0)).toString(16)}}`);
}

/** Opens a dialog, and removes it when it is closed. @param {HTMLDialogElement} dialog */
export function showDialog(dialog) {
  document.body.append(dialog);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.showModal();
  return dialog;
}

/** A button that copies a text. @param {string} text @param {string} label */
export function copyButton(text, label) {
  const button = el('button', {
    type: 'button', class: 'small', 'aria-label': `${label}: copy`,
    onclick: async () => {
      await copy(text);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    },
  }, 'Copy');
  return button;
}

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Without https, there is no clipboard API.
  const area = el('textarea', { class: 'off-screen', readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
