from django_tasks import task


@task
def move_lines() -> None:
    from app.events import services

    services.move_lines()
