from django_tasks import task

# In seconds. Two tasks are one batch of the worker's, which has 120 for both and what they do last.
DEADLINE = 40

# What these need is imported as they run: a request that only enqueues one does not wait for it.


@task
def deliver_notifications() -> None:
    from app.notifications import services

    # What is left then is the schedule's, a minute later: a task for the rest would be one more
    # chain of them each time.
    services.deliver(deadline=DEADLINE)


@task
def remove_old_notifications() -> None:
    from app.notifications import services

    services.remove_old()
