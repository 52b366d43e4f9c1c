#!/bin/bash
# Run by PostgreSQL's image when its volume is new: a database for Guildhall, whose owner is no superuser.
set -e

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set name="$DB_NAME" --set owner="$DB_USER" --set password="$DB_PASSWORD" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"owner";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
ALTER DATABASE :"name" SET timezone TO 'UTC';
\connect :"name"
-- What takes the time, for whoever looks in pgAdmin.
CREATE EXTENSION pg_stat_statements;
SQL
