"""The pages of the lecture, in its order: the one list of their names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page. name: in the address and of its file. subject: what one finds out there.

    parts: of its pictures, which a scene can point at: layers with such a description.
    """

    name: str
    title: str
    icon: str
    subject: str = ""
    parts: tuple[str, ...] = ()


OVERVIEW = Page(
    "overview", "Overview", ":material/map:", parts=("gradient", "state", "nodes")
)  # fmt: skip
GRADIENTS = Page(
    "vanishing_gradients", "Vanishing gradients", ":material/trending_down:",
    "Drag the spectral radius of a recurrent network: what reaches the first timesteps?",
    ("gradient", "state", "nodes", "eigenvalues", "eigenvalue's slope", "single losses", "sum"),
)  # fmt: skip
LSTM = Page(
    "lstm_cell_state", "LSTM cell state", ":material/conveyor_belt:",
    "A road on which the gradient meets a gate and no matrix. Close it, and see.",
)  # fmt: skip
SKIPS = Page(
    "resnet_skip", "ResNet skips", ":material/alt_route:",
    "The same road along depth: one slider from a plain network to a ResNet.",
)  # fmt: skip
TRAINED = Page(
    "training_runs", "Trained networks", ":material/school:",
    "Which networks learn over long spans: does the story of the gradient matter?",
)  # fmt: skip
SEARCH = Page(
    "beam_search", "Beam search", ":material/account_tree:",
    "Step through the search, and see where the best sequence is lost.",
)  # fmt: skip
YOUR_LECTURE = Page("lecture", "Your lecture", ":material/slideshow:")
#: For the host, where it is asked for.
STATUS = Page("status", "Status", ":material/monitor_heart:")

#: Those with a subject of the review sheet.
SUBJECTS = (GRADIENTS, LSTM, SKIPS, TRAINED, SEARCH)
PAGES = (OVERVIEW, *SUBJECTS, YOUR_LECTURE)
