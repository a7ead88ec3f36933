"""A figure in a notebook is the one of the page."""

from engine.decoding.config import DecodingConfig
from engine.sections import beam_search
from tests.engine.sections.pictures import sent


def test_a_figure_drawn_in_a_notebook_is_what_the_page_sends() -> None:
    figure = beam_search.optimum(DecodingConfig("handout", "", 2, 3)).figures["optimum"]
    assert figure.hands
    assert figure.draw().to_dict(validate=False) == sent(figure)
