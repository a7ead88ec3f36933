"""The controls of one's own comparison: the task, and two to four networks that learn it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from engine.training import TrainingConfig
from engine.training.comparisons import CELL_NAMES, TASK_NAMES, run_names
from engine.training.cost import require_affordable
from pages.common.controls import Choice, Control, Number, write_address

MOST_NETWORKS = 4
_TASKS = {name: task for task, name in TASK_NAMES.items()}
_RATES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
_CLIPS = (0.1, 0.3, 1.0, 3.0, 10.0)
_ACTIVATIONS = {"tanh": "tanh", "ReLU": "relu", "none": "identity"}

TASK = Choice(
    "task", "Task", _TASKS,
    help="Averages are kind to a short memory. Recall and the adding problem (Hochreiter and "
    "Schmidhuber 1997) need what came long ago.",
)  # fmt: skip
TIMESTEPS = Number("timesteps", "Timesteps T", 1, 200, 20, 1)
STEPS = Number("steps", "Training steps", 100, 5000, 1000, 100)
NETWORKS = Number("networks", "Networks", 2, MOST_NETWORKS, 2, 1)
HIDDEN = Number("units", "Hidden units", 1, 64, 32, 1)
BATCH = Number("sequences", "Sequences in a batch", 1, 128, 32, 1)
SEED = Number("seed", "Seed of weights and data", 0, 99, 0, 1)
SHARED = (TASK, TIMESTEPS, STEPS, NETWORKS, HIDDEN, BATCH, SEED)
#: The field of every config that each sets as it is.
FIELDS = {STEPS: "steps", HIDDEN: "hidden_size", BATCH: "batch_size", SEED: "seed"}


class NetworkControls:
    """The controls of one of the networks. details: all but the cell. all: the cell first."""

    def __init__(self, number: int) -> None:
        def key(name: str) -> str:
            return f"n{number}_{name}"

        self.number = number
        cells = {name: cell for cell, name in CELL_NAMES.items()}
        self.cell = Choice(
            key("cell"), f"Network {number}", cells, start="RNN" if number % 2 else "LSTM",
            help="The residual RNN adds its last hidden state: the skip of a ResNet, along time.",
        )  # fmt: skip
        self.activation = Choice(key("sigma"), "σ (not of an LSTM)", _ACTIVATIONS)
        self.layers = Number(key("layers"), "Layers", 1, 2, 1, 1)
        self.structure = Choice(
            key("init"), "Initial Wₕ",
            {"torch's": None, "gaussian": "gaussian", "orthogonal": "orthogonal",
             "symmetric": "symmetric", "nonnormal": "nonnormal"},
        )  # fmt: skip
        self.radius = Number(key("radius"), "Spectral radius (not of torch's)", 0.0, 3.0, 1.0, 0.05)
        self.memory = Choice(
            key("forget"), "Forget gates (LSTM)",
            {"torch's": None, "a bias": "bias", "chrono": "chrono"}, start="a bias",
        )  # fmt: skip
        self.bias = Number(key("bias"), "Forget bias", -5.0, 10.0, 1.0, 0.5)
        self.clip = Choice(
            key("clip"), "Clip the gradient's norm at",
            {"never": None, **{f"{value:g}": value for value in _CLIPS}},
        )  # fmt: skip
        self.optimiser = Choice(key("optimiser"), "Optimiser", {"Adam": "adam", "SGD": "sgd"})
        self.rate = Choice(
            key("rate"), "Learning rate", {f"{value:g}": value for value in _RATES}, start="0.003"
        )
        self.timesteps = Number(key("T"), "T of its own (0: as above)", 0, 200, 0, 1)
        self.task = Choice(key("task"), "Task of its own", {"as above": None, **_TASKS})
        #: The field of a config that each sets as it is.
        self.fields: dict[Choice | Number, str] = {
            self.cell: "cell", self.layers: "num_layers", self.clip: "clip_norm",
            self.optimiser: "optimiser", self.rate: "learning_rate",
        }  # fmt: skip
        self.details: tuple[Choice | Number, ...] = (
            self.layers, self.activation, self.structure, self.radius, self.memory, self.bias,
            self.clip, self.optimiser, self.rate, self.timesteps, self.task,
        )  # fmt: skip
        self.all = (self.cell, *self.details)


OWN_NETWORKS = tuple(NetworkControls(number) for number in range(1, MOST_NETWORKS + 1))
OWN_CONTROLS: tuple[Choice | Number, ...] = (
    *SHARED,
    *(control for network in OWN_NETWORKS for control in network.all),
)


@dataclass
class Plan:
    """What the controls stand for: configs by name, or what is wrong with which control."""

    runs: dict[str, TrainingConfig] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)


def keep(controls: Sequence[Choice | Number] = OWN_CONTROLS) -> None:
    """Keep the values of controls that this run of the page doesn't show."""
    # What the program has set stays; what only a widget has set goes with the widget.
    for key in st.session_state.keys() & {control.key for control in controls}:
        st.session_state[key] = st.session_state[key]


