"""Makes .env of .env.example, or completes the one that is there: each secret gets a random value.

For its owner alone to read. What has a value keeps it, and what is no secret stays empty.
"""

import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What .env.example leaves empty without commenting it out.
SECRET = re.compile(r"^([A-Z_]+)=$", re.MULTILINE)


def complete(env: Path, example: str) -> None:
    text = env.read_text() if env.exists() else example
    for name in SECRET.findall(example):
        value = f"{name}={secrets.token_urlsafe(48)}"
        if not re.search(rf"^{name}=", text, re.MULTILINE):
            text = f"{text.rstrip()}\n{name}=\n"
        text = re.sub(rf"^{name}=$", value, text, flags=re.MULTILINE)
    # Whole or not at all: a password that is lost is a database that nobody gets into.
    new = env.with_name(f"{env.name}.new")
    new.touch(mode=0o600)
    new.chmod(0o600)
    new.write_text(text)
    new.replace(env)


if __name__ == "__main__":
    complete(Path(sys.argv[1]), (ROOT / ".env.example").read_text())
