#!/bin/sh
# Writes the image's root file system: busybox and its names, the other tools, and what they are linked with.
# Runs in the build stage only.
# usage: rootfs.sh DIRECTORY
set -eux
root=$1

mkdir -p "$root/etc/ssl/certs" "$root/root" "$root/usr/bin" "$root/usr/sbin"
mkdir -m 1777 "$root/tmp"
cp -a /bin /lib* /sbin "$root" # links to those in /usr

cp -a /bin/busybox /usr/bin/curl /usr/bin/socat "$root/usr/bin"
cp -a /bin/nc.openbsd "$root/usr/bin/nc"
ldd "$root"/usr/bin/* | grep -o '/lib[^ :]*' | sort -u | sed 's#^#/usr#' > /libraries
xargs cp --dereference --parents --target-directory="$root" < /libraries

echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"
cp /etc/nsswitch.conf "$root/etc"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs"
sed -e 's#^VARIANT=.*#VARIANT="stand-in for avenga/net-tools"#' \
    -e "s#^PRETTY_NAME=.*#PRETTY_NAME=\"Debian's network tools, stand-in for avenga/net-tools\"#" \
    /usr/lib/os-release > "$root/etc/os-release"

chroot "$root" /bin/busybox --install -s # under every name of its own that is not taken
chroot "$root" /bin/sh -euxc 'ip address; ping -c 1 127.0.0.1; curl --version; socat -V; nc -h'
