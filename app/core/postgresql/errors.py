"""Which of PostgreSQL's errors say that it is gone, and not that a statement is wrong."""

from types import TracebackType
from typing import Any

import psycopg
from django.db.utils import DatabaseErrorWrapper

from app.core.postgresql import ServerGone

# Connections, resources, the operator, the disk; a statement that was cancelled, as by
# statement_timeout, is among the operator's.
# https://www.postgresql.org/docs/17/errcodes-appendix.html
_CLASSES = {"08", "53", "57", "58"}
# A write where none is taken: this was the server to write to before another one took over.
_DEMOTED = "25006"
_KINDS = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


def is_gone(error: BaseException, connection: Any) -> bool:
    """Tell it by the error, and by what it has left of psycopg's connection, if there was one."""
    if not isinstance(error, _KINDS):
        return False
    if connection is None or connection.closed:
        return True
    if error.sqlstate == _DEMOTED:
        # It answers, so nobody would look for the other one.
        connection.close()
        return True
    return error.sqlstate is not None and error.sqlstate[:2] in _CLASSES


class ErrorWrapper(DatabaseErrorWrapper):
    wrapper: Any

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_value is None:
            return
        if is_gone(exc_value, self.wrapper.connection):
            self.wrapper.errors_occurred = True
            raise ServerGone(*exc_value.args).with_traceback(traceback) from exc_value
        super().__exit__(exc_type, exc_value, traceback)
