// Runs before anything is drawn: sets the theme, so that a dark room does not flash white, and
// says so when the app itself cannot start. Plain ES5, since it is for old browsers too.
(function () {
  var root = document.documentElement;
  var choice = '';
  try {
    choice = (JSON.parse(localStorage.getItem('parley') || '{}') as { theme?: string }).theme || '';
  } catch (_error) {
    // Storage is refused or holds something else: the system's theme it is.
  }
  var dark = 'matchMedia' in window && matchMedia('(prefers-color-scheme: dark)').matches;
  root.setAttribute('data-theme', choice === 'light' || choice === 'dark' ? choice : dark ? 'dark' : 'light');

  window.addEventListener('load', function () {
    if (window.customElements && customElements.get('parley-app')) return;
    var notice = document.getElementById('too-old');
    if (notice) notice.removeAttribute('hidden');
  });
})();
