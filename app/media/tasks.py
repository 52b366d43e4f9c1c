from django_tasks import task

# What these need is imported as they run: a request that only enqueues one does not wait for it.


@task
def make_pictures(*, upload_id: int) -> None:
    from app.media import services

    services.make_pictures(upload_id=upload_id)


@task
def remove_orphans() -> None:
    from app.media import services

    services.remove_orphans()
