from mangum import Mangum

from .asgi import application

handler = Mangum(application, lifespan="off")
