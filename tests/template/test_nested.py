"""What the validators miss, as they read one template at a time."""

import pytest

from tests.template.documents import NESTED, PARAMETERS, RESOURCES, STACKS, TEMPLATE, references


@pytest.mark.parametrize("name", STACKS)
def test_a_nested_stack_is_given_its_parameters_and_no_others(name):
    given = STACKS[name]["Properties"]["Parameters"].keys()
    declared = NESTED[name]["Parameters"]

    assert given <= declared.keys()
    assert {each for each in declared if "Default" not in declared[each]} <= given


@pytest.mark.parametrize("name", STACKS)
def test_a_choice_that_the_stack_offers_is_one_that_the_nested_stack_takes(name):
    for parameter, value in STACKS[name]["Properties"]["Parameters"].items():
        if isinstance(value, dict) and value.get("Ref") in PARAMETERS:
            outer, inner = PARAMETERS[value["Ref"]], NESTED[name]["Parameters"][parameter]
            if "AllowedValues" in inner:
                assert set(outer["AllowedValues"]) <= set(inner["AllowedValues"]), parameter


def test_what_is_taken_from_a_nested_stack_is_among_its_outputs():
    taken = {(name, attribute) for name, attribute in references(TEMPLATE) if name in STACKS}

    assert taken
    for name, attribute in taken:
        kind, output = attribute.split(".")
        assert kind == "Outputs"
        assert output in NESTED[name]["Outputs"], f"{name} has no {output}"


def test_nothing_is_put_out_that_nobody_takes():
    taken = {(name, attribute) for name, attribute in references(TEMPLATE) if name in STACKS}

    assert {(n, f"Outputs.{o}") for n, each in NESTED.items() for o in each["Outputs"]} == taken


def test_a_nested_stack_that_may_be_missing_is_asked_for_under_its_condition_alone():
    conditional = {name for name, each in STACKS.items() if "Condition" in each}
    assert conditional == {"Network", "Data"}

    def unguarded(value, held=frozenset()):
        if isinstance(value, list):
            return [x for each in value for x in unguarded(each, held)]
        if not isinstance(value, dict):
            return []
        if "Fn::If" in value:
            condition, yes, no = value["Fn::If"]
            return unguarded(yes, held | {condition}) + unguarded(no, held)
        if "Fn::GetAtt" in value and (name := value["Fn::GetAtt"][0]) in conditional:
            return [] if STACKS[name]["Condition"] in held else [value]
        return [x for each in value.values() for x in unguarded(each, held)]

    assert unguarded(TEMPLATE["Globals"]) == []
    assert unguarded(RESOURCES) == []
    # The one or the other of the two that make up OwnData.
    outputs = TEMPLATE["Outputs"].values()
    for output in (each for each in outputs if unguarded(each)):
        assert output["Condition"] in {"OwnDatabase", "OwnCache"}


def test_no_nested_template_has_aliases_of_yaml_which_cloudformation_refuses():
    from tests.template.documents import ROOT

    for stack in STACKS.values():
        text = (ROOT / stack["Properties"]["TemplateURL"]).read_text()
        assert not [line for line in text.splitlines() if ": &" in line or ": *" in line]
