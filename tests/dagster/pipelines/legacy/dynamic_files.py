"""A folder's files, each by itself: mapped, mapped again, collected; and single ones again."""

from dagster import (
    DynamicOutput,
    DynamicOutputDefinition,
    InputDefinition,
    ModeDefinition,
    execute_pipeline,
    fs_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


@solid(config_schema={"folder": str}, output_defs=[DynamicOutputDefinition(str)])
def list_files(context):
    from pathlib import Path

    for path in sorted(Path(context.solid_config["folder"]).glob("*.txt")):
        yield DynamicOutput(str(path), mapping_key=path.stem)


@solid
def count_words(context, path):
    from pathlib import Path

    text = Path(path).read_text()
    if not text:
        raise ValueError("empty")
    return [len(text.split()), context.run_id]


@solid
def double(counted):
    return [counted[0] * 2, counted[1]]


@solid(input_defs=[InputDefinition("counts", list)])
def total(counts):
    return sum(count for count, _ in counts)


@pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
def words():
    counted = list_files().map(count_words)
    total(counted.map(double).collect())


def runs(instance, folder, reconstructable):
    run_config = {"solids": {"list_files": {"config": {"folder": str(folder)}}}}
    nothing = execute_pipeline(words, run_config=run_config, instance=instance)
    yield nothing, {"total": nothing.output_for_solid("total")}

    (folder / "a.txt").write_text("one two three")
    (folder / "b.txt").write_text("")
    (folder / "c.txt").write_text("four")
    first = execute_pipeline(words, run_config=run_config, instance=instance, raise_on_error=False)
    yield first, {}

    (folder / "b.txt").write_text("five six")
    again = reexecute_pipeline(
        words,
        first.run_id,
        run_config=run_config,
        step_selection=["count_words[b]*"],
        instance=instance,
    )
    yield again, {"total": again.output_for_solid("total")}

    (folder / "d.txt").write_text("seven eight nine")
    whole = reexecute_pipeline(words, again.run_id, run_config=run_config, instance=instance)
    yield whole, {"counted": whole.output_for_solid("count_words"), "total": whole.output_for_solid("total")}
