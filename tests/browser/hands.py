"""The hand on a picture, in Chromium: moves its sliders and radios, and says what came of it.

    page.goto(server.url("vanishing_gradients"))
    see_all(page)
    outcome = move_all(page)["radius"]
    assert outcome.faults() == []
    print(outcome.frame(95))

What the browser does is noted inside the page: when an input came, when it was painted, and what
was sent to the server meanwhile. How long a frame takes is told, never judged here: that is the
machine's, and `python -m tests.benchmarks.benchmark_frames` prints it.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, TimeoutError

from tests.browser.seeing import BRIEFLY, settle

CHART = "[data-testid=stVegaLiteChart]"
#: The server is told where a hand is once it has let go, or has rested for 150 ms. On a busy machine
#: two inputs can be further apart than that, and a message between them is no fault.
REST_MILLISECONDS = 140
#: A slider is moved through at most so many of its stops: silence needs a few, a percentile more.
FEW_STOPS, MANY_STOPS = 5, 60

#: What a busy machine has once, a fault has every time; and it is late.
TRIES, ADDRESS_MILLISECONDS = 3, 5_000

_WATCH = """() => {
  if (window.hand) return;
  const hand = window.hand = {inputs: [], frames: [], sent: [], answered: []};
  const send = WebSocket.prototype.send;
  const sockets = new WeakSet();
  WebSocket.prototype.send = function(message) {
    hand.sent.push(performance.now());
    if (!sockets.has(this)) {
      sockets.add(this);
      this.addEventListener('message', () => { hand.answered[0] = performance.now(); });
    }
    return send.call(this, message);
  };
  addEventListener('input', event => {
    if (!event.target.closest('.vega-bind')) return;
    const begin = event.timeStamp;
    hand.inputs.push(performance.now());
    requestAnimationFrame(() => {
      const after = new MessageChannel();  // its message comes when the frame has been painted
      after.port1.onmessage = () => hand.frames.push(performance.now() - begin);
      after.port2.postMessage(0);
    });
  }, true);
}"""
_FORGET = "() => { for (const of of Object.values(window.hand)) of.length = 0; }"
#: Sends in the middle of a quick movement: the inputs around them lie closer than a rest.
_SENT_ON_THE_WAY = """rest => {
  const {inputs, sent} = window.hand;
  return sent.filter(time => {
    const next = inputs.findIndex(input => input > time);
    const around = [inputs[next - 2] ?? inputs[0], inputs[next - 1], time, inputs[next]];
    return next > 0 && around.slice(1).every((one, i) => one - around[i] < rest);
  }).length;
}"""
#: Through the stops one after the other, each once the one before it is painted.
_SWEEP = """async (input, stops) => {
  for (const stop of stops) {
    input.value = stop;
    const painted = window.hand.frames.length + 1;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    while (window.hand.frames.length < painted)
      await new Promise(done => { const c = new MessageChannel();
        c.port1.onmessage = done; c.port2.postMessage(0); });
  }
}"""
#: Whether the server has heard where the hand rests, and has answered; or has nothing new to hear.
_HEARD = """() => {
  const input = window.hand.inputs.at(-1), sent = window.hand.sent.at(-1);
  return sent > input ? window.hand.answered[0] > sent : performance.now() - input > 2000;
}"""
_MARK = "chart => { chart.querySelector('.marks').marked = true; }"
_IS_MARKED = "chart => chart.querySelector('.marks').marked === true"


@dataclass(frozen=True)
class Moved:
    """What came of moving a hand.

    frames: milliseconds from each input to the paint that shows it. sent_while_moving: messages to
    the server before the hand rested. rests: messages once it had. same_picture: whether it is
    still the element that was there before. value: where the hand was left; in_address and
    after_reload: what the address says of it (None of a default), and the same page opened anew
    (None if it wasn't).
    """

    frames: tuple[float, ...]
    sent_while_moving: int
    rests: int
    same_picture: bool
    value: str
    in_address: str | None
    after_reload: str | None
    errors: tuple[str, ...]

    def frame(self, percent: float) -> float:
        """A percentile of the frames, in milliseconds."""
        ordered = sorted(self.frames)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]

    def faults(self) -> list[str]:
        """What is not as it has to be, in words; how long frames took isn't among it."""
        faults = list(self.errors)
        if self.sent_while_moving:
            faults.append(f"{self.sent_while_moving} messages were sent while the hand moved")
        if not self.rests:
            faults.append("the server never heard where the hand rests")
        if not self.same_picture:
            faults.append("the picture was drawn anew")
        if self.in_address is not None and not _same(self.in_address, self.value):
            faults.append(f"the address says {self.in_address}, the hand is at {self.value}")
        if self.after_reload is not None and not _same(self.after_reload, self.value):
            faults.append(f"opened anew it is at {self.after_reload!r}, not at {self.value}")
        return faults


def hands(page: Page) -> list[str]:
    """The names of the hands in the pictures on the page as it stands."""
    names = page.eval_on_selector_all(
        f"{CHART} .vega-bind input[name$='_at']", "inputs => inputs.map(input => input.name)"
    )
    return sorted({name.removesuffix("_at") for name in names})


def see_all(page: Page) -> None:
    """Let the page show what stands behind its questions, if it has any."""
    settle(page, has_chart=False, milliseconds=BRIEFLY)
    buttons = page.get_by_role("button", name="Just show me")
    while buttons.count():
        button = buttons.first.element_handle()
        button.click()
        button.wait_for_element_state("hidden")
        settle(page, has_chart=False, milliseconds=BRIEFLY)


def hand(page: Page, key: str) -> Locator:
    """The input, or the radio buttons, of the control `key` in a picture."""
    return page.locator(f"{CHART} .vega-bind input[name='{key}_at']")


def move_all(page: Page, most_stops: int = FEW_STOPS) -> dict[str, Moved]:
    """Move one hand after the other on a page that is at rest, and let each rest.

    Moved are sliders, by keys and through their range, and radios, by their keys alone.
    """
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate(_WATCH)
    moved = {key: _move(page, key, most_stops) for key in hands(page)}
    return {
        key: replace(
            one, value=where(page, key), in_address=_in_address(page, key), errors=tuple(errors)
        )
        for key, one in moved.items()
    }


def opened_anew(page: Page, moved: dict[str, Moved]) -> dict[str, Moved]:
    """The same with where the hands are after a reload of the page."""
    page.reload()
    see_all(page)
    return {
        key: replace(one, after_reload=where(page, key) if hand(page, key).count() else "")
        for key, one in moved.items()
    }


def _move(page: Page, key: str, most_stops: int) -> Moved:
    """Move one hand of a page that is at rest."""
    chart = hand(page, key).first.locator("xpath=ancestor::*[@data-testid='stVegaLiteChart']")
    chart.evaluate(_MARK)
    page.evaluate(_FORGET)
    sent = 0
    # Each is a rest of its own, where the machine is quick; the last one is at a new place anyway.
    place = where(page, key)
    for name in ("ArrowLeft", "ArrowRight", "ArrowRight"):
        _held(page, key).press(name)
    if where(page, key) == place:  # the slider's end
        _held(page, key).press("ArrowLeft")
    _rest(page)
    if _is_slider(page, key):
        for _ in range(TRIES):
            page.evaluate(_FORGET)
            _move_slider(page, key, most_stops)
            if not (sent := page.evaluate(_SENT_ON_THE_WAY, REST_MILLISECONDS)):
                break
    else:  # every choice of a radio is a click, of which the server is told at once
        _move_radio(page, key)
    # A second rest: what the first one has left behind must not have it draw the picture anew.
    _rest(page)
    rests, frames = page.evaluate("[window.hand.sent.length, window.hand.frames]")
    return Moved(tuple(frames), sent, rests, chart.evaluate(_IS_MARKED), "", None, None, ())


def where(page: Page, key: str) -> str:
    """Where the hand stands."""
    return _held(page, key).input_value()


def _in_address(page: Page, key: str) -> str | None:
    """What the address says of a hand, once it says where the hand is, or never will."""

    def said(url: str) -> str | None:
        return parse_qs(urlsplit(url).query).get(key, [None])[0]

    value = where(page, key)
    with suppress(TimeoutError):
        page.wait_for_url(
            lambda url: (text := said(url)) is None or _same(text, value),
            timeout=ADDRESS_MILLISECONDS,
        )
    return said(page.url)


def _is_slider(page: Page, key: str) -> bool:
    return hand(page, key).first.get_attribute("type") == "range"


def _held(page: Page, key: str) -> Locator:
    """What has the hand: the slider, or the button that is chosen."""
    one = hand(page, key)
    return one.first if _is_slider(page, key) else one.and_(page.locator(":checked"))


def _move_slider(page: Page, key: str, most_stops: int) -> None:
    slider = hand(page, key).first
    low, high, step = (float(slider.get_attribute(of) or 1) for of in ("min", "max", "step"))
    count = round((high - low) / step)
    every = max(count // most_stops, 1)
    stops = [round(low + place * step, 10) for place in range(0, count + 1, every)]
    # To one end, to the other, and back to a place off the middle, which isn't where it was.
    way = [*stops, *stops[::-1][: max(len(stops) * 2 // 3, 2)]]
    slider.evaluate(_SWEEP, way[:-1] if way[-1] == float(where(page, key)) else way)


def _move_radio(page: Page, key: str) -> None:
    for _ in range(hand(page, key).count() + 1):
        _held(page, key).press("ArrowDown")


def _rest(page: Page) -> None:
    """Until the server has heard of it and has answered."""
    page.wait_for_function(_HEARD, polling=20)
    settle(page, milliseconds=BRIEFLY)


def _same(given: str, value: str) -> bool:
    """Whether the address, or another input, means the same as `value`."""
    try:
        return float(given) == float(value)
    except ValueError:
        return bool(given == value)
