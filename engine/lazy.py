"""A property that is computed once for each object, without making other threads wait."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class cached_property(Generic[T]):  # noqa: N801 - it stands where functools.cached_property would
    """What `functools.cached_property` is from Python 3.12 on.

    Before, that one held a single lock for all objects of a class while it computed, so that one
    visitor's slow computation stopped the pages of all others. Here two threads that ask one object
    at the same time may both compute; both get the value of the first that is done.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "cached_property[T]": ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> "cached_property[T] | T":
        if instance is None:
            return self
        value = self._function(instance)
        # From now on the object's own attribute is found before this descriptor is asked.
        result: T = instance.__dict__.setdefault(self._name, value)
        return result
