"""Controls and the address: what the walks at random found, one by one."""

import pytest

from tests.pages.opening import open_page
from tests.pages.reading import texts


def test_a_part_stays_open_while_one_is_elsewhere_and_opens_no_part_there() -> None:
    app = open_page("lstm_cell_state", view="Memory")
    app.query_params.clear()  # as a link of the navigation does
    app.switch_page("pages/training_runs.py").run()
    assert app.session_state["view"] == "Recall", "Memory is a part of both pages"
    app.query_params.clear()
    app.switch_page("pages/lstm_cell_state.py").run()
    assert app.session_state["view"] == "Memory"
    assert app.query_params["view"] == "Memory", "the address says what is shown"


@pytest.mark.parametrize("given", ["", ["", "ReLU"]])
def test_an_empty_choice_is_named_and_the_default_is_chosen(given: str | list[str]) -> None:
    app = open_page("vanishing_gradients", activation=given)
    assert app.segmented_control(key="activation").value == "tanh"
    assert "`activation` = " in texts(app)
