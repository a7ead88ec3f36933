"""Every input that costs time or memory has an end, and the engine itself refuses one step beyond.

Two tables: the fields of the config dataclasses, and the arguments of the public functions. Both
are checked for being complete, so that a new field or a new argument needs a row here. A refusal
names the argument, its value and what is allowed.
"""

import dataclasses
import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import engine.decoding
import engine.recurrent
import engine.residual
import engine.training
from engine.decoding import (
    LSTMLanguageModel,
    MarkovModel,
    TreeModel,
    beam_search,
    best_by_beam_width,
    compare_scorings,
    exact_search,
    exhaustive_search,
    greedy_search,
    parse_tree,
    smallest_optimal_beam_width,
    step_costs,
)
from engine.decoding.scoring import Scoring
from engine.recurrent import (
    RecurrentConfig,
    Weights,
    cell_jacobian_norms,
    gate_values,
    gradient_reach,
    spectral_sweep,
    survival_quantiles,
)
from engine.residual import ResidualConfig, path_counts, skip_sweep
from engine.training import LanguageConfig, TrainingConfig, TrainingRun, train, train_language_model
from engine.training.evaluate import error_by_distance

Config = RecurrentConfig | ResidualConfig | TrainingConfig | LanguageConfig | Scoring


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; integers where both are."""

    low: float
    high: float

    @property
    def beyond(self) -> tuple[float, float]:
        """The next numbers that are too small and too large."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return self.low - 1, self.high + 1
        return math.nextafter(self.low, -math.inf), math.nextafter(self.high, math.inf)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


FLAG = "True or False"
SCALE = Range(-1e6, 1e6)
SEED = Range(0, 2**31 - 1)
ACTIVATION = Choice(("identity", "tanh", "relu"))
INIT = Choice(("gaussian", "orthogonal", "symmetric", "nonnormal"))

FIELDS: dict[type[Config], dict[str, Range | Choice | str]] = {
    RecurrentConfig: {
        "cell": Choice(("rnn", "lstm")),
        "activation": ACTIVATION,
        "hidden_size": Range(1, 256),
        "timesteps": Range(1, 500),
        "batch_size": Range(1, 64),
        "spectral_radius": Range(0.0, 10.0),
        "recurrent_init": INIT,
        "weight_scale": SCALE,
        "bias_scale": SCALE,
        "forget_bias": SCALE,
        "input_scale": Range(0.0, 1e6),
        "last_target_only": FLAG,
        "loss_reduction": Choice(("mean", "sum")),
        "seed": SEED,
        "chrono_timesteps": Range(2, 1_000_000),
        "forced_forget": Range(0.0, 1.0),
        "forced_input": Range(0.0, 1.0),
    },
    ResidualConfig: {
        "depth": Range(1, 200),
        "width": Range(1, 256),
        "activation": ACTIVATION,
        "weight_scale": SCALE,
        "skip": Range(0.0, 1.5),
        "seed": SEED,
        "batch_size": Range(1, 64),
        "gate_bias": SCALE,
    },
    TrainingConfig: {
        "task": Choice(("average_every", "average_last", "recall", "adding")),
        "cell": Choice(("rnn", "lstm", "residual")),
        "activation": ACTIVATION,
        "num_layers": Range(1, 2),
        "hidden_size": Range(1, 64),
        "timesteps": Range(1, 200),
        "batch_size": Range(1, 128),
        "steps": Range(1, 20_000),
        "optimiser": Choice(("adam", "sgd")),
        "learning_rate": Range(1e-8, 10.0),
        "clip_norm": Range(1e-6, 1e6),
        "spectral_radius": Range(0.0, 10.0),
        "recurrent_init": INIT,
        "forget_bias": SCALE,
        "chrono_timesteps": Range(2, 1_000_000),
        "validation_interval": Range(1, 20_000),
        "validation_batches": Range(1, 16),
        "seed": SEED,
    },
    LanguageConfig: {
        "embedding_size": Range(1, 64),
        "hidden_size": Range(1, 128),
        "timesteps": Range(1, 200),
        "batch_size": Range(1, 128),
        "steps": Range(1, 5000),
        "learning_rate": Range(1e-8, 10.0),
        "clip_norm": Range(1e-6, 1e6),
        "seed": SEED,
    },
    Scoring: {
        "name": Choice(("sum", "mean", "length", "wu2016")),
        "length_penalty": Range(0.0, 10.0),
        "count_end_token": FLAG,
    },
}
#: What the message calls a field, where that isn't its name: the argument that people give.
CALLED: dict[tuple[type[Config], str], str] = {(Scoring, "name"): "scoring"}


