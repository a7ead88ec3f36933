"""The page on skips: its controls, its words and its inks; its numbers have tests below."""

from engine.charts.stage import INKS
from tests.pages.opening import open_page
from tests.pages.reading import reveal, texts


def test_a_section_has_the_controls_that_act_in_it_and_no_others() -> None:
    def sliders(view: str) -> set[str]:
        return {str(slider.key) for slider in reveal(open_page("resnet_skip", view=view)).slider}

    assert sliders("Paths") == {"block_batch", "width", "block_seed"}
    assert sliders("Two inputs") == set()
    assert "gate_bias" in sliders("Three stacks")
    assert "gate_bias" not in sliders("The block")


def test_the_equations_have_the_inks_of_the_picture() -> None:
    printed = texts(reveal(open_page("resnet_skip", view="(f) The analogy", depth="6", width="4")))
    for ink in ("road", "weights"):
        assert INKS[ink][0] in printed
