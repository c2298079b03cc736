"""What calling a step gives in a pipeline's body: its outputs, to be given to other steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.pipeline_snapshot import OutputRef

if TYPE_CHECKING:
    from dalsegno.definitions.wiring import Trace


class _Handle:
    """One output of a placed step."""

    def __init__(self, trace: Trace, ref: OutputRef, over: OutputRef | None = None) -> None:
        self._trace = trace
        self._ref = ref
        # The dynamic output whose elements its step is mapped over.
        self._over = over

    def __repr__(self) -> str:
        return f"<output {self._ref}>"

    def __iter__(self) -> Iterator[Any]:
        self._refuse("has one output, so there is nothing to unpack; declare several with out={'left': Out(), ...}")

    def __bool__(self) -> bool:  # noqa: PLE0304
        self._refuse("has no value yet: a pipeline's body only connects steps, so decide inside a step")

    def _refuse(self, problem: str) -> NoReturn:
        raise InvalidDefinitionError(place=self._trace.place_of(self._ref.step_key), problem=problem)

    def _refuse_name(self, name: object) -> NoReturn:
        self._refuse(f"has no output {name!r}: its only one is {self._ref.output_name!r}")


class OutputHandle(_Handle):
    """One output of a placed step, to be given to the steps that take it; within `.map`, that of one element."""

    def __getitem__(self, name: object) -> OutputHandle:
        return self if name == self._ref.output_name else self._refuse_name(name)

    def __getattr__(self, name: str) -> OutputHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def map(self, function: object) -> NoReturn:
        """Only an output declared DynamicOut has elements. Raises InvalidDefinitionError."""
        self._refuse_elements("map")

    def collect(self) -> NoReturn:
        """As `map`."""
        self._refuse_elements("collect")

    def _refuse_elements(self, method: str) -> NoReturn:
        if self._over is not None:
            self._refuse(
                f"is mapped over {self._over}, and what .map's function is given is one element: .{method} is called "
                "on what .map(...) gives; a map inside a map is not possible"
            )
        self._refuse(f"has no elements to {method}: {self._ref.output_name!r} is not declared DynamicOut()")


class DynamicHandle(_Handle):
    """All elements of a dynamic output, or what a mapped step gives for each of them."""

    def __getitem__(self, name: object) -> DynamicHandle:
        return self if name == self._ref.output_name else self._refuse_name(name)

    def __getattr__(self, name: str) -> DynamicHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def map(self, function: Callable[[Any], Any]) -> Any:
        """Call `function` once, with one element: the steps that it is given to are executed once for each.

        Gives the same as the function, standing for all elements: to be mapped again, or collected. Raises
        InvalidDefinitionError.
        """
        if not callable(function):
            self._refuse(f".map takes a step, a pipeline or a function of one element, not {function!r}")
        return self._of_all(function(OutputHandle(self._trace, self._ref, self._over)))

    def collect(self) -> CollectedHandle:
        """The list of all elements' values, in the order in which they were given, as one input of a step."""
        return CollectedHandle(self._trace, self._ref, self._over)

    def _of_all(self, given: Any) -> Any:
        match given:
            case None:
                return None
            case OutputHandle() if given._over == self._over:
                return DynamicHandle(self._trace, given._ref, self._over)
            case OutputHandles() if given._over == self._over:
                return OutputHandles(self._trace, tuple(given._refs.values()), self._over, is_of_all=True)
            case tuple() | list():
                return tuple(self._of_all(one) for one in given)
            case dict():
                return {name: self._of_all(one) for name, one in given.items()}
        problem = f".map's function gave {given!r}, which is not made from its element; give results of steps it maps"
        raise InvalidDefinitionError(place=self._trace.place_of(self._ref.step_key), problem=problem)


class CollectedHandle(_Handle):
    """The list of what all elements give, to be given to one input."""


class OutputHandles:
    """The outputs of a placed step that has several: by attribute, by `[name]`, or unpacked in order."""

    def __init__(
        self, trace: Trace, refs: tuple[OutputRef, ...], over: OutputRef | None = None, *, is_of_all: bool = False
    ) -> None:
        self._trace = trace
        self._refs: Mapping[str, OutputRef] = {ref.output_name: ref for ref in refs}
        self._over = over
        # They stand for all elements: `.map(...)` gave them.
        self._is_of_all = is_of_all

    def __repr__(self) -> str:
        return f"<outputs {', '.join(map(str, self._refs.values()))}>"

    def __iter__(self) -> Iterator[OutputHandle | DynamicHandle]:
        return (self._handle(ref) for ref in self._refs.values())

    def __len__(self) -> int:
        return len(self._refs)

    def __getitem__(self, name: str) -> OutputHandle | DynamicHandle:
        if name not in self._refs:
            place = self._trace.place_of(next(iter(self._refs.values())).step_key)
            raise InvalidDefinitionError(place=place, problem=f"has no output {name!r}.{known_names(name, self._refs)}")
        return self._handle(self._refs[name])

    def __getattr__(self, name: str) -> OutputHandle | DynamicHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def _handle(self, ref: OutputRef) -> OutputHandle | DynamicHandle:
        if self._is_of_all:
            return DynamicHandle(self._trace, ref, self._over)
        return self._trace.handle(ref, self._over)


class ParameterHandle:
    """A pipeline's parameter that nothing is connected to: what takes it is given its value by the run config."""

    def __init__(self, place: str, name: str) -> None:
        self._place = place
        self._name = name

    def __repr__(self) -> str:
        return f"<parameter {self._name!r}>"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse(f"has no {name!r}: call the step that gives it in this pipeline, and give its results on")

    def __iter__(self) -> Iterator[Any]:
        self._refuse("has nothing to unpack: give it to a step whole")

    def __bool__(self) -> bool:  # noqa: PLE0304
        self._refuse("has no value yet: a pipeline's body only connects steps, so decide inside a step")

    def _refuse(self, problem: str) -> NoReturn:
        raise InvalidDefinitionError(place=f"{self._place}, parameter {self._name!r}", problem=problem)