def choose_networks() -> Plan:
    """Draw the controls, and what is wrong below the one that it is wrong with."""
    values: dict[str, Any] = {}
    slots: dict[str, Any] = {}

    def show(controls: Sequence[Choice | Number], columns: Sequence[Any]) -> None:
        for control, column in zip(controls, columns, strict=True):
            if control.key in st.session_state and control.key not in st.query_params:
                write_address(control, st.session_state[control.key])
            with column:
                values[control.key] = control.show()
                slots[control.key] = st.empty()

    columns = st.columns([1.6, 1.2, 1.2, 1, 0.8], vertical_alignment="bottom")
    show((TASK, TIMESTEPS, STEPS, NETWORKS), columns[:4])
    with columns[4], st.popover("More", icon=":material/tune:", width="stretch"):
        show((HIDDEN, BATCH, SEED), [st.container() for _ in range(3)])
    count = int(values[NETWORKS.key])
    for network, column in zip(OWN_NETWORKS, st.columns(MOST_NETWORKS), strict=True):
        if network.number > count:
            keep(network.all)
            continue
        with column:
            show((network.cell,), [st.container()])
            label = f"Settings of network {network.number}"
            with st.popover(label, icon=":material/tune:", width="stretch"):
                show(network.details, [st.container() for _ in network.details])
    plan = plan_of(values)
    for key, refusal in plan.refusals.items():
        slots[key].error(refusal)
    return plan


def plan_of(values: Mapping[str, Any]) -> Plan:
    """The configs that the controls' values stand for."""
    plan, configs = Plan(), []
    for network in OWN_NETWORKS[: int(values[NETWORKS.key])]:
        try:
            configs.append(_config(network, values))
        except ValueError as error:
            is_own = str(error).startswith("timesteps") and values[network.timesteps.key]
            plan.refusals[network.timesteps.key if is_own else TIMESTEPS.key] = str(error)
    if not plan.refusals:
        try:
            require_affordable(configs)
            plan.runs = dict(zip(run_names(configs), configs, strict=True))
        except ValueError as error:
            plan.refusals[STEPS.key] = str(error)
    return plan


def _config(network: NetworkControls, values: Mapping[str, Any]) -> TrainingConfig:
    """The config of one network. Raises ValueError for values that don't go together."""

    def own(control: Choice | Number) -> Any:
        return values[control.key]

    task = own(network.task) or own(TASK)
    timesteps = own(network.timesteps) or own(TIMESTEPS)
    is_lstm, structure = own(network.cell) == "lstm", own(network.structure)
    memory = own(network.memory) if is_lstm else None
    return TrainingConfig(
        task=task,
        activation="tanh" if is_lstm else own(network.activation),
        timesteps=timesteps,
        spectral_radius=own(network.radius) if structure else None,
        recurrent_init=structure or "gaussian",
        forget_bias=own(network.bias) if memory == "bias" else None,
        chrono_timesteps=max(2, timesteps) if memory == "chrono" else None,
        validation_interval=50 if own(STEPS) <= 2000 else 100,
        # A target of recall is one random number: its loss is only as sure as they are many.
        validation_batches=16 if task == "recall" else 4,
        **{field: own(control) for control, field in (FIELDS | network.fields).items()},
    )


def values_of(configs: Sequence[TrainingConfig]) -> dict[str, Any]:
    """The controls' values, as the session keeps them, that stand for `configs`."""
    first, values = configs[0], {control.key: control.default for control in OWN_CONTROLS}
    values |= {control.key: getattr(first, field) for control, field in FIELDS.items()}
    values |= {
        TASK.key: TASK_NAMES[first.task], TIMESTEPS.key: first.timesteps,
        NETWORKS.key: max(2, len(configs)),
    }  # fmt: skip
    for network, config in zip(OWN_NETWORKS, configs, strict=False):
        own: dict[Control, Any] = {
            **{control: getattr(config, field) for control, field in network.fields.items()},
            network.activation: config.activation,
            network.task: None if config.task == first.task else config.task,
            network.timesteps: 0 if config.timesteps == first.timesteps else config.timesteps,
            network.structure: None,
        }
        if config.spectral_radius is not None:
            own |= {
                network.structure: config.recurrent_init,
                network.radius: config.spectral_radius,
            }
        if config.forget_bias is not None:
            own |= {network.memory: "bias", network.bias: config.forget_bias}
        elif config.chrono_timesteps is not None or config.cell == "lstm":
            own[network.memory] = None if config.chrono_timesteps is None else "chrono"
        values |= {control.key: _shown(control, value) for control, value in own.items()}
    return values


def _shown(control: Control, value: Any) -> Any:
    """A value as the widget has it: of a choice the name, not what it stands for."""
    if not isinstance(control, Choice):
        return value
    return next(name for name, meant in control.options.items() if meant == value)
