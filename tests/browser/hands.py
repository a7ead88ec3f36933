"""The hand on a picture, in Chromium: moves its sliders and radios, and says what came of it.

    outcome = move(page, server.url("vanishing_gradients"), "radius")
    assert outcome.faults() == []
    print(outcome.slowest)

What the browser does is noted inside the page: when an input came, when it was painted, and what
was sent to the server meanwhile. How long a frame takes is told, never judged here: that is the
machine's, and `python -m tests.benchmarks.benchmark_frames` prints it.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.seeing import settle

CHART = "[data-testid=stVegaLiteChart]"
#: Streamlit tells the server where a hand is once it has rested for 150 ms. On a busy machine two
#: inputs can be further apart than that, and a message between them is no fault.
REST_MILLISECONDS = 140
#: A slider is moved through at most so many of its stops.
MOST_STOPS = 60

_WATCH = """() => {
  if (window.hand) return;
  const hand = window.hand = {inputs: [], frames: [], sent: []};
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function(message) {
    hand.sent.push(performance.now());
    return send.call(this, message);
  };
  addEventListener('input', event => {
    if (!event.target.closest('.vega-bind')) return;
    const begin = event.timeStamp;
    hand.inputs.push(begin);
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
_MARK = "chart => { chart.querySelector('.marks').marked = true; }"
_IS_MARKED = "chart => chart.querySelector('.marks').marked === true"


@dataclass(frozen=True)
class Moved:
    """What came of moving a hand.

    frames: milliseconds from each input to the paint that shows it. sent_while_moving: messages to
    the server before the hand rested. rests: messages once it had. same_picture: whether it is
    still the element that was there before. value: where the hand was left; in_address and
    after_reload: what the address says of it (None of a default), and the same page opened anew.
    """

    frames: tuple[float, ...]
    sent_while_moving: int
    rests: int
    same_picture: bool
    value: str
    in_address: str | None
    after_reload: str
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
        if not _same(self.after_reload, self.value):
            faults.append(f"opened anew it is at {self.after_reload}, not at {self.value}")
        return faults


def hands(page: Page) -> list[str]:
    """The names of the hands in the pictures on the page as it stands."""
    names = page.eval_on_selector_all(
        f"{CHART} .vega-bind input[name$='_at']", "inputs => inputs.map(input => input.name)"
    )
    return sorted({name.removesuffix("_at") for name in names})


def look_behind(page: Page) -> None:
    """Let the page show what stands behind its question, if it has one."""
    buttons = page.get_by_role("button", name="Just show me")
    for left in reversed(range(buttons.count())):
        buttons.first.click()
        expect(buttons).to_have_count(left)
        settle(page)


def hand(page: Page, key: str) -> Locator:
    """The input, or the radio buttons, of the control `key` in a picture."""
    return page.locator(f"{CHART} .vega-bind input[name='{key}_at']")


def move(page: Page, address: str, key: str) -> Moved:
    """Open `address`, move the control `key` by keys and through its range, and let it rest.

    Moved are sliders and radios; a radio is chosen by its keys alone.
    """
    page.goto(address)
    settle(page, has_chart=False)
    look_behind(page)
    return move_here(page, key)


def move_here(page: Page, key: str) -> Moved:
    """The same on a page that is open and at rest."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    move_it = _move_slider if _is_slider(page, key) else _move_radio
    chart = hand(page, key).first.locator("xpath=ancestor::*[@data-testid='stVegaLiteChart']")
    chart.evaluate(_MARK)
    page.evaluate(_WATCH)
    page.evaluate(_FORGET)
    move_it(page, key)
    sent = page.evaluate(_SENT_ON_THE_WAY, REST_MILLISECONDS)
    _rest(page)
    # Once more: what a first rest has left behind must not have the second draw the picture anew.
    _held(page, key).press("ArrowLeft")
    _rest(page)
    rests, frames = page.evaluate("[window.hand.sent.length, window.hand.frames]")
    same, value, address = chart.evaluate(_IS_MARKED), where(page, key), page.url
    page.reload()
    settle(page, has_chart=False)
    look_behind(page)
    settle(page)
    return Moved(
        tuple(frames), sent, rests, same, value, _in_address(address, key), where(page, key),
        tuple(errors),
    )  # fmt: skip


def where(page: Page, key: str) -> str:
    """Where the hand stands."""
    return _held(page, key).input_value()


def _is_slider(page: Page, key: str) -> bool:
    return hand(page, key).first.get_attribute("type") == "range"


def _held(page: Page, key: str) -> Locator:
    """What has the hand: the slider, or the button that is chosen."""
    one = hand(page, key)
    return one.first if _is_slider(page, key) else one.and_(page.locator(":checked"))


def _move_slider(page: Page, key: str) -> None:
    slider = hand(page, key).first
    low, high, step = (float(slider.get_attribute(of) or 1) for of in ("min", "max", "step"))
    count = round((high - low) / step)
    every = max(count // MOST_STOPS, 1)
    stops = [round(low + place * step, 10) for place in range(0, count + 1, every)]
    for name in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        _held(page, key).press(name)
    # To one end, to the other, and back to a place off the middle.
    slider.evaluate(_SWEEP, [*stops, *stops[::-1], *stops[: max(len(stops) * 2 // 3, 2)]])


def _move_radio(page: Page, key: str) -> None:
    for _ in range(hand(page, key).count() + 1):
        _held(page, key).press("ArrowDown")


def _rest(page: Page) -> None:
    """Until the server has heard of it and has answered."""
    page.wait_for_function(
        "rest => performance.now() - window.hand.inputs.at(-1) > rest", arg=2 * REST_MILLISECONDS
    )
    settle(page)


def _in_address(address: str, key: str) -> str | None:
    given: dict[str, list[str]] = parse_qs(urlsplit(address).query)
    return given[key][0] if key in given else None


def _same(given: str, value: str) -> bool:
    """Whether the address, or another input, means the same as `value`."""
    try:
        return float(given) == float(value)
    except ValueError:
        return bool(given == value)
