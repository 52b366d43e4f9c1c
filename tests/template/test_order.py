"""What comes before what, and that nothing waits for itself."""

from copy import deepcopy
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

from tests.template.documents import (
    FUNCTION_DEFAULTS,
    FUNCTIONS,
    NESTED,
    RESOURCES,
    environment,
    references,
)


def graph(resources: dict[str, Any]) -> dict[str, set[str]]:
    """Each resource and what it waits for, with what SAM makes of the functions.

    A function's alias waits for the alarms that stop its deployment, and an API for the aliases
    that it calls.
    """
    found: dict[str, set[str]] = {}
    for name, resource in resources.items():
        properties = dict(resource.get("Properties", {}))
        depends = resource.get("DependsOn", [])
        waits = {depends} if isinstance(depends, str) else {*depends}
        if resource["Type"] == "AWS::Serverless::Function":
            preference = properties.pop("DeploymentPreference", {})
            events = properties.pop("Events", {})
            waits |= {each for each, _ in references(FUNCTION_DEFAULTS)}
            alias = f"{name}.live"
            found[alias] = {name} | {each for each, _ in references(preference)}
            called = alias if "AutoPublishAlias" in properties else name
            for event in events.values():
                if event["Type"] == "HttpApi":
                    found.setdefault(event["Properties"]["ApiId"]["Ref"], set()).add(called)
        found.setdefault(name, set()).update(waits | {each for each, _ in references(properties)})
    return found


def test_nothing_waits_for_itself_by_way_of_the_canary():
    TopologicalSorter(graph(RESOURCES)).prepare()


@pytest.mark.parametrize("name", NESTED)
def test_nothing_waits_for_itself_in_a_nested_stack(name):
    TopologicalSorter(graph(NESTED[name]["Resources"])).prepare()


def test_a_canary_whose_alarm_knows_the_api_would_wait_for_itself():
    resources = deepcopy(RESOURCES)
    resources["ApiServerErrors"]["Properties"]["Dimensions"] = [{"Value": {"Ref": "Api"}}]

    with pytest.raises(CycleError):
        TopologicalSorter(graph(resources)).prepare()


def test_every_function_waits_for_the_migrations():
    others = FUNCTIONS.keys() - {"MigrateFunction"}

    assert {FUNCTIONS[name]["DependsOn"] for name in others} == {"Migrations"}


def test_the_migrations_run_for_each_image_release_and_restored_database():
    properties = RESOURCES["Migrations"]["Properties"]

    assert properties["ServiceToken"] == {"Fn::GetAtt": ["MigrateFunction", "Arn"]}
    assert properties["Version"] == {"Ref": "Version"}
    assert ("Data", "Outputs.DatabaseCluster") in references(properties["Database"])
    # Which SAM makes only of a function with an alias.
    assert properties["Image"] == {"Ref": "MigrateFunction.Version"}
    assert FUNCTIONS["MigrateFunction"]["Properties"]["AutoPublishAlias"]
    assert RESOURCES["Migrations"]["DependsOn"] == "MigrateOnce"
    # CloudFormation waits for an hour otherwise.
    timeout = FUNCTIONS["MigrateFunction"]["Properties"]["Timeout"]
    assert timeout <= properties["ServiceTimeout"] <= 960


def test_an_api_behind_an_alias_sees_other_parameters():
    """SAM makes a version for another text of the template, and not for another parameter."""
    api = FUNCTIONS["ApiFunction"]
    told = {each for each, _ in references(api["Properties"]["VersionDescription"])}

    assert told == {"Version", "SecretsVersion"}
    # Lambda makes no version either of a function that is as it was.
    assert told <= {each for each, _ in references(environment(api))}


def test_what_stops_a_canary_is_an_alarm_that_rings():
    alarms = FUNCTIONS["ApiFunction"]["Properties"]["DeploymentPreference"]["Alarms"]

    assert [RESOURCES[each["Ref"]]["Type"] for each in alarms] == ["AWS::CloudWatch::Alarm"] * 2
