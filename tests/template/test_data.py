"""Who reaches the data, and what becomes of it."""

from tests.template.documents import NESTED, PARAMETERS, RESOURCES, TEMPLATES, resources_of, walk

DATA = NESTED["Data"]["Resources"]
STORAGE = NESTED["Storage"]["Resources"]


def test_nothing_is_open_to_the_world():
    groups = resources_of("AWS::EC2::SecurityGroup")
    rules = [
        rule
        for group in groups.values()
        for rule in group["Properties"].get("SecurityGroupIngress", [])
    ] + [each["Properties"] for each in resources_of("AWS::EC2::SecurityGroupIngress").values()]

    assert rules
    for rule in rules:
        assert rule.get("CidrIp", {"Ref": "Cidr"}) == {"Ref": "Cidr"}
        assert "CidrIpv6" not in rule


def test_the_data_is_reached_by_the_functions_alone():
    for name, port in (("DatabaseGroup", 5432), ("CacheGroup", 6379)):
        (rule,) = DATA[name]["Properties"]["SecurityGroupIngress"]
        assert rule["SourceSecurityGroupId"] == {"Ref": "FunctionsGroup"}
        assert rule["FromPort"] == rule["ToPort"] == port


def test_no_password_is_written_or_given():
    assert not [name for name, each in PARAMETERS.items() if each.get("NoEcho")]
    for template in TEMPLATES.values():
        for each in walk(template):
            assert "MasterUserPassword" not in each
    assert DATA["Database"]["Properties"]["ManageMasterUserPassword"] is True
    token = DATA["Cache"]["Properties"]["AuthToken"]
    assert token == {"Fn::Sub": "{{resolve:secretsmanager:${CacheToken}}}"}


def test_the_secret_is_made_as_it_always_was():
    """CloudFormation makes another key, over all that is in there, when any of this changes."""
    assert RESOURCES["Secrets"] == {
        "Type": "AWS::SecretsManager::Secret",
        "Condition": "OwnSecrets",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": (
                "Guildhall: variables that nobody may read, as .env.example describes them"
            ),
            "GenerateSecretString": {
                "SecretStringTemplate": {
                    "Fn::Sub": '{"REDIS_PASSWORD": "{{resolve:secretsmanager:${CacheToken}}}"}'
                },
                "GenerateStringKey": "SECRET_KEY",
                "PasswordLength": 64,
                "ExcludePunctuation": True,
            },
        },
    }


def test_the_database_is_what_django_and_the_proxy_need():
    group = DATA["DatabaseParameters"]["Properties"]["Parameters"]
    targets = DATA["DatabaseProxyTargets"]

    assert group["timezone"] == "UTC"
    assert group["rds.force_ssl"] == "1"
    assert targets["Properties"]["TargetGroupName"] == "default"
    assert "Writer" in targets["DependsOn"]


def test_a_database_that_pauses_has_no_proxy_that_keeps_it_awake():
    # One parameter says which; there is no way to ask for both.
    assert NESTED["Data"]["Conditions"]["Pause"] == {
        "Fn::Equals": [{"Ref": "DatabaseMode"}, "pause"]
    }
    assert {"Fn::Equals": [{"Ref": "DatabaseMode"}, "proxy"]} in NESTED["Data"]["Conditions"][
        "Proxy"
    ]["Fn::And"]
    scaling = DATA["Database"]["Properties"]["ServerlessV2ScalingConfiguration"]
    assert scaling["MinCapacity"]["Fn::If"][:2] == ["Pause", 0]
    assert scaling["SecondsUntilAutoPause"]["Fn::If"][0] == "Pause"


def test_what_cannot_be_made_again_outlives_a_mistake():
    database, bucket = DATA["Database"], STORAGE["Bucket"]

    assert database["DeletionPolicy"] == database["UpdateReplacePolicy"] == "Snapshot"
    assert PARAMETERS["DeletionProtection"]["Default"] == "true"
    assert bucket["DeletionPolicy"].startswith("Retain")
    assert bucket["UpdateReplacePolicy"] == "Retain"


def test_the_cache_forgets_the_oldest_and_is_not_in_cluster_mode():
    properties = DATA["CacheParameters"]["Properties"]["Properties"]

    assert properties == {"maxmemory-policy": "volatile-lru", "cluster-enabled": "no"}
    assert DATA["Cache"]["Properties"]["TransitEncryptionMode"] == "required"
    assert DATA["Cache"]["Properties"]["AtRestEncryptionEnabled"] is True


def test_the_world_reads_what_is_public_by_cloudfront_and_nothing_else():
    block = STORAGE["Bucket"]["Properties"]["PublicAccessBlockConfiguration"]
    statements = STORAGE["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [each for each in statements if each["Effect"] == "Allow"]

    assert all(block.values())
    assert len(block) == 4
    assert [(each["Principal"], each["Action"], each["Resource"]) for each in allowed] == [
        (
            {"Service": "cloudfront.amazonaws.com"},
            "s3:GetObject",
            {"Fn::Sub": "${Bucket.Arn}/public/*"},
        )
    ]
    assert "aws:SourceArn" in allowed[0]["Condition"]["StringEquals"]


def test_the_answer_of_the_migrations_gets_out_of_the_network():
    endpoint = NESTED["Network"]["Resources"]["S3Endpoint"]["Properties"]
    answers = [each for each in endpoint["PolicyDocument"]["Statement"] if "Condition" not in each]

    assert [(each["Action"], each["Resource"]) for each in answers] == [
        (
            "s3:PutObject",
            {"Fn::Sub": "arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-*/*"},
        )
    ]
