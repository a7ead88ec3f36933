"""Published figures beside our own runs, small enough to be had in minutes.

    python -m engine.training.papers

trains the networks again, from `SEEDS` seeds each, and writes what became of them to
engine/training/data/papers. That takes some minutes on one core.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from engine.training.config import TrainingConfig
from engine.training.files import SHIPPED
from engine.training.network import Network, parameter_count
from engine.training.seeds import Frames, load, save, seeded
from engine.training.shipped import shipped
from engine.training.tasks import constant_loss, data_generator, draw_batch
from engine.training.train import Trainer, train_many

#: The adding problem of Hochreiter and Schmidhuber (1997, table 7), T = 100: sequences to the
#: criterion, wrong answers of 2,560, weights; what counts as wrong, in their scale of targets.
SEQUENCES_1997, WRONG_1997, WEIGHTS_1997, TOLERANCE_1997 = 74_000, 1, 93, 0.04
TEST_SEQUENCES, CRITERION_SEQUENCES = 2_560, 2_000
#: Their targets lie from 0 to 1, ours, the sum itself, from 0 to 2.
TOLERANCE = 2 * TOLERANCE_1997
ADDING = TrainingConfig(
    task="adding", cell="lstm", hidden_size=4, timesteps=100, batch_size=16, steps=12_000,
    learning_rate=1e-2, clip_norm=1.0, chrono_timesteps=100,
)  # fmt: skip
#: Updates from one look at the criterion to the next.
LOOK_EVERY = 100

#: Adding again, chrono initialisation against a forget bias of 1 (Tallec and Ollivier 2018).
WARPED = TrainingConfig(
    task="adding", cell="lstm", hidden_size=16, timesteps=100, batch_size=32, steps=1500,
    learning_rate=3e-3, clip_norm=1.0, validation_interval=25,
)  # fmt: skip
INITIALISATIONS = {
    "chrono": replace(WARPED, chrono_timesteps=100),
    "forget bias 1": replace(WARPED, forget_bias=1.0),
}
#: Solved: a validation loss below this share of the best constant's.
SOLVED = 0.1


def adding_1997(configs: Sequence[TrainingConfig]) -> pd.DataFrame:
    """`seed, sequences, wrong`: trained until the criterion is met, then tested.

    The criterion: of the last 2,000 sequences none is wrong. Here they are fresh ones, looked at
    every 100 updates. sequences: trained on by then; 0 where the steps weren't enough, and then
    wrong is of the network at the end.
    """
    trainer, found = Trainer(configs), {}
    fresh = [data_generator(config, "test") for config in configs]

    def wrong(seed: int, sequences: int) -> int:
        config = configs[seed]
        inputs, targets = draw_batch(config, fresh[seed], sequences)
        row = trainer.active.index(seed)
        network = Network(config, 1, sequences)
        prediction = network.predict(trainer.parameters[row : row + 1], inputs[:, None])[-1, 0]
        return int((np.abs(prediction - targets[-1]) >= TOLERANCE).sum())

    for step, _ in trainer.steps():
        if step % LOOK_EVERY and step != configs[0].steps:
            continue
        for seed in [one for one in trainer.active if one not in found]:
            met = wrong(seed, CRITERION_SEQUENCES) == 0
            if met or step == configs[0].steps:
                sequences = step * configs[0].batch_size if met else 0
                found[seed] = (sequences, wrong(seed, TEST_SEQUENCES))
        if len(found) == len(configs):
            break
    rows = [
        (config.seed, *found.get(place, (0, TEST_SEQUENCES)))
        for place, config in enumerate(configs)
    ]
    return pd.DataFrame(rows, columns=["seed", "sequences", "wrong"])


def chrono_2018(configs: dict[str, list[TrainingConfig]]) -> pd.DataFrame:
    """`run, seed, steps`: updates until the task is solved; 0 for never."""
    rows = []
    for name, of_seeds in configs.items():
        for run in train_many(of_seeds):
            solved = run.validation_loss < SOLVED * constant_loss(run.config)
            steps = int(run.validation_step[solved][0]) if solved.any() else 0
            rows.append((name, run.config.seed, steps))
    return pd.DataFrame(rows, columns=["run", "seed", "steps"])


@cache
def shipped_papers() -> Frames:
    """The frames of both functions, as they ship."""
    return load(SHIPPED / "papers")


def table() -> pd.DataFrame:
    """`paper, figure, published, ours, low, high, deviation, differs`: one row a figure.

    ours, low, high: median and range of the seeds. deviation: ours beside the published figure, a
    factor; nan where the paper prints no number.
    """
    adding, warped = shipped_papers()["adding_1997"], shipped_papers()["chrono_2018"]
    met = adding["sequences"].where(adding["sequences"] > 0, np.inf)
    steps = warped.pivot_table(index="seed", columns="run", values="steps")
    steps = steps.where(steps > 0, np.inf)
    outcomes = shipped("no nonlinearity: clipping")["outcomes"]
    free = ~outcomes["run"].str.endswith("clipped")
    weights = parameter_count(ADDING) - 4 * ADDING.hidden_size  # torch's second bias adds nothing
    hochreiter, tallec, pascanu = (
        "Hochreiter and Schmidhuber 1997", "Tallec and Ollivier 2018",
        "Pascanu, Mikolov and Bengio 2013",
    )  # fmt: skip
    differs = (
        f"{weights} weights instead of {WEIGHTS_1997}; an LSTM with forget gates, chrono "
        f"initialisation, Adam on batches of {ADDING.batch_size} instead of online gradient descent; "
        "all sequences of one length; numbers from 0 to 1, one mark in each half."
    )
    rows = [
        (hochreiter, "sequences to the criterion, adding, T = 100", SEQUENCES_1997, met, differs),
        (hochreiter, f"wrong of {TEST_SEQUENCES:,}", WRONG_1997, adding["wrong"], differs),
        *(
            (
                tallec,
                f"updates until the loss is below {SOLVED:.0%} of the best constant's, adding, {name}",
                np.nan,
                steps[name],
                f"T = {WARPED.timesteps} instead of 200 and 750, {WARPED.hidden_size} units, at most "
                f"{WARPED.steps:,} updates; the paper shows curves and prints no such figure.",
            )
            for name in INITIALISATIONS
        ),
        (
            pascanu,
            "share of the runs that diverge without clipping",
            np.nan,
            outcomes.loc[free].groupby("seed")["diverged_at"].apply(lambda at: (at > 0).mean()),
            "One task, the average, and a network without a nonlinearity; the paper counts successes.",
        ),
    ]
    found = []
    for paper, figure, published, ours, differs in rows:
        middle = float(np.median(ours))
        figures = published, middle, float(ours.min()), float(ours.max()), middle / published
        found.append((paper, figure, *figures, differs))
    columns = ["paper", "figure", "published", "ours", "low", "high", "deviation", "differs"]
    return pd.DataFrame(found, columns=columns)


def main() -> None:
    """Train everything again and write it to the project."""
    frames = {
        "adding_1997": adding_1997(seeded(ADDING)),
        "chrono_2018": chrono_2018({name: seeded(of) for name, of in INITIALISATIONS.items()}),
    }
    for frame in frames.values():
        print(frame, file=sys.stderr)
    save(frames, SHIPPED / "papers")


if __name__ == "__main__":
    main()
