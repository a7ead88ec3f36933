"""Computed once, and nobody waits for another object's computation."""

import threading

from engine.lazy import cached_property


class Thing:
    """Counts how often its value is computed; `meet` is called while it is."""

    def __init__(self, meet: threading.Barrier | None = None) -> None:
        self.times, self.meet = 0, meet

    @cached_property
    def value(self) -> list[int]:
        """A value of its own."""
        self.times += 1
        if self.meet is not None:
            self.meet.wait(timeout=30)
        return [self.times]


def test_it_is_computed_once_for_each_object() -> None:
    one, other = Thing(), Thing()
    assert one.value is one.value
    assert (one.times, other.times) == (1, 0)
    assert other.value is not one.value


def test_two_objects_of_a_class_compute_at_the_same_time() -> None:
    # Each computation ends only when the other has begun.
    barrier = threading.Barrier(2)
    things = [Thing(barrier), Thing(barrier)]
    threads = [threading.Thread(target=lambda thing=thing: thing.value) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not barrier.broken
    assert [thing.value for thing in things] == [[1], [1]]


def test_the_class_still_says_what_it_is() -> None:
    assert Thing.value.__doc__ == "A value of its own."
