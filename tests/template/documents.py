"""The templates as Python sees them, with CloudFormation's short forms as its long ones."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# What CloudFormation itself answers, such as ${AWS::Region}.
PSEUDO = "AWS::"


class Loader(yaml.SafeLoader):
    """!Ref X is {"Ref": X}."""

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


def load(path: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((ROOT / path).read_text(), Loader)
    return document


TEMPLATE = load("template.yaml")
PARAMETERS = TEMPLATE["Parameters"]
RESOURCES = TEMPLATE["Resources"]


def of_type(kind: str, resources: dict[str, Any] = RESOURCES) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
FUNCTION_DEFAULTS = TEMPLATE["Globals"]["Function"]
STACKS = of_type("AWS::CloudFormation::Stack")
NESTED = {name: load(stack["Properties"]["TemplateURL"]) for name, stack in STACKS.items()}
# Every template of the deployment, by the name of its stack.
TEMPLATES = {"": TEMPLATE, **NESTED}


def resources_of(kind: str) -> dict[str, Any]:
    """The resources of this type in all templates; no two have one name."""
    return {
        name: each
        for template in TEMPLATES.values()
        for name, each in of_type(kind, template["Resources"]).items()
    }


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


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in there."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Each name that is referred to, and the attribute: "" for the thing itself."""
    for each in walk(value):
        match each:
            case {"Ref": str(name)}:
                # SAM's own: of a function's alias or version, of an API's stage.
                yield tuple(f"{name}.".split(".")[:2])  # type: ignore[misc]
            case {"Fn::GetAtt": [name, attribute]}:
                yield name, attribute
            case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
                own = each["Fn::Sub"][1] if isinstance(each["Fn::Sub"], list) else {}
                for found in re.findall(r"\$\{([\w.:]+)\}", text):
                    name, _, attribute = found.partition(".")
                    if name not in own:
                        yield name, attribute
