# One image for every role. Lambda's functions pick their handler by ImageConfig.Command; the others:
#   server   docker run --entrypoint python IMAGE -m gunicorn --config python:config.gunicorn
#   worker   docker run --entrypoint python IMAGE -m celery --app config.celery worker
#   migrate  docker run --entrypoint python IMAGE manage.py migrate

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app

# The lock is complete and hashed: nothing is resolved, nothing is built from source. Bytecode
# decides the cold start; its check against the source's date is left out, as the image does not
# change and dates may not survive the way into it.
COPY requirements.lock /tmp/
RUN python -m venv --without-pip /venv \
 && python -m pip --python /venv/bin/python install --require-hashes --no-deps --only-binary :all: \
    --no-compile -r /tmp/requirements.lock \
 && find /venv/lib -depth \( -type d -name tests -o -name '*.po' \) -exec rm -r {} + \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib

COPY manage.py ./
COPY config config
COPY app app
# Lambda runs as a user of its own, which a strict umask of the checkout would lock out.
RUN chmod -R a+rX . \
 && DEBUG=true PYTHONDONTWRITEBYTECODE=1 /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q --invalidation-mode unchecked-hash /app


FROM python:3.13-slim-bookworm
# The public image comes without the standard library's bytecode, and with a pip.
RUN cd /usr/local/lib/python3.13 \
 && rm -rf ensurepip site-packages/pip site-packages/pip-* /usr/local/bin/pip* \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x '/(idlelib|site-packages|test|tkinter|turtledemo)/' "$PWD" \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin guildhall \
 # A volume here belongs to whom the folder does.
 && install -d -o 10001 -g 10001 /media

COPY --from=build /venv /venv
COPY --from=build /app /app

WORKDIR /app
# The last is Celery's: config/celery.py.
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 REMAP_SIGTERM=SIGQUIT
# A module without bytecode would be compiled by each new environment again.
RUN DEBUG=true python -c "import sys, config.functions; from pathlib import Path; \
cached = {m.__file__: m.__cached__ for m in [*sys.modules.values()] if getattr(m, '__cached__', None)}; \
sys.exit('\n'.join(source for source, code in cached.items() if not Path(code).exists()) or 0)"
# By number, which an orchestrator can tell from root's. SAM asks for root in template.yaml: it builds
# its local emulator onto the image. Lambda itself runs as a user of its own, whatever stands here.
ARG RUN_AS=10001:10001
USER $RUN_AS
EXPOSE 8000

# Of the plain server; Lambda ignores it. The host that is asked for must be one that is allowed.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as u; \
host = os.environ.get('ALLOWED_HOSTS', '').split(',')[0].strip(' *.') or 'localhost'; \
u.urlopen(u.Request('http://127.0.0.1:8000/health/', headers={'Host': host}), timeout=4)"]

ENTRYPOINT ["python", "-m", "awslambdaric"]
CMD ["config.functions.api"]

# Last, as they change with every build.
ARG GUILDHALL_VERSION=dev
ARG GUILDHALL_REVISION=unknown
ENV GUILDHALL_VERSION=$GUILDHALL_VERSION GUILDHALL_REVISION=$GUILDHALL_REVISION
LABEL org.opencontainers.image.title="Guildhall" \
      org.opencontainers.image.description="The backend of a gaming community: members, tournaments and the Dota 2 matches Steam recorded." \
      org.opencontainers.image.version="$GUILDHALL_VERSION" \
      org.opencontainers.image.revision="$GUILDHALL_REVISION" \
      org.opencontainers.image.base.name="python:3.13-slim-bookworm"
