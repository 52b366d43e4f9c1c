"""What a month on AWS costs, for so many members: python -m infra.costs

    python -m infra.costs --members 5000
    python -m infra.costs --price aurora_unit_hour=0.12 --load visits_a_member=20

Prices are eu-west-1's list prices in US dollars without tax, free tiers or commitments, as
remembered in 2026 and not looked up by this script: name yours. What members do is an assumption;
what Guildhall makes of it was measured, and each figure says where.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

import yaml

T = TypeVar("T", bound="Prices | Load")

HOURS, DAYS = 730, 30.4
GIB = 1024**3


@dataclass(frozen=True)
class Prices:
    lambda_gb_second: float = 0.0000133334  # arm64
    lambda_million_calls: float = 0.20
    lambda_warm_gb_second: float = 0.0000033334
    gateway_million: float = 1.11
    queue_million: float = 0.40
    scheduler_million: float = 1.00
    aurora_unit_hour: float = 0.14
    aurora_gb: float = 0.11
    aurora_million_io: float = 0.22
    proxy_unit_hour: float = 0.018
    cache_small_hour: float = 0.0136  # cache.t4g.micro, Valkey
    cache_large_hour: float = 0.141  # cache.m7g.large, Valkey
    nat_hour: float = 0.048
    nat_gb: float = 0.048
    nat_machine_hour: float = 0.0046  # t4g.nano
    address_hour: float = 0.005
    traffic_gb: float = 0.09
    cdn_gb: float = 0.085
    cdn_million: float = 1.20
    bucket_gb: float = 0.023
    bucket_million_puts: float = 5.0
    logs_gb: float = 0.57
    alarm: float = 0.10
    dashboard: float = 3.0
    secret: float = 0.40


@dataclass(frozen=True)
class Load:
    """What a member does in a month, and what it makes."""

    visits_a_member: float = 12
    requests_a_visit: float = 30
    bytes_an_answer: float = 4_000
    # A read of the API is 1 to 5 ms of processor, plus the way to the database and back.
    seconds_a_request: float = 0.03
    pictures_a_visit: float = 20
    bytes_a_picture: float = 12_000
    uploads_a_member: float = 0.1
    # As in the simulation (make month): 29,000 matches and 180,000 calls of 1,000 in 38 days.
    matches_a_member: float = 23
    steam_calls_a_member: float = 142
    seconds_a_call: float = 0.6
    # 4.6 GB with indexes for 1,000,000 matches of ten players (make bench, matches).
    bytes_a_match: float = 4_600
    bytes_a_member: float = 20_000
    bytes_of_logs_a_request: float = 700
    # Of the database's processor; and how much more there is at the busiest hour.
    unit_seconds_a_request: float = 0.01
    peak: float = 4


@dataclass(frozen=True)
class Profile:
    """What of a profile's parameters is paid for."""

    name: str
    least_units: float
    databases: int
    proxy: bool
    cache_nodes: int
    large_cache: bool
    gateways: int
    warm: int
    memory_gb: float
    requests_a_second: float

    @classmethod
    def read(cls, name: str) -> "Profile":
        given = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text())
        return cls(
            name=name,
            least_units=given["DatabaseMinCapacity"],
            databases=1 + (given["DatabaseReader"] == "true"),
            proxy=given["DatabaseMode"] == "proxy",
            cache_nodes=1 + (given["CacheReplica"] == "true"),
            large_cache=given["CacheNodeType"] != "cache.t4g.micro",
            gateways=2 if given["Nat"] == "gateway" else 0,
            warm=given["ProvisionedConcurrency"],
            memory_gb=given["ApiMemory"] / 1024,
            requests_a_second=given["RequestRate"],
        )


SMALL, LARGE = Profile.read("small"), Profile.read("large")
# With the schedules off, and nobody there: the database pauses.
RESTING = replace(SMALL, name="small at rest", least_units=0)

# What Steam bears from one key and one address; a part is kept for people.
CALLS_A_DAY, DETAILS_PAUSE, RESERVED = 100_000, 5, 0.1
SCHEDULED_A_MONTH = sum(60 / minutes * HOURS for minutes in (1, 1, 1, 2, 5, 10, 10, 10, 60))
ALARMS = 19


