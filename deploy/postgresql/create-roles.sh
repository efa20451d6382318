#!/usr/bin/env bash
# Creates the owner of the tables and the role of the processes. The image of PostgreSQL runs this once, as its superuser, when
# the data folder is empty. Afterwards the superuser can sign in only inside the container (psql --username postgres).
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --single-transaction --username "${POSTGRES_USER:-postgres}" --dbname "$POSTGRES_DB" <<'SQL'
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv password DATABASE_PASSWORD
CREATE ROLE statsoffice_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE statsoffice LOGIN PASSWORD :'password';
SELECT format('ALTER DATABASE %I OWNER TO statsoffice_owner', current_database()) \gexec
CREATE EXTENSION pg_trgm;
SELECT format('ALTER ROLE %I PASSWORD NULL', current_user) \gexec
SQL
