// Keys, the help sheet and the time that is left to undo. Pages work without it.
(() => {
  'use strict';
  const body = document.body;
  const help = document.getElementById('help');

  // The time left; the bar goes when it is over.
  const bars = [...document.querySelectorAll('.undo[data-until]')];
  const tell = () => bars.forEach((bar) => {
    const left = Math.ceil((Date.parse(bar.dataset.until) - Date.now()) / 1000);
    const out = bar.querySelector('[data-left]');
    if (left > 0) out.textContent = left + ' s left';
    else bar.hidden = true;
  });
  if (bars.length) { tell(); setInterval(tell, 1000); }

  // Reasons have numbers.
  const reasons = [...document.querySelectorAll('input[data-n]')];
  reasons.forEach((input, i) => {
    if (i > 8) return;
    const key = document.createElement('kbd');
    key.textContent = String(i + 1);
    input.closest('label').append(key);
  });

  // What the page asks by itself says whether its person did something since.
  let acted = false;
  ['keydown', 'pointerdown', 'input', 'wheel'].forEach((kind) => document.addEventListener(kind, () => { acted = true; }, { capture: true, passive: true }));
  document.addEventListener('htmx:configRequest', (e) => {
    if (acted) e.detail.headers['Vigil-Acted'] = '1';
    acted = false;
  });

  const openHelp = (e) => { e.preventDefault(); if (!help.open) help.showModal(); };
  document.querySelectorAll('[data-help]').forEach((a) => a.addEventListener('click', openHelp));

  const rows = () => [...document.querySelectorAll('a.row')];
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const i = all.indexOf(document.activeElement);
    all[i < 0 ? 0 : Math.min(Math.max(i + by, 0), all.length - 1)].focus();
  };

  const typing = (el) => el && (el.isContentEditable || ['TEXTAREA', 'SELECT'].includes(el.tagName) ||
    (el.tagName === 'INPUT' && !['radio', 'checkbox', 'button', 'submit'].includes(el.type)));

  document.addEventListener('keydown', (e) => {
    const form = document.getElementById('decide');
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && form) {
      e.preventDefault();
      form.requestSubmit();
      return;
    }
    if (e.key === 'Escape' && typing(document.activeElement)) { document.activeElement.blur(); return; }
    if (body.dataset.keys === 'off' || e.ctrlKey || e.metaKey || e.altKey || typing(document.activeElement) || help.open) return;
    const to = { q: '/queue', s: '/supervise', f: '/filings' }[e.key];
    if (e.key === '?') openHelp(e);
    else if (e.key === '/') { const f = document.getElementById('find'); if (f) { e.preventDefault(); f.focus(); } }
    else if (e.key === 'j') move(1);
    else if (e.key === 'k') move(-1);
    else if (e.key === 'm') { const n = document.getElementById('note'); if (n) { e.preventDefault(); n.focus(); } }
    else if (to && document.querySelector('nav a[href="' + to + '"]')) location.assign(to);
    else if (/^[1-9]$/.test(e.key) && reasons[e.key - 1]) { reasons[e.key - 1].checked = true; reasons[e.key - 1].focus(); }
    else {
      const button = document.querySelector('[data-key="' + CSS.escape(e.key) + '"]');
      if (button && !button.closest('[hidden]')) { e.preventDefault(); button.click(); }
    }
  });
})();
