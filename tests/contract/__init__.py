import pytest

# Their asserts are the tests' own, and shall say as much when they fail.
pytest.register_assert_rewrite("tests.contract.expect", "tests.contract.sites")
