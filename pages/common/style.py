"""How the hands of a picture look: a slider as wide as its picture, its name and number below it."""

# Streamlit puts the inputs of a picture below it, small, and in reverse order of their names. The
# picture's class is doubled to outweigh Streamlit's own rules. They stay within reach, of a thumb on
# a phone, where a picture is taller than the window, on paper of the page's own colour, which Streamlit
# doesn't tell.
STYLE = """<style>
:root { --paper: light-dark(#FFFFFF, #171614); }
@media (min-width: 641px) {  /* the picture needs a laptop's window, with the slider below it */
  .stMainBlockContainer { padding-top: 4rem; }
  .stMainBlockContainer > [data-testid="stVerticalBlock"],
  [data-testid="stTabPanel"] > [data-testid="stVerticalBlock"],
  [data-testid="stTabPanel"] > * > * > [data-testid="stVerticalBlock"] { gap: 0.6rem; }
  [data-testid="stTabPanel"] { padding-top: 0.6rem; }
}
[class*="st-key-hands-"] { display: none; }
[class*="st-key-picture-"] { position: relative; gap: 0.25rem; }
/* A picture has one menu, its own; this one would lie over what stands above it. */
[class*="st-key-picture-"] [data-testid="stElementToolbar"] { display: none; }
[class*="st-key-picture-"][class] .vega-embed { padding-right: 0; }
[class*="st-key-picture-"][class] .vega-embed .vega-bindings {
  display: flex; flex-flow: row wrap; gap: 0 2rem; width: 100%; max-width: none; margin: 0;
  position: sticky; bottom: 0; z-index: 1; padding: 0.1rem 0 0.4rem;
  background: var(--paper);
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind {
  display: flex; flex: 1 1 28rem; align-items: center; column-gap: 0.75rem; width: auto;
  max-width: none; min-height: 2rem; margin: 0; padding: 0;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind > label {
  display: grid; grid-template-columns: minmax(9rem, max-content) 1fr 3.5rem;
  column-gap: 0.75rem; align-items: center;
  width: 100%; max-width: none; margin: 0; padding: 0; min-height: 2rem;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind input[type="range"] {
  width: 100%; max-width: none; min-width: 0; margin: 0; min-height: 1.5rem; cursor: grab;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind .vega-bind-name,
[class*="st-key-picture-"][class] .vega-embed .vega-bind label > span:last-child {
  width: auto; min-width: 0; font-size: 1rem; font-weight: 600; text-align: left;
  font-variant-numeric: tabular-nums;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind:has(.vega-bind-radio) { flex: 0 1 auto; }
[class*="st-key-picture-"][class] .vega-embed .vega-bind:has(.vega-bind-radio) > label {
  grid-template-columns: auto 1fr;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind-radio {
  display: inline-flex; flex-wrap: wrap; gap: 0 0.75rem;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind:only-child > label {
  grid-template-columns: auto 1fr; row-gap: 0;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind:only-child input[type="range"] {
  grid-row: 1; grid-column: 1 / -1;
}
[class*="st-key-picture-"][class] .vega-embed .vega-bind:only-child .vega-bind-name,
[class*="st-key-picture-"][class] .vega-embed .vega-bind:only-child label > span:last-child {
  grid-row: 2;
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding-top: 3.5rem; }
  *:has(> .st-key-experiment) { order: 1; }  /* the picture first, then what else can be set */
  .stMarkdown :is(th, td) { padding: 0.2rem 0.3rem; font-size: 0.8rem; overflow-wrap: break-word; }
}
.st-key-pointed-at, .st-key-controls:has(.st-key-pointed-at) summary,
[class*="-pointed-1"] .vega-bind:nth-last-child(1), [class*="-pointed-2"] .vega-bind:nth-last-child(2),
[class*="-pointed-3"] .vega-bind:nth-last-child(3), [class*="-pointed-4"] .vega-bind:nth-last-child(4) {
  outline: 3px solid #E3A81C; outline-offset: 2px; border-radius: 0.4rem;
}  /* what the open scene points at */
[class*="st-key-menu-"] { position: absolute; top: -0.5rem; right: 0; width: auto; z-index: 1; }
[class*="st-key-menu-"] button[aria-haspopup] p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
</style>"""
