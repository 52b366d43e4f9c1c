"""The README shows what the script works out, and the script adds up."""

import re

import pytest

from infra import costs
from infra.costs import COLUMNS, LARGE, RESTING, SMALL, Load, Prices
from tests.template.documents import ROOT


def total(profile, members, prices=None, load=None):
    return sum(costs.month(profile, members, prices or Prices(), load or Load()).values())


def test_the_readme_shows_what_the_script_works_out():
    readme = (ROOT / "infra/README.md").read_text()

    assert costs.table(COLUMNS, Prices(), Load()) in readme


@pytest.mark.parametrize("profile", [SMALL, LARGE])
def test_more_members_cost_more_and_fewer_each(profile):
    few, many = total(profile, 1_000), total(profile, 100_000)

    assert few < many < 100 * few


def test_each_price_counts_somewhere():
    columns = [(profile, members) for profile, members in COLUMNS if members]
    for name in vars(Prices()):
        dearer = costs.changed(Prices(), [f"{name}=1000"])
        assert any(total(*column, prices=dearer) > total(*column) for column in columns), name


def test_a_site_at_rest_costs_least():
    assert total(RESTING, 0) < total(SMALL, 100) < total(LARGE, 100)


def test_what_breaks_first_is_steam():
    members = next(n for n in range(1_000, 10**6, 1_000) if costs.limits(LARGE, n, Load()))

    assert re.match("Steam's", costs.limits(LARGE, members, Load())[0])


def test_a_price_that_there_is_none_of_is_refused_with_those_that_there_are():
    with pytest.raises(SystemExit, match="aurora_unit_hour"):
        costs.changed(Prices(), ["aurora=1"])
