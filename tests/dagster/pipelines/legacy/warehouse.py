"""Extract, transform, load: config, resources and two modes."""

from dagster import (
    Field,
    InputDefinition,
    ModeDefinition,
    OutputDefinition,
    execute_pipeline,
    pipeline,
    resource,
    solid,
)


class Warehouse:
    def __init__(self, schema, limit):
        self.schema = schema
        self.limit = limit
        self.tables = {}

    def save(self, table, rows):
        self.tables[table] = rows[: self.limit]
        return f"{self.schema}.{table}"


@resource(config_schema={"schema": str, "limit": Field(int, default_value=2, is_required=False)})
def warehouse(init_context):
    return Warehouse(init_context.resource_config["schema"], init_context.resource_config["limit"])


@resource
def no_warehouse(_):
    return Warehouse("nowhere", 0)


@solid(config_schema={"cities": [str], "offset": Field(float, default_value=0.5)})
def extract(context):
    context.log.info(f"{len(context.solid_config['cities'])} cities")
    return [
        {"city": city, "degrees": len(city) + context.solid_config["offset"]} for city in context.solid_config["cities"]
    ]


@solid(
    input_defs=[InputDefinition("rows", list, description="One a city.")],
    output_defs=[OutputDefinition(list, name="warm"), OutputDefinition(list, name="cold")],
    config_schema={"limit": float},
)
def split(context, rows):
    limit = context.solid_config["limit"]
    return [row for row in rows if row["degrees"] >= limit], [row for row in rows if row["degrees"] < limit]


@solid(required_resource_keys={"warehouse"}, tags={"kind": "sql", "cost": 3}, version="7")
def load(context, rows):
    name = context.resources.warehouse.save("measured", rows)
    return {"table": name, "rows": context.resources.warehouse.tables["measured"]}


@pipeline(
    mode_defs=[
        ModeDefinition("prod", resource_defs={"warehouse": warehouse}),
        ModeDefinition("test", resource_defs={"warehouse": no_warehouse}),
    ],
    tags={"team": "weather"},
)
def weather():
    warm, cold = split(extract())
    load.alias("load_warm")(warm)
    load.alias("load_cold")(cold)


SOLIDS = {
    "extract": {"config": {"cities": ["Oslo", "Rome", "Reykjavik", "Ulaanbaatar"]}},
    "split": {"config": {"limit": 5.0}},
}


def runs(instance, folder, reconstructable):
    run_config = {"solids": SOLIDS, "resources": {"warehouse": {"config": {"schema": "main"}}}}
    result = execute_pipeline(weather, run_config=run_config, mode="prod", instance=instance)
    yield (
        result,
        {
            "warm": result.output_for_solid("split", "warm"),
            "loaded warm": result.output_for_solid("load_warm"),
            "loaded cold": result.result_for_solid("load_cold").output_value(),
        },
    )
    result = execute_pipeline(weather, run_config={"solids": SOLIDS}, mode="test", instance=instance)
    yield result, {"loaded warm": result.output_for_solid("load_warm")}
