"""What the functions are given, and what the template shares with the code."""

import ast
import json
from typing import Any

import pytest

from config.schedule import SCHEDULE
from tests.template.documents import (
    FUNCTION_DEFAULTS,
    FUNCTIONS,
    PARAMETERS,
    RESOURCES,
    ROOT,
    STACKS,
    TEMPLATE,
    environment,
    events,
    of_type,
    references,
)


def rate(minutes: int) -> str:
    # EventBridge refuses the plural of one, and the singular of more.
    return f"rate({minutes} minute{'s' if minutes > 1 else ''})"


def test_the_schedules_are_those_of_the_code():
    planned = {
        json.loads(event["Input"])["entry"]: event["ScheduleExpression"]
        for _, event in events("ScheduleV2")
    }

    assert planned == {name: rate(entry.minutes) for name, entry in SCHEDULE.items()}
    assert len(events("ScheduleV2")) == len(planned), "an entry is scheduled twice"


def test_a_schedule_calls_the_schedule_function_and_keeps_what_it_could_not_deliver():
    for function, event in events("ScheduleV2"):
        assert function["ImageConfig"]["Command"] == ["config.functions.schedule"]
        assert json.loads(event["Input"]).keys() == {"entry"}
        assert is_queue(event["DeadLetterConfig"]["Arn"])
        assert event["RetryPolicy"]["MaximumRetryAttempts"] > 0


def is_queue(arn: dict[str, Any]) -> bool:
    name, attribute = arn["Fn::GetAtt"]
    return bool(attribute == "Arn" and RESOURCES[name]["Type"] == "AWS::SQS::Queue")


def test_the_queue_gives_a_worker_time_and_a_task_several_tries():
    (worker, event), *others = events("SQS")
    assert not others
    queue = RESOURCES[event["Queue"]["Fn::GetAtt"][0]]["Properties"]
    timeout = worker.get("Timeout", FUNCTION_DEFAULTS["Timeout"])

    assert worker["ImageConfig"]["Command"] == ["config.functions.worker"]
    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert is_queue(queue["RedrivePolicy"]["deadLetterTargetArn"])
    # Lambda accepts no less than 2.
    concurrency = PARAMETERS[event["ScalingConfig"]["MaximumConcurrency"]["Ref"]]
    assert concurrency["Default"] >= concurrency["MinValue"] >= 2
    # Without it one failed task brings back the whole batch.
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_queues_are_encrypted():
    queues = of_type("AWS::SQS::Queue")

    assert queues
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values())


def test_each_entry_point_of_the_code_is_a_function_and_no_other():
    entry_points = [
        [f"config.{module}.{name}"]
        for module in ("functions", "migration")
        for name in callables(ast.parse((ROOT / f"config/{module}.py").read_text()))
        if not name.startswith("_") and name != "logger"
    ]

    commands = [each["Properties"]["ImageConfig"]["Command"] for each in FUNCTIONS.values()]
    assert sorted(commands) == sorted(entry_points)


def callables(module):
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)} | {
        ast.unparse(node.targets[0])
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    }


def test_the_functions_share_one_image():
    images = [function["Metadata"] for function in FUNCTIONS.values()]

    assert all(image == images[0] for image in images)
    assert (ROOT / images[0]["DockerContext"] / images[0]["Dockerfile"]).is_file()
    assert all(f["Properties"]["PackageType"] == "Image" for f in FUNCTIONS.values())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_variables_are_documented_and_the_needed_ones_given(name):
    documented = (ROOT / ".env.example").read_text()
    given = environment(FUNCTIONS[name])

    assert [each for each in given if f"\n{each}=" not in documented.replace("\n#", "\n")] == []
    assert given.keys() >= {"SECRETS_ARN", "DB_SECRET_ARN", "DB_HOST", "DB_NAME", "ALLOWED_HOSTS"}


def test_no_secret_is_in_an_environment():
    secret = ("KEY", "FALLBACKS", "DSN", "SECRET", "TOKEN", "PASSWORD", "WEBHOOK_URL", "EMAIL_URL")
    for function in FUNCTIONS.values():
        for name, value in environment(function).items():
            if name.endswith(secret) or name == "DATABASE_URL":
                # Empty counts as missing: it comes from the secret. `sam local` fills it in.
                assert value == "", name
            else:
                assert "resolve:" not in json.dumps(value), name


def test_the_secrets_are_given_by_name():
    given = {name: environment(each) for name, each in FUNCTIONS.items()}

    for each in given.values():
        assert each["SECRETS_ARN"]["Fn::If"][1:] == [{"Ref": "Secrets"}, {"Ref": "SecretsArn"}]
        assert each["DB_SECRET_ARN"]["Fn::If"][1] == {
            "Fn::GetAtt": ["Data", "Outputs.DatabaseSecretArn"]
        }
        # Another text makes Lambda start the functions anew, and those read them anew.
        assert each["GUILDHALL_SECRETS_VERSION"] == {"Ref": "SecretsVersion"}


def test_who_sends_to_the_queue_knows_it():
    knowing = {name for name, each in FUNCTIONS.items() if "SQS_QUEUE_URL" in environment(each)}

    assert knowing == {"ApiFunction", "ScheduleFunction", "WorkerFunction"}
    assert {environment(FUNCTIONS[name])["SQS_QUEUE_URL"]["Ref"] for name in knowing} == {"Queue"}


def test_each_parameter_is_used():
    assert PARAMETERS.keys() <= {name for name, _ in references(TEMPLATE)}


def test_the_functions_are_in_the_network():
    given = FUNCTION_DEFAULTS["VpcConfig"]

    assert given["SecurityGroupIds"] == [{"Ref": "FunctionsGroup"}]
    assert {name for name, _ in references(given["SubnetIds"])} == {"Network", "SubnetIds"}
    assert STACKS["Data"]["Properties"]["Parameters"]["FunctionsGroup"] == {"Ref": "FunctionsGroup"}
    assert "SecurityGroupIngress" not in RESOURCES["FunctionsGroup"]["Properties"]


def test_a_schedule_can_be_switched_off():
    for _, event in events("ScheduleV2"):
        assert event["State"] == {"Ref": "ScheduleState"}
        assert event["RoleArn"] == {"Fn::GetAtt": ["SchedulerRole", "Arn"]}


def test_cross_origin_requests_are_djangos_to_answer():
    apis = of_type("AWS::Serverless::HttpApi").values()

    assert [api["Properties"]["StageName"] for api in apis] == ["$default"]
    assert not [api for api in apis if "CorsConfiguration" in api["Properties"]]
    # The gateway gives up after 30 seconds; a function that ends before can still say why.
    assert FUNCTION_DEFAULTS["Timeout"] < 30


def test_sam_local_overrides_all_that_the_stack_would_fill_in():
    """SAM makes something up for a name that only a deployment has."""
    module = ast.parse((ROOT / "infra/sam_local.py").read_text())
    (overridden,) = [
        {key.value for key in node.value.keys}
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FUNCTIONS"
    ]
    for function in FUNCTIONS.values():
        for name, value in environment(function).items():
            if {each for each, _ in references(value)} - PARAMETERS.keys() - {"AWS::Region"}:
                assert name in overridden, name
    # … and passes on only what is declared.
    assert overridden <= {name for each in FUNCTIONS.values() for name in environment(each)}
