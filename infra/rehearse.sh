#!/bin/bash
# Migrates a copy of compose's database by the image that is to come, and says how long each migration
# takes. The database itself is only read, and the cache not told. COMPOSE is the command with its options.
set -euo pipefail
copy=guildhall_rehearsal

in_postgres() { $COMPOSE exec -T postgres "$@"; }
drop() { in_postgres dropdb --username postgres --if-exists "$copy"; }

drop
trap drop EXIT
in_postgres bash -o pipefail -c "createdb --username postgres --owner \"\$DB_USER\" $copy &&
  pg_dump --username postgres \"\$DB_NAME\" | psql --username postgres --quiet --output /dev/null --set ON_ERROR_STOP=1 $copy"
$COMPOSE run --rm -T -e DB_NAME="$copy" -e REDIS_URL= migrate migrate --verbosity 2 --no-color
