"""The profiles of samconfig.toml: they name what there is, with values that it may have."""

import re
import tomllib

import pytest
import yaml

from config import env
from tests.template.documents import PARAMETERS, ROOT

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
PROFILES = [name for name in CONFIG if name != "version"]


def parameters(profile: str) -> dict[str, str]:
    (name,) = CONFIG[profile]["deploy"]["parameters"]["parameter_overrides"]
    read = yaml.safe_load((ROOT / name.removeprefix("file://")).read_text())
    # SAM too makes a text of what YAML made of it: false without quotes becomes "False".
    return {name: str(value) for name, value in read.items()}


def test_there_is_a_small_and_a_large():
    assert PROFILES == ["small", "large"]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_names_parameters_that_there_are(profile):
    assert parameters(profile).keys() <= PARAMETERS.keys()


def test_the_profiles_name_the_same_parameters():
    # One that is not named keeps the value that the other profile gave it.
    assert parameters("small").keys() == parameters("large").keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_gives_values_that_are_allowed(profile):
    for name, value in parameters(profile).items():
        parameter = PARAMETERS[name]
        if "AllowedValues" in parameter:
            assert value in [str(each) for each in parameter["AllowedValues"]], name
        if parameter["Type"] == "Number":
            assert float(value) >= parameter.get("MinValue", 0), name
            assert float(value) <= parameter.get("MaxValue", float("inf")), name
        assert re.match(parameter.get("AllowedPattern", ""), value), name


def test_a_default_is_allowed():
    for name, parameter in PARAMETERS.items():
        default = parameter["Default"]
        assert default in parameter.get("AllowedValues", [default]), name
        assert re.match(parameter.get("AllowedPattern", ""), str(default)), name


RATES = [name for name in PARAMETERS if name.endswith("Rate") and name != "RequestRate"]
PERIODS = ["s", "second", "m", "min", "minute", "h", "hour", "d", "day"]


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_one_that_the_functions_start_with(name, monkeypatch):
    pattern = PARAMETERS[name]["AllowedPattern"]

    for rate in [f"600/{period}" for period in PERIODS]:
        monkeypatch.setenv("THROTTLE_LOGIN", rate)
        assert re.fullmatch(pattern, rate)
        assert env.rate("THROTTLE_LOGIN") == rate
    for wrong in ["", "10", "0/min", "-1/min", "10/", "10/week", "x/min", "10/min "]:
        assert not re.fullmatch(pattern, wrong)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_built_is_what_is_deployed(profile):
    settings = CONFIG[profile]

    build, deploy = (settings[step]["parameters"] for step in ("build", "deploy"))
    assert build["parameter_overrides"] == deploy["parameter_overrides"]
    # Roles, and templates in a template.
    assert deploy["capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_a_small_site_rests_and_a_large_one_survives_a_zone():
    small, large = parameters("small"), parameters("large")

    assert (small["DatabaseMode"], small["Nat"]) == ("pause", "instance")
    assert float(small["ProvisionedConcurrency"]) == 0
    assert (large["DatabaseMode"], large["Nat"]) == ("proxy", "gateway")
    assert large["DatabaseReader"] == large["CacheReplica"] == "true"
    assert 0 < float(large["ProvisionedConcurrency"]) <= float(large["ApiConcurrency"])
    assert large["DeploymentType"].startswith("Canary")
