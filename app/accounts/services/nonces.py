from django.db import IntegrityError, transaction

from app.accounts.models import Nonce


def use_nonce(value: str) -> bool:
    """Tell whether the value is used for the first time, which from then on it was."""
    try:
        with transaction.atomic():
            Nonce.objects.create(value=value)
    except IntegrityError:
        return False
    return True


def forget_nonce(value: str) -> bool:
    """Tell whether the value was there, which from then on it is not."""
    return Nonce.objects.filter(value=value).delete()[0] == 1
