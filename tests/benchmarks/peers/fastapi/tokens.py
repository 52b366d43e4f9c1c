import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

BearerToken = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
UNAUTHORIZED = HTTPException(401, "The token is not valid.")


def user_id_of(token: HTTPAuthorizationCredentials) -> int:
    try:
        claims = jwt.decode(token.credentials, os.environ["SECRET_KEY"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise UNAUTHORIZED from None
    return int(claims["user_id"])
