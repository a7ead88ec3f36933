"""What a page does in the browser alone: keys and words that move a picture's own sliders.

A slider hears its keys only while it has the focus, and tabs keep the arrows for themselves. So the
arrows, Home and End are passed on to the picture's slider of time before anybody else hears them;
whoever types, or holds another slider, keeps them. A word with a link such as `#radius=0.5` moves the
slider of that name, or chooses among its options, as a hand would. What is moved tells the server
itself. On a phone the list of pages, which lies over the page, closes when one is chosen.
"""

# A constant, like a style: nothing of a visitor, an address or a setting ever gets into it.
SCRIPT = """<script>
if (!window.lectureKeys) {
  window.lectureKeys = true;
  const TAKES_KEYS = 'input, textarea, select, [contenteditable], [role=grid], [role=listbox], ' +
    '[role=menu], [role=slider], [role=combobox], [role=dialog]';
  const hands = name => [...document.querySelectorAll('.vega-bind input')]
    .filter(one => one.name === `${name}_at` && one.offsetParent !== null);
  const move = (slider, to) => {
    slider.value = String(to);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
  };
  addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest(TAKES_KEYS)) return;
    const [slider] = [...hands('moment'), ...hands('step')];
    if (!slider) return;
    const now = Number(slider.value), low = Number(slider.min), high = Number(slider.max);
    const to = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: low, End: high}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    move(slider, Math.min(Math.max(to, low), high));
  }, true);
  addEventListener('click', event => {
    const link = event.target instanceof Element && event.target.closest('a[href]');
    if (!link) return;
    const list = document.querySelector('button[aria-controls=stSidebar][aria-expanded=true]');
    if (list && innerWidth < 768 && link.closest('[data-testid=stSidebar]'))
      setTimeout(() => list.click());
    const values = link.getAttribute('href');
    if (!values.startsWith('#') || !values.includes('=')) return;
    event.preventDefault();
    for (const [name, value] of new URLSearchParams(values.slice(1)))
      for (const hand of hands(name))
        if (hand.type === 'range') move(hand, value);
        else if (hand.value === value) hand.click();
  }, true);
}
</script>"""
