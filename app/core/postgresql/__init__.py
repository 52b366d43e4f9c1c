from django.db.utils import OperationalError


class ServerGone(OperationalError):
    """PostgreSQL cannot be reached, has hung up, or gave up on a statement: nobody's mistake."""


class Prepared(str):
    """SQL that PostgreSQL keeps parsed and planned for the life of the connection.

    The plan is made for all values alike, so this is for SQL with one good plan: with at most one
    value, on an index that ends in the order. With more, the best plan depends on the values, and
    the wrong one reads a whole table to find a page.
    """

    __slots__ = ()
