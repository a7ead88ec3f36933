"""Keys that step through a picture wherever the focus is, a tab that was just clicked included.

The slider of a picture hears its keys only while it has the focus, and tabs keep the arrows for
themselves. So the arrows, Home and End are passed on to the picture's slider of time before anybody
else hears them; whoever types, or holds another slider, keeps them.
"""

import streamlit as st

# A constant, like a style: nothing of a visitor, an address or a setting ever gets into it.
_KEYS = """<script>
if (!window.lectureKeys) {
  window.lectureKeys = true;
  const TAKES_KEYS = 'input, textarea, select, [contenteditable], [role=grid], [role=listbox], ' +
    '[role=menu], [role=slider], [role=combobox], [role=dialog]';
  addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest(TAKES_KEYS)) return;
    const sliders = ['moment_at', 'step_at'].map(name =>
      document.querySelector(`.vega-bind input[type=range][name=${name}]`));
    const slider = sliders.find(one => one !== null && one.offsetParent !== null);
    if (!slider) return;
    const now = Number(slider.value), low = Number(slider.min), high = Number(slider.max);
    const to = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: low, End: high}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    slider.value = String(Math.min(Math.max(to, low), high));
    slider.dispatchEvent(new Event('input', {bubbles: true}));
  }, true);
}
</script>"""


def steer_pictures() -> None:
    """Let ←, →, Home and End step through the picture on the page."""
    st.html(_KEYS, unsafe_allow_javascript=True)
