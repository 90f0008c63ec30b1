#!/bin/sh
# stand-in for: debian:12 debian:13 debian:sid
# peak disk: 500 MB
#
# Writes the root file system of a minimal Debian to standard output, as a tar archive.
# usage: root.sh debian:12 > root.tar
# environment, all derived from this host's own configuration by labcheck/host.py:
#   MIRROR            the archive that this host's apt uses
#   SECURITY_MIRROR   the security archive, if this host's apt uses one
#   PIP_CONF          a file that becomes /etc/pip.conf
set -eu
name=$1

case $name in
  debian:12) suite=bookworm ;;
  debian:13) suite=trixie ;;
  debian:sid) suite=sid ;;
  *) echo "root.sh: no suite is known for $name" >&2; exit 2 ;;
esac

set -- "deb $MIRROR $suite main"
if [ "$suite" != sid ]; then
  set -- "$@" "deb $MIRROR $suite-updates main"
  [ -z "${SECURITY_MIRROR:-}" ] || set -- "$@" "deb $SECURITY_MIRROR $suite-security main"
fi

# bookworm makes a merged /usr with a package that needs all of perl, 48 MB that debian's own image has not got;
# mmdebstrap's hook makes it as debootstrap does. Later suites are merged by themselves.
hooks=
[ "$suite" != bookworm ] || hooks=--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cat > "$work/os-release" <<OS
PRETTY_NAME="Debian $suite stand-in for $name (built from Debian's packages)"
VARIANT="stand-in for $name"
VARIANT_ID=standin
OS

# a mirror may serve a frozen copy, whose Release file counts as expired
# the documentation is left out as in debian's own slim images; licences stay
mmdebstrap --quiet --variant=minbase --format=tar ${hooks:+"$hooks"} \
  --aptopt='Acquire::Check-Valid-Until "false"' \
  --aptopt='Acquire::Languages "none"' \
  --aptopt='Acquire::Retries "3"' \
  --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/lintian/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --customize-hook="$(dirname "$0")/customize.sh \"\$1\" \"$work/os-release\"" \
  "$suite" - "$@"