@pytest.mark.parametrize("config", FIELDS)
def test_every_field_of_a_config_goes_to_its_limit_and_not_one_step_beyond(
    config: type[Config],
) -> None:
    assert list(FIELDS[config]) == [field.name for field in dataclasses.fields(config)]
    for field, allowed in FIELDS[config].items():
        assert_limited(config, field, allowed)


def assert_limited(config: type[Config], field: str, allowed: Range | Choice | str) -> None:
    if isinstance(allowed, Range):
        good: tuple[Any, ...] = (allowed.low, allowed.high)
        bad: tuple[Any, ...] = (*allowed.beyond, math.nan, math.inf, 10**5000, True, 1j)
        if isinstance(allowed.low, int):
            bad += (allowed.low + 0.5,)
        words: tuple[str, ...] = (f"from {allowed.low:g}"[:7],)
    elif isinstance(allowed, Choice):
        good, bad, words = allowed.words, ("", "x" * 10**6, 0), allowed.words
    else:
        good, bad, words = (True, False), (0, 1, None), ("True or False",)
    for value in good:
        assert getattr(config(**{field: value}), field) == value
    for value in bad:
        with pytest.raises(ValueError) as refusal:
            config(**{field: value})
        assert_names(str(refusal.value), CALLED.get((config, field), field), value, words)


def assert_names(message: str, name: str, value: Any, words: tuple[str, ...]) -> None:
    """The argument, its value, what is allowed; and never more than can be read."""
    written = "an integer of 16610 bits" if value == 10**5000 else repr(value)[:100]
    assert message.startswith(f"{name} is {written}")
    said = message.partition("allowed is ")[2]
    assert all(word in said for word in words)
    assert len(message) < 500


TINY = RecurrentConfig(hidden_size=1, timesteps=2)
TINY_LSTM = replace(TINY, cell="lstm", batch_size=2)
TINY_STACK = ResidualConfig(depth=2, width=1)
COIN = MarkovModel("ab", np.log([0.5, 0.5]), np.log(np.full((2, 2), 0.5)))
TREE_HEADER = "prefix,token,log_prob\n"
ONE_EDGE = '[{"prefix": "", "token": "a", "log_prob": -1}]'


def language_model(prompt: str) -> LSTMLanguageModel:
    modules = torch.nn.Embedding(2, 1), torch.nn.LSTM(1, 1), torch.nn.Linear(1, 2)
    states = [module.state_dict() for module in modules]
    return LSTMLanguageModel("ab", *states, start_token="a", prompt=prompt)


def one_layer(hidden: int) -> Weights:
    rnn, readout = torch.nn.RNN(1, hidden), torch.nn.Linear(hidden, 1)
    return Weights.from_state_dicts(rnn.state_dict(), readout.state_dict())


def chain(tokens: int) -> str:
    """A tree that is one path of so many tokens."""
    return TREE_HEADER + "".join(f"{'a ' * depth},a,-1\n" for depth in range(tokens))


def siblings(rows: int) -> str:
    return "\n".join(["prefix,token,probability", *(f",t{i},0.0001" for i in range(rows))])


def read(letters: int, others: Iterable[str] = ()) -> object:
    """A network of one unit that reads a text of so many letters, and `others`."""
    config = LanguageConfig(1, 1, timesteps=1, batch_size=1, steps=1)
    return train_language_model(config, "a" * letters + "".join(others))


def trained() -> TrainingRun:
    return train(TrainingConfig(hidden_size=1, timesteps=1, batch_size=1, steps=1))


