"""A pipeline that every version can run, and that its tests run again."""

from pydantic import BaseModel

from dalsegno import pipeline, step


class Mill(BaseModel):
    """Whether the mill breaks."""

    breaks: bool = False


class Oven(BaseModel):
    """Whether the oven burns."""

    burns: bool = False


@step
def reap() -> list[int]:
    """The grain."""
    print("reaping")
    return [3, 1, 4]


@step(config=Mill)
def mill(context, grain: list[int]) -> int:
    """The flour."""
    if context.config.breaks:
        raise ValueError("the stone is cracked")
    return sum(grain)


@step(config=Oven)
def bake(context, flour: int) -> str:
    """The bread."""
    if context.config.burns:
        raise RuntimeError("burnt")
    return f"bread of {flour}"


@pipeline
def harvest():
    """Bread from the field."""
    bake(mill(reap()))
