#!/bin/sh
# Puts the image's root together in /rootfs.
set -eu
root=/rootfs
machine=$(uname -m)
gnu=$(gcc -dumpmachine)

mkdir "$root"
for directory in dev etc/ssl/certs home lib media mnt opt proc root run srv sys tmp \
  usr/local usr/share var/log var/tmp; do
  mkdir -p "$root/$directory"
done
ln -s /run "$root/var/run"
chmod 700 "$root/root"
chmod 1777 "$root/tmp" "$root/var/tmp"

# musl is one file: loader and libc, by its name on Alpine, too (installers tell musl by it), and ldd
cp "/usr/lib/${gnu%gnu}musl/libc.so" "$root/lib/ld-musl-$machine.so.1"
ln -s "ld-musl-$machine.so.1" "$root/lib/libc.musl-$machine.so.1"
cp -a /build/busybox-root/. "$root"
ln -s "/lib/ld-musl-$machine.so.1" "$root/usr/bin/ldd"

# the libraries' own headers and build files are not in the official image either: there they are packages of their own
cp -a /out/usr/local/bin /out/usr/local/lib "$root/usr/local"
mkdir "$root/usr/local/include"
cp -a /out/usr/local/include/python3.* "$root/usr/local/include"
(
  cd "$root/usr/local"
  rm -rf bin/ncursesw6-config lib/*.a lib/*.la lib/terminfo
  find lib/pkgconfig -type f ! -name 'python*' -delete
  find lib -maxdepth 1 -name 'lib*.so' ! -name 'libpython*' -delete
  strip --strip-unneeded lib/lib*.so.*
  find . -depth -type d \( -name idle_test -o -name test -o -name tests \) -exec rm -rf {} +
  for name in idle pydoc python; do
    ln -s "${name}3" "bin/$name"
  done
  ln -s python3-config bin/python-config
  # what builds extension modules later shall find a compiler by its usual name, and none of our directories
  sed -i 's#/out/usr/local#/usr/local#g; s#musl-cc#gcc#g' lib/python3*/_sysconfigdata*.py lib/python3*/config-*/Makefile
)

# modes are set, not copied: those in a checkout depend on its owner's umask
install -m 644 /recipe/files/etc/* "$root/etc"
install -m 755 /recipe/files/sbin/apk "$root/sbin/apk"
cp /etc/protocols /etc/services "$root/etc"
install -m 640 /dev/null "$root/etc/shadow"
sed 's/:.*/:!::0:::::/' "$root/etc/passwd" > "$root/etc/shadow"
cp -r /lib/terminfo "$root/etc/terminfo"
cp -a /usr/share/zoneinfo "$root/usr/share"
rm -rf "$root/usr/share/zoneinfo/posix" "$root/usr/share/zoneinfo/right"

# this host's certificates and pip settings, see standins/debian
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs"
ln -s certs/ca-certificates.crt "$root/etc/ssl/cert.pem"
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc"

# pip and setuptools lie in CPython's source as wheels, and pip installs itself from its own
mkdir "$root/wheels"
cp "$root"/usr/local/lib/python3.*/ensurepip/_bundled/*.whl /usr/share/python-wheels/wheel-*.whl "$root/wheels"
# shellcheck disable=SC2016 # the shell in the new root expands it
chroot "$root" /bin/sh -euc '
  export PATH=/usr/local/bin:/bin LANG=C.UTF-8
  PYTHONPATH=$(echo /wheels/pip-*.whl) python3 -B -m pip install \
    --no-cache-dir --no-compile --no-index --root-user-action=ignore /wheels/*.whl'
rm -rf "$root/wheels"
