"""Set one variable in the stack's secret, and leave the others as they are.

    python -m infra.set_secret ARN STEAM_API_KEY     asks for the value, or reads it from a pipe
    python -m infra.set_secret ARN --new-key         makes a SECRET_KEY, and keeps the old one
    python -m infra.set_secret ARN                   names what is in there

Secrets Manager replaces a secret as a whole, so by hand it is to read it, edit JSON and write it,
with every value in the shell's history. The functions read it when they start: deploy with another
SecretsVersion.
"""

import argparse
import getpass
import json
import os
import re
import secrets
import sys
from pathlib import Path

import boto3

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"


def changed(variables: dict[str, str], name: str, value: str) -> dict[str, str]:
    """An empty value takes the variable out."""
    others = {each: old for each, old in variables.items() if each != name}
    return others | {name: value} if value else others


def with_new_key(variables: dict[str, str]) -> dict[str, str]:
    """What the old key has signed stays good, until SECRET_KEY_FALLBACKS is taken out."""
    older = [variables["SECRET_KEY"], *filter(None, [variables.get("SECRET_KEY_FALLBACKS")])]
    return variables | {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SECRET_KEY_FALLBACKS": ",".join(older),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="infra.set_secret",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("arn", help="the stack's output SecretsArn")
    parser.add_argument("name", nargs="?", help="a variable of .env.example")
    parser.add_argument("--new-key", action="store_true")
    options = parser.parse_args()
    known = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(), re.MULTILINE)
    if options.name and options.name not in known:
        parser.error(f"Nothing reads {options.name}.")

    client = boto3.client(
        "secretsmanager",
        region_name=options.arn.split(":")[3],
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
    )
    old = json.loads(client.get_secret_value(SecretId=options.arn)["SecretString"])
    if options.new_key:
        new = with_new_key(old)
    elif options.name:
        asked = getpass.getpass(f"{options.name}: ") if sys.stdin.isatty() else sys.stdin.read()
        new = changed(old, options.name, asked.strip())
    else:
        new = old
    if new != old:
        client.put_secret_value(SecretId=options.arn, SecretString=json.dumps(new))
    print("\n".join(sorted(new)))


if __name__ == "__main__":
    main()
