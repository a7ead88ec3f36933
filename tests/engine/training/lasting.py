"""A training process for many tests: importing torch takes longer than most of them do."""

from engine.training.process import WorkerProcess


class LastingProcess(WorkerProcess):
    """One that a queue lets go of, but that doesn't end unless it is made to."""

    def close(self, *, kill: bool = False) -> None:
        if kill:
            super().close(kill=True)