def month(profile: Profile, members: int, prices: Prices, load: Load) -> dict[str, float]:
    """Answer the dollars of each part."""
    requests = members * load.visits_a_member * load.requests_a_visit
    most_calls = CALLS_A_DAY * (1 - RESERVED) * DAYS
    calls = min(members * load.steam_calls_a_member, most_calls)
    matches = min(members * load.matches_a_member, DAYS * 86_400 / DETAILS_PAUSE)
    tasks = calls + SCHEDULED_A_MONTH if members else 0
    pictures = members * load.visits_a_member * load.pictures_a_visit
    seconds = requests * load.seconds_a_request * profile.memory_gb + tasks * load.seconds_a_call
    # Capacity follows the load of the hour: on average what is used, and never less than the least.
    busy = requests * load.unit_seconds_a_request / (HOURS * 3600)
    units = max(profile.least_units, busy) * profile.databases
    stored = (members * load.bytes_a_member + 12 * matches * load.bytes_a_match) / GIB
    through_nat = calls * 20_000 / GIB
    cache = prices.cache_large_hour if profile.large_cache else prices.cache_small_hour
    return {
        "API: gateway": requests / 1e6 * prices.gateway_million,
        "Functions": seconds * prices.lambda_gb_second
        + (requests + tasks) / 1e6 * prices.lambda_million_calls
        + profile.warm * profile.memory_gb * HOURS * 3600 * prices.lambda_warm_gb_second,
        "Queue and schedules": 3 * tasks / 1e6 * prices.queue_million
        + tasks / 1e6 * prices.scheduler_million,
        "PostgreSQL": units * HOURS * prices.aurora_unit_hour
        + stored * prices.aurora_gb
        + (requests + 5 * tasks) / 1e6 * prices.aurora_million_io,
        "RDS Proxy": max(8, units) * HOURS * prices.proxy_unit_hour if profile.proxy else 0,
        "Valkey": profile.cache_nodes * HOURS * cache,
        "Way out": profile.gateways * HOURS * (prices.nat_hour + prices.address_hour)
        + (profile.gateways > 0) * through_nat * prices.nat_gb
        + (not profile.gateways) * HOURS * (prices.nat_machine_hour + prices.address_hour),
        "Pictures": pictures * load.bytes_a_picture / GIB * prices.cdn_gb
        + pictures / 1e6 * prices.cdn_million
        + members * load.uploads_a_member * 12 * 200_000 / GIB * prices.bucket_gb
        + members * load.uploads_a_member * 5 / 1e6 * prices.bucket_million_puts,
        "Traffic": requests * load.bytes_an_answer / GIB * prices.traffic_gb,
        "Logs, alarms, dashboard": requests * load.bytes_of_logs_a_request / GIB * prices.logs_gb
        + ALARMS * prices.alarm
        + prices.dashboard,
        "Secrets": 3 * prices.secret,
    }


def limits(profile: Profile, members: int, load: Load) -> list[str]:
    """Answer what breaks first: what so many members are too many for."""
    found = []
    days = DAYS * CALLS_A_DAY * (1 - RESERVED)
    if (calls := members * load.steam_calls_a_member) > days:
        found.append(f"Steam's calls: {calls / days:.1f} times what a key may make")
    details = DAYS * 86_400 / DETAILS_PAUSE
    if (matches := members * load.matches_a_member) > details:
        found.append(f"Steam's details: {matches / details:.1f} times what an address may ask for")
    peak = members * load.visits_a_member * load.requests_a_visit * load.peak / (HOURS * 3600)
    most = profile.requests_a_second
    if peak > most:
        found.append(f"RequestRate: {peak:,.0f} a second at the busiest hour, {most} are let in")
    if (concurrent := peak * load.seconds_a_request) > 10:
        found.append(f"a new account's 10 executions at a time: it takes {concurrent:.0f}")
    return found


def table(columns: Iterable[tuple[Profile, int]], prices: Prices, load: Load) -> str:
    """A table in Markdown of the columns' parts and totals."""
    shown = [
        (profile, members, month(profile, members, prices, load)) for profile, members in columns
    ]
    lines = [["$ a month", *(f"{profile.name}, {members:,}" for profile, members, _ in shown)]]
    lines.append(["---", *("--:" for _ in shown)])
    lines += [[part, *(f"{each[part]:,.2f}" for _, _, each in shown)] for part in shown[0][2]]
    lines.append(["**All**", *(f"**{sum(parts.values()):,.0f}**" for _, _, parts in shown)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# What infra/README.md shows.
COLUMNS = [(RESTING, 0), (SMALL, 100), (SMALL, 10_000), (LARGE, 10_000), (LARGE, 1_000_000)]


def changed(values: T, changes: list[str]) -> T:
    known = [field.name for field in fields(values)]
    found = {}
    for change in changes:
        name, _, number = change.partition("=")
        if name not in known:
            raise SystemExit(f"{name} is none of {', '.join(known)}")
        found[name] = float(number)
    return replace(values, **found)  # type: ignore[arg-type]  # each is a number


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="infra/costs.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--members", type=int, help="this many, instead of the README's")
    parser.add_argument("--price", action="append", default=[], metavar="NAME=DOLLARS")
    parser.add_argument("--load", action="append", default=[], metavar="NAME=NUMBER")
    options = parser.parse_args()
    prices, load = changed(Prices(), options.price), changed(Load(), options.load)
    columns = [(SMALL, options.members), (LARGE, options.members)] if options.members else COLUMNS
    print(table(columns, prices, load))
    for profile, members in columns:
        for limit in limits(profile, members, load):
            print(f"\n{profile.name}, {members:,}: {limit}")


if __name__ == "__main__":
    main()
