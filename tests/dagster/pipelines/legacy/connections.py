"""Resources that need resources, that are torn down, that are configured once and for all."""

from dagster import ModeDefinition, execute_pipeline, pipeline, resource, solid


@resource({"user": str, "tags": dict})
def credentials(init_context):
    return dict(init_context.resource_config)


@resource(required_resource_keys={"credentials"}, description="One connection a run.")
def connection(init_context):
    opened = [f"open as {init_context.resources.credentials['user']}"]
    yield opened
    opened.append("closed")
    LOG.extend(opened)


LOG: list = []


@solid(required_resource_keys={"connection", "credentials"})
def query(context, sql):
    context.resources.connection.append(sql)
    return [sql, context.resources.credentials]


@solid(config_schema={"sql": str})
def statement(context):
    return context.solid_config["sql"]


@pipeline(
    mode_defs=[
        ModeDefinition("default", {"credentials": credentials, "connection": connection}),
        ModeDefinition(
            "ada",
            {"credentials": credentials.configured({"user": "ada", "tags": {"a": [1]}}), "connection": connection},
        ),
    ]
)
def queries():
    query(statement())


def runs(instance, folder, reconstructable):
    solids = {"statement": {"config": {"sql": "select 1"}}}
    given = {"solids": solids, "resources": {"credentials": {"config": {"user": "bo", "tags": {}}}}}
    for mode, run_config in (("default", given), ("ada", {"solids": solids})):
        LOG.clear()
        result = execute_pipeline(queries, run_config=run_config, mode=mode, instance=instance)
        yield result, {"query": result.output_for_solid("query"), "log": list(LOG)}
