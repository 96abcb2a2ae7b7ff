#!/bin/sh
# Builds the image of deploy/Containerfile as an OCI archive, without a container engine: on Debian as
# root, with mmdebstrap and buildah. Its base is Debian's own Python instead of the official image's.
#
#     deploy/image.sh dist/casework.oci.tar
set -eu
archive=$(realpath -m "$1")
cd "$(dirname "$0")/.."
for tool in mmdebstrap buildah; do
    command -v "$tool" >/dev/null || { echo "not here: $tool (apt-get install mmdebstrap buildah, as root)" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"
storage="--root $work/store --runroot $work/run --storage-driver vfs"
policy="--signature-policy $work/policy.json"
export BUILDAH_ISOLATION=chroot

mkdir -p "$work/context/dist"
cp -R deploy requirements-runtime.lock "$work/context/"
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: -r requirements-runtime.lock -d "$work/context/dist"
.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    -w "$work/context/dist" .

mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base.tar"
# The storage's folders have no blank in their names.
# shellcheck disable=SC2086
{
    base=$(buildah $storage from $policy scratch)
    buildah $storage add --quiet "$base" "$work/base.tar" /
    buildah $storage commit --quiet $policy "$base" localhost/casework-base
    buildah $storage build --quiet $policy --pull=never --timestamp 0 \
        --build-arg BASE=localhost/casework-base \
        -f deploy/Containerfile -t localhost/casework "$work/context"
    mkdir -p "$(dirname "$archive")"
    rm -f "$archive"
    buildah $storage push --quiet $policy localhost/casework "oci-archive:$archive:casework"
}
echo "$archive"
