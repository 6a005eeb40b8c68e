// Icons, drawn with lines on a grid of 16.

import { el } from './dom.js';

/** @type {Record<string, string[]>} */
const PATHS = {
  failed: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Z', 'M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4'],
  missing: ['M8 2 14.6 13.6H1.4Z', 'M8 6.4v3.4M8 11.7v.1'],
  waiting: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Z', 'M8 4.6V8l2.4 1.6'],
  ok: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Z', 'M5.2 8.2l2 2 3.6-4'],
  live: ['M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Z', 'M4.4 4.4a5 5 0 0 0 0 7.2M11.6 4.4a5 5 0 0 1 0 7.2'],
  offline: ['M2 2l12 12', 'M4.4 4.4a5 5 0 0 0 0 7.2M11.6 4.4a5 5 0 0 1 .8 5.6'],
  key: ['M5 7.2a3 3 0 1 0 0 .1M8 7.2h6M12 7.2v2.6'],
  lease: ['M4 2.4h8M4 13.6h8M5 2.4c0 3 2.2 4 3 5.6.8-1.6 3-2.6 3-5.6M5 13.6c0-3 2.2-4 3-5.6.8 1.6 3 2.6 3 5.6'],
  machine: ['M2.4 3h11.2v7.4H2.4ZM5.4 13.4h5.2M8 10.4v3'],
};

/** @param {string} name */
export const icon = name => el(
  'svg:svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
  PATHS[name].map(d => el('svg:path', { d })));
