#!/bin/sh
# What a root of ours has besides Debian's packages: says that it is a stand-in, keeps as little of what apt fetches as
# debian's own image, and knows this host's certificates and pip settings, without which pip fails behind an
# intercepting proxy or a private mirror.
# usage: customize.sh ROOT OS_RELEASE
set -eu
root=$1

cp "$root/etc/os-release" "$root/etc/os-release.standin"
grep -v '^PRETTY_NAME=' "$root/etc/os-release.standin" > "$root/usr/lib/os-release"
cat "$2" >> "$root/usr/lib/os-release"
rm "$root/etc/os-release.standin"

# as in debian's own image: what apt fetched does not stay in the layer
cat > "$root/etc/apt/apt.conf.d/50image" <<'APT'
APT::Keep-Downloaded-Packages "false";
Acquire::GzipIndexes "true";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT
rm -rf "$root"/var/lib/apt/lists/*
rm -f "$root"/var/cache/apt/*.bin "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old

# The bundle for what runs in this root as it is; the same as a local addition for when the package ca-certificates is
# installed, which makes the bundle anew from Debian's certificates and the local ones.
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/usr/local/share/ca-certificates/host.crt"
fi
[ -z "${PIP_CONF:-}" ] || install -m 644 "$PIP_CONF" "$root/etc/pip.conf"
