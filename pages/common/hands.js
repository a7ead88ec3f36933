// Tells the server where the hands in a section's pictures rest, and moves them where it says.

const HELD = 150;  // milliseconds without a move after which a hand that may still hold on rests,
const LET_GO = 20;  // and one that has let go of the slider, or has pressed a key once

const nameOf = input => input.name.replace(/_at$/, '');
const written = at => JSON.stringify(Object.entries(at).sort());

function read(inputs) {
  const chosen = inputs.filter(input => input.type !== 'radio' || input.checked);
  return Object.fromEntries(chosen.map(input => [nameOf(input), input.value]));
}

// A link may ask for what lies between a slider's stops, or beyond them.
function holds(input, to) {
  const probe = input.cloneNode();
  probe.value = to;
  return input.type === 'radio' || Number(probe.value) === Number(to);
}

function put(inputs, at) {
  for (const input of inputs) {
    const to = at[nameOf(input)];
    if (to === undefined) continue;
    if (input.type === 'radio') {
      if (input.value === to && !input.checked) input.click();
    } else if (Number(input.value) !== Number(to)) {
      input.value = to;
      input.dispatchEvent(new Event('input', {bubbles: true}));
    }
  }
}

// at: where the hands are. told: where the server knows them to be. sent: what it hasn't answered.
function listen() {
  const hands = {at: {}, told: '', sent: [], heard: '', pictures: []};
  const all = () => hands.pictures
    .flatMap(picture => [...document.querySelectorAll(`.st-key-${picture} .vega-bind input`)])
    .filter(input => nameOf(input) in hands.at);
  let timer, first, repeats = false;

  const rest = () => {
    const now = written(hands.at);
    if (now === hands.told) return;
    hands.told = now;
    hands.sent.push(now);
    hands.tell(hands.at);
  };
  const moved = event => {
    if (!all().includes(event.target)) return;
    hands.at = {...hands.at, ...read([event.target])};
    put(all(), hands.at);  // another picture of the same quantity goes along
    clearTimeout(timer);
    timer = setTimeout(rest, event.type === 'change' && !repeats ? LET_GO : HELD);
  };
  const pressed = event => { repeats = event.type === 'keydown' && event.repeat; };
  // A new picture starts where the server drew it, also beside its slider's stops; one that the browser
  // has drawn anew starts there again.
  const start = () => put(all().filter(input => holds(input, hands.at[nameOf(input)])), hands.at);
  const drawn = new MutationObserver(() => {
    const [input] = all();
    if (input !== first) start();
    first = input;
  });

  const heard = {input: moved, change: moved, keydown: pressed, keyup: pressed};
  for (const [event, hear] of Object.entries(heard)) document.addEventListener(event, hear, true);
  hands.leave = () => {
    clearTimeout(timer);
    drawn.disconnect();
    for (const [event, hear] of Object.entries(heard))
      document.removeEventListener(event, hear, true);
  };
  hands.hear = ([pictures, at]) => {
    hands.pictures = pictures;
    drawn.disconnect();
    for (const picture of pictures)
      for (const place of document.querySelectorAll(`.st-key-${picture}`))
        drawn.observe(place, {childList: true, subtree: true});
    const now = written(at), before = hands.heard;
    hands.heard = now;
    if (now === before) return;
    const answered = hands.sent.indexOf(now);
    hands.sent.splice(0, answered + 1);
    if (answered >= 0) return;  // the hand may be elsewhere by now
    Object.assign(hands, {at, told: now, sent: []});
    if (before) put(all(), at);
    else start();
  };
  return hands;
}

export default ({data, parentElement, setStateValue}) => {
  const hands = parentElement.hands ??= listen();
  hands.tell = at => setStateValue('at', at);
  hands.hear(data);
  return () => {
    hands.leave();
    delete parentElement.hands;
  };
};
