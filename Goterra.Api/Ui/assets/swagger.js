// Swagger UI: the name of the product, a link to the live page, and errors that open on a click.

const page = new URL('./', import.meta.url).pathname;

function decorate() {
  const wrapper = document.querySelector('.topbar-wrapper');
  if (wrapper && !wrapper.querySelector('.goterra-bar')) {
    const bar = document.createElement('div');
    bar.className = 'goterra-bar';
    const link = document.createElement('a');
    link.href = page;
    link.textContent = 'Live page';
    bar.append('Goterra', link);
    wrapper.prepend(bar);
  }
  for (const row of document.querySelectorAll('.responses-table:not(.live-responses-table) tr.response:not(.goterra-error)')) {
    if (!/^[45]/.test(row.getAttribute('data-code') ?? '')) continue;
    row.classList.add('goterra-error');
    row.setAttribute('tabindex', '0');
    row.setAttribute('aria-expanded', 'false');
  }
}

/** @param {Event} event */
function toggle(event) {
  const target = /** @type {Element} */ (event.target);
  const row = target.closest('tr.goterra-error');
  if (!row || (row.classList.contains('goterra-open') && target.closest('.response-col_description > :not(.response-col_description__inner)'))) return;
  row.setAttribute('aria-expanded', String(row.classList.toggle('goterra-open')));
}

document.addEventListener('click', toggle);
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && /** @type {Element} */ (event.target).matches('tr.goterra-error')) toggle(event);
});
new MutationObserver(decorate).observe(document.documentElement, { childList: true, subtree: true });
decorate();
