#!/bin/sh
# Makes a base image from Debian's packages alone, for places that reach no image registry:
#   deploy/base_image.sh [NAME]     then: make image BASE_IMAGE=NAME
# It takes about a minute, needs root and debootstrap, and does nothing when the image is there already.
set -eu
name=${1:-tinytorch-base:bookworm}
docker=${DOCKER:-docker}

fail() {
    echo "base_image: $1" >&2
    exit 6
}

if "$docker" image inspect "$name" >/dev/null 2>&1; then
    echo "$name is there"
    exit 0
fi
"$docker" version >/dev/null 2>&1 || fail "Docker does not answer; start it (systemctl start docker), then run this again (nothing was made)"
command -v debootstrap >/dev/null || fail "debootstrap is missing; apt install debootstrap (nothing was made)"
[ "$(id -u)" -eq 0 ] || fail "debootstrap needs root; run this with sudo (nothing was made)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} \
    >"$work/log" 2>&1 || fail "debootstrap failed: $(tail -n 1 "$work/log"); check network and disk (nothing was made)"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/tmp/*
for folder in doc man locale info; do
    rm -rf "${root:?}/usr/share/$folder"/*
done
tar -C "$root" -c . | "$docker" import --change 'CMD ["/bin/bash"]' - "$name" >/dev/null
echo "made $name"
