// Times, sizes and counts in words.

import { el } from './dom.js';

/** The difference between the server's clock and this one, in milliseconds. */
let skew = 0;

/** @param {string} serverTime */
export function setServerTime(serverTime) {
  skew = Date.parse(serverTime) - Date.now();
}

/** The time on the server. */
export const now = () => Date.now() + skew;

/** @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 && seconds % 60 >= 1 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** @param {string|number} time */
export function ago(time) {
  const past = now() - +new Date(time);
  if (past < 1500 && past > -5000) return 'just now';
  return past < 0 ? `in ${duration(-past)}` : `${duration(past)} ago`;
}

const EXACT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** @param {string|number} time */
export const exact = time =>
  `${EXACT.format(new Date(time))} (${new Date(time).toISOString().replace('.000', '')})`;

/** @param {string|number} time */
export const clock = time => CLOCK.format(new Date(time));

/**
 * A relative time that stays current; the exact one is its title.
 * @param {string} time
 * @param {'ago'|'for'|'left'} [kind]
 */
export function when(time, kind = 'ago') {
  const element = el('time', { datetime: time, title: exact(time), 'data-kind': kind });
  refresh(element);
  return element;
}

/** @param {Element} element */
function refresh(element) {
  const time = Date.parse(element.getAttribute('datetime') ?? '');
  const kind = element.getAttribute('data-kind');
  const text = kind === 'for' ? duration(now() - time) : kind === 'left' ? left(time) : ago(time);
  if (element.textContent !== text) element.textContent = text;
}

/** @param {number} time */
const left = time => (time > now() ? `${duration(time - now())} left` : 'expired');

/** Updates all relative times. */
export function refreshTimes() {
  for (const element of document.querySelectorAll('time[data-kind]')) refresh(element);
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** @param {number} count @param {string} noun @param {string} [plural] */
export const number = (count, noun, plural = `${noun}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;

/** Quotes a text for a POSIX shell. @param {string} text */
export const quote = text => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/**
 * The name of a client without its address, or the address if it has no name.
 * @param {string|undefined} client
 */
export function machineOf(client) {
  if (!client) return '';
  const space = client.indexOf(' ');
  return space < 0 ? client : client.slice(space + 1);
}
