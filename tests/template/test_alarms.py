"""Every alarm rings somewhere, and somebody knows what to do."""

import json
import re

import pytest

from tests.template.documents import (
    FUNCTION_DEFAULTS,
    FUNCTIONS,
    NESTED,
    ROOT,
    references,
    resources_of,
)

ALARMS = resources_of("AWS::CloudWatch::Alarm")
README = (ROOT / "infra/README.md").read_text()


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_somebody_and_is_explained(name):
    properties = ALARMS[name]["Properties"]

    assert {"Ref": "Alarms"} in properties["AlarmActions"] or {"Ref": "Topic"} in properties[
        "AlarmActions"
    ]
    assert properties["TreatMissingData"] in {"breaching", "notBreaching"}
    assert re.search(rf"^\| `{name}` \| .+ \| .+ \|$", README, re.MULTILINE)


def test_no_alarm_is_explained_that_there_is_none_of():
    section = re.split(r"\n##+ ", README.split("### Alarms", 1)[1])[0]

    assert {*re.findall(r"^\| `(\w+)` ", section, re.MULTILINE)} == ALARMS.keys()


def test_silence_of_the_schedules_is_what_rings():
    alarm = ALARMS["SchedulesStopped"]

    assert alarm["Properties"]["TreatMissingData"] == "breaching"
    # Who switches the schedules off does not want to hear that they are.
    assert alarm["Condition"] == "Schedules"


def test_the_latency_that_rings_is_four_fifths_of_the_timeout():
    assert "Timeout" not in FUNCTIONS["ApiFunction"]["Properties"]

    threshold = ALARMS["ApiLatency"]["Properties"]["Threshold"]
    assert threshold * 100 == 80 * FUNCTION_DEFAULTS["Timeout"] * 1000
    assert ALARMS["ApiLatency"]["Properties"]["ExtendedStatistic"] == "p99"


@pytest.mark.parametrize(
    "name", [n for n, each in ALARMS.items() if "Metrics" in each["Properties"]]
)
def test_an_expression_names_the_metrics_beside_it(name):
    (result, *metrics) = ALARMS[name]["Properties"]["Metrics"]
    ids = {m["Id"] if "Id" in m else m["Fn::If"][1]["Id"] for m in metrics}

    text = re.sub(r"\$\{\w+\}", "1", json.dumps(result["Expression"]))
    words = {*re.findall(r"\b[a-z][a-z]+\b", text)}
    assert words == ids


def test_the_dashboard_is_json_with_and_without_a_database_of_ones_own():
    text, rows = NESTED["Observability"]["Resources"]["Dashboard"]["Properties"]["DashboardBody"][
        "Fn::Sub"
    ]
    filled = {name: rows[name]["Fn::If"][1]["Fn::Sub"] for name in rows}

    for chosen in (filled, dict.fromkeys(rows, "")):
        body = text
        for name, row in chosen.items():
            body = body.replace(f"${{{name}}}", row)
        widgets = json.loads(body)["widgets"]
        assert all(each["properties"]["metrics"] for each in widgets)
    assert {name for name, _ in references(rows)} >= {"DatabaseCluster", "CacheCluster"}
