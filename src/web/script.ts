/**
 * The script of all pages: keys, the text filter, copying, the local time on hover. Everything can be read without it. It
 * reads text and sets classes and titles; it never makes markup. Text, because it runs in the browser alone; its hash
 * stands in the policy of the page.
 */
export const SCRIPT = `
(() => {
'use strict';
const root = document.documentElement;
root.classList.add('script');
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const start = () => {
  const filter = document.getElementById('filter');
  const links = () => {
    const page = document.querySelector('.page:target') || document.querySelector('.list') || document.querySelector('.page');
    return page ? all('.open', page).filter((link) => link.checkVisibility()) : [];
  };
  let last = null;
  const rove = (link) => {
    for (const each of all('.open')) each.tabIndex = -1;
    for (const page of all('.list, .page')) {
      const first = page.querySelector('.row:not(.hidden) .open');
      if (first && !page.contains(link)) first.tabIndex = 0;
    }
    if (link) link.tabIndex = 0;
  };
  const move = (by) => {
    const shown = links();
    if (shown.length === 0) return act(by > 0 ? 'j' : 'k');
    const now = shown.indexOf(document.activeElement);
    const from = now >= 0 ? now : shown.indexOf(last);
    const next = shown[Math.min(shown.length - 1, Math.max(0, from < 0 ? 0 : from + by))];
    last = next;
    rove(next);
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
    return true;
  };
  const current = () => {
    for (const link of all('a[href]')) {
      const isOpen = location.hash !== '' && link.getAttribute('href') === location.hash;
      if (isOpen && (link.classList.contains('open') || link.closest('.scatter'))) {
        link.setAttribute('aria-current', 'true');
        if (link.closest('.list') && link.classList.contains('open')) last = link;
      } else if (!link.hasAttribute('data-current')) link.removeAttribute('aria-current');
    }
  };
  const act = (key) => {
    const details = all('.detail').filter((each) => each.checkVisibility());
    const button = details.flatMap((each) => all('[data-key="' + key + '"]', each))[0];
    if (!button) return false;
    button.focus();
    button.click();
    return true;
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target instanceof Element && event.target.matches('input:not([type=checkbox]), textarea, select');
    if (typing) {
      if (event.key === 'Escape') { event.target.value = ''; event.target.dispatchEvent(new Event('input')); event.target.blur(); }
      else if (event.key === 'Enter' && event.target === filter) { event.preventDefault(); last = null; move(1); }
      return;
    }
    let done = true;
    if (event.key === 'j' || event.key === 'ArrowDown' && event.target.matches('.open')) done = move(1);
    else if (event.key === 'k' || event.key === 'ArrowUp' && event.target.matches('.open')) done = move(-1);
    else if (event.key === '/' && filter) filter.focus();
    else if ('atbfs'.includes(event.key)) done = act(event.key);
    else done = false;
    if (done) event.preventDefault();
  });
  if (filter) {
    filter.form.addEventListener('submit', (event) => event.preventDefault());
    filter.addEventListener('input', () => {
      const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
      for (const row of all('.list .row')) {
        const text = (row.getAttribute('aria-label') || row.textContent).toLowerCase();
        row.classList.toggle('hidden', !words.every((word) => text.includes(word)));
      }
      rove(last);
    });
  }
  document.addEventListener('click', async (event) => {
    const button = event.target instanceof Element && event.target.closest('[data-copy], [data-copy-of]');
    if (!button) return;
    const before = button.getAttribute('data-label') || button.textContent;
    button.setAttribute('data-label', before);
    try { await navigator.clipboard.writeText(button.hasAttribute('data-copy') ? button.getAttribute('data-copy') : document.getElementById(button.getAttribute('data-copy-of')).textContent); say('copied: ' + before); }
    catch { say('not copied: the browser refused'); }
  });
  const say = (text) => { const status = document.getElementById('said'); if (status) status.textContent = text; };
  document.addEventListener('mouseover', (event) => {
    const time = event.target instanceof Element && event.target.closest('time');
    if (time) time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
  });
  addEventListener('hashchange', current);
  current();
  rove(last);
};
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
})();
`;
