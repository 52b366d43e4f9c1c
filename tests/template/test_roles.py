"""What each function may do, and no more."""

from typing import Any

from tests.template.documents import FUNCTIONS, NESTED, RESOURCES, resources_of, walk

ROLES = NESTED["Roles"]["Resources"]
COMMON = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# Actions besides those, by what they are done to.
TABLE: dict[str, dict[str, set[str]]] = {
    "ApiFunction": {
        "Queue": {"sqs:SendMessage"},
        "Bucket": {"s3:ListBucket"},
        "Bucket/incoming/*": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
        "Bucket/public/*": {"s3:DeleteObject"},
    },
    "ScheduleFunction": {
        "Queue": {"sqs:SendMessage"},
        "ScheduleDeadLetters": {"sqs:SendMessage"},
    },
    "WorkerFunction": {
        "Queue": {
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        },
        "Bucket": {"s3:ListBucket"},
        "Bucket/incoming/*": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
        "Bucket/public/*": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
    },
    "MigrateFunction": {},
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(resource: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in walk(resource["Properties"]) if {"Effect", "Resource"} <= each.keys()]


def named(resource: dict[str, str]) -> str:
    return resource.get("Ref") or resource["Fn::Sub"].replace("${", "").replace("}", "")


def allowed(role: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            found.setdefault(named(resource), set()).update(listed(statement["Action"]))
    return found


def role_of(function: str) -> dict[str, Any]:
    stack, output = FUNCTIONS[function]["Properties"]["Role"]["Fn::GetAtt"]
    assert stack == "Roles"
    name, attribute = NESTED[stack]["Outputs"][output.removeprefix("Outputs.")]["Value"][
        "Fn::GetAtt"
    ]
    assert attribute == "Arn"
    role: dict[str, Any] = ROLES[name]
    return role


def test_each_function_may_do_what_it_needs_to_what_is_its_own():
    assert {name: allowed(role_of(name)) for name in FUNCTIONS} == TABLE


def test_each_function_has_a_role_of_its_own_that_lambda_alone_takes():
    roles = [role_of(name) for name in FUNCTIONS]

    assert len({id(role) for role in roles}) == len(FUNCTIONS)
    for role in roles:
        assert role["Properties"]["ManagedPolicyArns"] == [{"Ref": "Common"}]
        trust = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert [each["Principal"] for each in trust] == [{"Service": "lambda.amazonaws.com"}]


def test_what_all_may_do_is_little():
    allow = [each for each in statements(ROLES["Common"]) if each["Effect"] == "Allow"]

    assert {action for each in allow for action in listed(each["Action"])} == COMMON
    everywhere = {a for each in allow if each["Resource"] == "*" for a in each["Action"]}
    assert {action.split(":")[0] for action in everywhere} == {"ec2", "xray"}


def test_the_code_in_a_function_may_not_touch_the_network():
    (deny,) = [each for each in statements(ROLES["Common"]) if each["Effect"] == "Deny"]

    assert (deny["Action"], deny["Resource"]) == ("ec2:*", "*")
    assert "lambda:SourceFunctionArn" in deny["Condition"]["ArnLike"]


def test_no_role_allows_by_a_star_of_actions():
    for name, role in resources_of("AWS::IAM::Role").items():
        for statement in statements(role):
            assert not [each for each in listed(statement["Action"]) if "*" in each], name


def test_the_scheduler_may_call_the_one_function():
    found = [(each["Action"], each["Resource"]) for each in statements(RESOURCES["SchedulerRole"])]

    assert found == [
        ("lambda:InvokeFunction", {"Fn::GetAtt": ["ScheduleFunction", "Arn"]}),
        ("sqs:SendMessage", {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}),
    ]
