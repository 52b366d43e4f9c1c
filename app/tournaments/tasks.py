from django_tasks import task

# What these need is imported as they run: a request that only enqueues one does not wait for it.


@task
def settle_games() -> None:
    from app.tournaments import services

    services.settle_games()


@task
def tell_of_change(*, change_id: int) -> None:
    from app.tournaments.services import notices

    notices.tell_of_change(change_id=change_id)


@task
def tell_of_forgotten_changes() -> None:
    from app.tournaments.services import notices

    notices.tell_of_forgotten_changes()
