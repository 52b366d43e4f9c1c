from django_tasks import task


@task
def hand_over_due() -> None:
    """Hand over the tasks that the queue did not take, and those whose time has come."""
    from app.core import health
    from app.core.queue import outbox
    from app.core.queue.backend import QueueBackend

    # First: that tasks are run is what it tells.
    health.note_queue()
    backend = hand_over_due.get_backend()
    if isinstance(backend, QueueBackend):
        outbox.hand_over_due(backend.hand_over)
