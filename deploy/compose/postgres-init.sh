#!/bin/sh
# Run once by PostgreSQL's image, on an empty volume: one account and database for the register, one
# account with two databases for Temporal. Passwords come from files that only the server reads.
set -eu

account() { # NAME PASSWORD-FILE
    psql --username postgres --set ON_ERROR_STOP=1 --set name="$1" --set password="$(cat "$2")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
SQL
}

database() { # NAME OWNER
    psql --username postgres --set ON_ERROR_STOP=1 --set name="$1" --set owner="$2" <<'SQL'
CREATE DATABASE :"name" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;
SQL
}

account casework /run/secrets/casework_postgres
database casework casework
account temporal /run/secrets/temporal_postgres
database temporal temporal
database temporal_visibility temporal
