"""Makes .env of .env.example, or completes the one that is there: each secret gets a random value.

For its owner alone to read. A secret that has a value keeps it.
"""

import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What .env.example leaves empty without commenting it out.
EMPTY = re.compile(r"^([A-Z_]+)=$", re.MULTILINE)


def complete(env: Path, example: str) -> None:
    text = env.read_text() if env.exists() else example
    for name in EMPTY.findall(example):
        if not re.search(rf"^{name}=", text, re.MULTILINE):
            text = f"{text.rstrip()}\n{name}=\n"
    text = EMPTY.sub(lambda match: f"{match[1]}={secrets.token_urlsafe(48)}", text)
    env.touch(mode=0o600)
    env.write_text(text)


if __name__ == "__main__":
    complete(Path(sys.argv[1]), (ROOT / ".env.example").read_text())