@dataclass(frozen=True)
class Argument:
    """An argument of a function: a call with a value, the last value allowed, one step beyond.

    says: what the refusal has to say; without it, that an integer from 1 on is allowed. `largest`
    is None where what is allowed takes long; the tests of the function itself run it.
    """

    name: str
    call: Callable[[Any], object]
    largest: Any
    beyond: Any
    says: str = ""


ARGUMENTS = [
    Argument("spectral_sweep.radii", lambda n: spectral_sweep(TINY, [0.5] * n), 401, 402),
    Argument("spectral_sweep.radii", lambda n: spectral_sweep(TINY, range(n)), None, 10**15,
             "the number of radii is 1000000000000000; allowed"),
    Argument("spectral_sweep.radii", lambda r: spectral_sweep(TINY, [r]), 10.0, 10.000000000000002,
             "radii is 10.000000000000002; allowed is a number from 0 to 10"),
    Argument("gradient_reach.fraction", lambda f: gradient_reach(TINY, f), 1.0, 1.0000000000000002,
             "fraction is 1.0000000000000002; allowed is a number from 0 to 1"),
    Argument("gate_values.sequence", lambda s: gate_values(TINY_LSTM, sequence=s), 1, 2,
             "sequence is 2; allowed is an integer from 0 to 1"),
    Argument("cell_jacobian_norms.sequence",
             lambda s: cell_jacobian_norms(TINY_LSTM, sequence=s), 1, 2,
             "sequence is 2; allowed is an integer from 0 to 1"),
    Argument("survival_quantiles.sequence", lambda s: survival_quantiles(TINY_LSTM, sequence=s),
             1, 2, "sequence is 2; allowed is an integer from 0 to 1"),
    Argument("Weights.recurrent", one_layer, 256, 257,
             "the hidden size of recurrent is 257; allowed is an integer from 1 to 256"),
    Argument("skip_sweep.skips", lambda n: skip_sweep(TINY_STACK, [1.0] * n), 401, 402),
    Argument("skip_sweep.skips", lambda g: skip_sweep(TINY_STACK, [g]), 1.5, 1.5000000000000002,
             "skips is 1.5000000000000002; allowed is a number from 0 to 1.5"),
    Argument("path_counts.depth", path_counts, 200, 201,
             "depth is 201; allowed is an integer from 0 to 200"),
    Argument("error_by_distance.sequences", lambda n: error_by_distance(trained(), n), 1024, 1025),
    Argument("train_language_model.text", read, 20_000, 20_001,
             "text has 20001 characters; allowed are at most 20000"),
    Argument("train_language_model.text", lambda n: read(0, map(chr, range(100, 100 + n))), 99,
             100, "text has 1 lines of 100 different characters; allowed"),
    Argument("beam_search.beam_width", lambda k: beam_search(COIN, k, 3), 100_000, 100_001),
    Argument("beam_search.max_length", lambda t: beam_search(COIN, 2, t), 500, 501),
    Argument("beam_search.beam_width", lambda k: beam_search(COIN, k, 500), None, 2500,
             "beam_width is 2500 with max_length 500 and 2 tokens: up to 2,4"),
    Argument("greedy_search.max_length", lambda t: greedy_search(COIN, t), 500, 501),
    Argument("exact_search.max_length", lambda t: exact_search(COIN, t), 500, 501),
    Argument("exact_search.max_model_steps",
             lambda n: exact_search(COIN, 2, max_model_steps=n), 100_000, 100_001),
    Argument("exhaustive_search.max_length", lambda t: exhaustive_search(COIN, t), 16, 17,
             "max_length is 17 with 2 tokens: 2^17 = 131,072 sequences; allowed are 100,000"),
    Argument("best_by_beam_width.beam_widths",
             lambda n: best_by_beam_width(COIN, 1, [1] * n), 256, 257),
    Argument("best_by_beam_width.max_length", lambda t: best_by_beam_width(COIN, t, [1]), 500, 501),
    Argument("compare_scorings.beam_width",
             lambda k: compare_scorings(COIN, k, 2), 100_000, 100_001),
    Argument("compare_scorings.max_length", lambda t: compare_scorings(COIN, 1, t), 500, 501),
    Argument("step_costs.widths", lambda n: step_costs(COIN, [1] * n, 1), 256, 257),
    Argument("step_costs.max_length", lambda t: step_costs(COIN, [1], t), 500, 501),
    Argument("smallest_optimal_beam_width.largest",
             lambda k: smallest_optimal_beam_width(COIN, 1, largest=k), 256, 257),
    Argument("smallest_optimal_beam_width.max_length",
             lambda t: smallest_optimal_beam_width(COIN, t), 500, 501, "max_length is 501"),
    Argument("LSTMLanguageModel.prompt", lambda n: language_model("a" * n), 200, 201,
             "prompt has 201 tokens; allowed are at most 200 tokens"),
    Argument("MarkovModel.vocabulary",
             lambda m: MarkovModel(list(map(str, range(m))), [0.0] * m, []), None, 5001,
             "vocabulary has 5001 tokens; allowed are 1 to 5000 tokens"),
    Argument("TreeModel.vocabulary",
             lambda m: TreeModel({(): {"0": -1.0}}, list(map(str, range(m)))), 5000, 5001,
             "vocabulary has 5001 tokens; allowed are 1 to 5000 tokens"),
    Argument("parse_tree.text", lambda n: parse_tree(siblings(n)), 2000, 2001,
             "2,001 rows; allowed are at most 2,000"),
    Argument("parse_tree.text", lambda n: parse_tree(ONE_EDGE.ljust(n)), 1_000_000, 1_000_001,
             "1,000,001 characters; allowed are at most 1,000,000"),
    Argument("parse_tree.text", lambda n: parse_tree(chain(n)), 50, 51,
             "50 tokens; allowed are 49"),
    Argument("parse_tree.text", lambda n: parse_tree(f"{TREE_HEADER},{'a' * n},-1"), 40, 41,
             "has 41 characters; allowed are 40"),
]  # fmt: skip


