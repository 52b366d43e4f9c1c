"""What no validator of SAM templates catches, and what the template shares with the code."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.schedule import SCHEDULE

ROOT = Path(__file__).resolve().parent.parent


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms as its long ones: !Ref X is {"Ref": X}."""

    def short_form(self, suffix: str, node: yaml.Node) -> dict[str, Any]:
        name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
        if isinstance(node, yaml.ScalarNode):
            value = self.construct_scalar(node)
            return {name: value.split(".", 1) if suffix == "GetAtt" else value}
        if isinstance(node, yaml.SequenceNode):
            return {name: self.construct_sequence(node, deep=True)}
        assert isinstance(node, yaml.MappingNode)
        return {name: self.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", Loader.short_form)

TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Loader)
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {
    name: resource
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
FUNCTION_DEFAULTS = TEMPLATE["Globals"]["Function"]


def events(kind: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The function's properties and the event's, for each event of this kind."""
    return [
        (function["Properties"], event["Properties"])
        for function in FUNCTIONS.values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == kind
    ]


def environment(function: dict[str, Any]) -> dict[str, Any]:
    return {
        **FUNCTION_DEFAULTS["Environment"]["Variables"],
        **function["Properties"].get("Environment", {}).get("Variables", {}),
    }


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
    assert event["ScalingConfig"]["MaximumConcurrency"] >= 2
    # Without it one failed task brings back the whole batch.
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_queues_are_encrypted():
    queues = [each for each in RESOURCES.values() if each["Type"] == "AWS::SQS::Queue"]

    assert queues
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues)


def test_each_entry_point_of_the_code_is_a_function_and_no_other():
    module = ast.parse((ROOT / "config/functions.py").read_text())
    callables = {node.name for node in module.body if isinstance(node, ast.FunctionDef)} | {
        ast.unparse(node.targets[0])
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    }
    entry_points = {name for name in callables if not name.startswith("_")}

    commands = [each["Properties"]["ImageConfig"]["Command"] for each in FUNCTIONS.values()]
    assert sorted(commands) == sorted([f"config.functions.{name}"] for name in entry_points)


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
    assert given.keys() >= {"SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"}


def test_who_knows_the_queue_may_send_to_it():
    knowing = {name for name, each in FUNCTIONS.items() if "SQS_QUEUE_URL" in environment(each)}

    assert knowing == {"ApiFunction", "ScheduleFunction", "WorkerFunction"}
    for name in knowing:
        queue = environment(FUNCTIONS[name])["SQS_QUEUE_URL"]["Ref"]
        assert RESOURCES[queue]["Type"] == "AWS::SQS::Queue"
        send = {"SQSSendMessagePolicy": {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}}}
        assert FUNCTIONS[name]["Properties"]["Policies"] == [send]


def test_no_function_may_do_more_than_send():
    policies = {name: each["Properties"].get("Policies", []) for name, each in FUNCTIONS.items()}

    assert policies["MigrateFunction"] == []
    assert {key for each in policies.values() for policy in each for key in policy} == {
        "SQSSendMessagePolicy"
    }


def test_secrets_are_not_shown():
    secret = ("Url", "Key", "KeyFallbacks", "Dsn", "Secret", "Token")
    public = {"FrontendUrl", "SteamApiUrl"}
    for name, parameter in TEMPLATE["Parameters"].items():
        hidden = name.endswith(secret) and name not in public
        assert parameter.get("NoEcho", False) is hidden, name


def test_cross_origin_requests_are_djangos_to_answer():
    apis = [each for each in RESOURCES.values() if each["Type"] == "AWS::Serverless::HttpApi"]

    assert [api["Properties"]["StageName"] for api in apis] == ["$default"]
    assert "CorsConfiguration" not in apis[0]["Properties"]
    # The gateway gives up after 30 seconds; a function that ends before can still say why.
    assert FUNCTION_DEFAULTS["Timeout"] < 30
