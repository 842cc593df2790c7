// Keys and the help sheet. Pages work without it.
(() => {
  'use strict';
  const help = document.getElementById('help');
  const say = document.getElementById('say');
  const results = [...document.querySelectorAll('input[data-n]')];
  results.forEach((input, i) => {
    const key = document.createElement('kbd');
    key.textContent = String(i + 1);
    input.closest('label').append(key);
  });
  // What belongs to one result is shown with it.
  const only = () => {
    const chosen = (results.find((r) => r.checked) || {}).value;
    const show = { '.only-insufficient': chosen === 'insufficient', '.only-wrong': chosen === 'wrong' || chosen === 'actionable' };
    Object.entries(show).forEach(([name, on]) => document.querySelectorAll(name).forEach((el) => { el.hidden = !on; }));
  };
  results.forEach((r) => r.addEventListener('change', only));
  if (say) only();

  const openHelp = (e) => { e.preventDefault(); if (!help.open) help.showModal(); };
  document.querySelectorAll('[data-help]').forEach((a) => a.addEventListener('click', (e) => { if (!location.pathname.startsWith('/help')) openHelp(e); }));
  const move = (by) => {
    const all = [...document.querySelectorAll('a.row')];
    if (!all.length) return;
    const i = all.indexOf(document.activeElement);
    all[i < 0 ? 0 : Math.min(Math.max(i + by, 0), all.length - 1)].focus();
  };
  const typing = (el) => el && (['TEXTAREA', 'SELECT'].includes(el.tagName) ||
    (el.tagName === 'INPUT' && !['radio', 'checkbox', 'button', 'submit'].includes(el.type)));
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && say) { e.preventDefault(); say.requestSubmit(); return; }
    if (e.key === 'Escape' && typing(document.activeElement)) { document.activeElement.blur(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || typing(document.activeElement) || help.open) return;
    const n = Number(e.key);
    if (e.key === '?') openHelp(e);
    else if (e.key === 'j') move(1);
    else if (e.key === 'k') move(-1);
    else if (e.key === 'l') location.assign('/alerts');
    else if (e.key === 'r') { const f = document.getElementById('reference'); if (f) { e.preventDefault(); f.focus(); } }
    else if (n >= 1 && n <= results.length) { results[n - 1].checked = true; results[n - 1].focus(); only(); }
    else { const b = document.querySelector('[data-key="' + CSS.escape(e.key) + '"]'); if (b) b.click(); }
  });
})();