@pytest.mark.parametrize("argument", ARGUMENTS, ids=lambda argument: argument.name)
def test_an_argument_goes_to_its_limit_and_not_one_step_beyond(argument: Argument) -> None:
    if argument.largest is not None:
        argument.call(argument.largest)
    with pytest.raises(ValueError) as refusal:
        argument.call(argument.beyond)
    name = argument.name.partition(".")[2]
    default = f"{name} is {argument.beyond}; allowed is an integer from 1 to {argument.largest}"
    assert (argument.says or default) in str(refusal.value)


#: Arguments that need no limit of their own: they are configs, results or models, which have been
#: checked when they were made; switches and words, whose choices end by themselves; callbacks.
CHECKED_BEFORE = {
    "config", "weights", "model", "run", "result", "optimum", "log10", "recompute",
    "end_token", "length_penalty", "scoring", "count_end_token", "conventions",
    "on_progress", "on_finish",
}  # fmt: skip
#: A sequence that somebody holds in memory already, and that costs in proportion.
PROPORTIONAL = {"sequence_log_prob.tokens", "sequence_text.tokens", "train_many.configs"}


def public_arguments(packages: Mapping[str, ModuleType]) -> Iterator[str]:
    for package in packages.values():
        for name in package.__all__:
            thing = getattr(package, name)
            if inspect.isfunction(thing):
                for argument in inspect.signature(thing).parameters:
                    yield f"{name}.{argument}"


def test_every_argument_of_a_public_function_has_a_limit_or_needs_none() -> None:
    packages = {
        package.__name__: package
        for package in (engine.recurrent, engine.residual, engine.training, engine.decoding)
    }
    limited = {argument.name for argument in ARGUMENTS} | PROPORTIONAL
    missing = [
        name
        for name in public_arguments(packages)
        if name not in limited and name.partition(".")[2] not in CHECKED_BEFORE
    ]
    assert missing == []


def test_a_vector_of_skips_is_as_long_as_the_stack_is_wide() -> None:
    assert ResidualConfig(width=256, skip=(1.0,) * 256).skip == (1.0,) * 256
    with pytest.raises(ValueError, match=r"skip is .*, 257 numbers; allowed is one for each") as no:
        ResidualConfig(width=256, skip=(1.0,) * 257)
    assert len(str(no.value)) < 500
