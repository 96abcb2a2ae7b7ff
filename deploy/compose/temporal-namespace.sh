#!/bin/sh
# Makes the namespace `casework`, once Temporal answers; finds it the next time.
set -eu
until temporal operator cluster health >/dev/null 2>&1; do sleep 2; done
temporal operator namespace describe --namespace casework >/dev/null 2>&1 ||
    temporal operator namespace create --namespace casework --retention "$TEMPORAL_RETENTION"
