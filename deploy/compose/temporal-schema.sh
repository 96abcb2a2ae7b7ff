#!/bin/sh
# Brings both databases of Temporal to the schema of this release; does nothing where they have it.
set -eu
SQL_PASSWORD=$(cat /run/secrets/temporal_postgres)
export SQL_PASSWORD

schema() { # DATABASE FOLDER
    export SQL_DATABASE="$1"
    temporal-sql-tool setup-schema --version 0.0 || true # it is there already
    temporal-sql-tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
