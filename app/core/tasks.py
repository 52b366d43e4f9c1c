from django_tasks import task


@task
def hand_over_due() -> None:
    """Hand over the tasks that the queue did not take, and those whose time has come."""
    from app.core import health
    from app.core.queue import outbox

    # First: that tasks are run is what it tells.
    health.note_queue()
    outbox.hand_over_due()
