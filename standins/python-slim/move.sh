#!/bin/sh
# Makes of Debian's Python one that lives in /usr/local and shares nothing with Debian's, as the official image's does.
# Runs in the build stage only.
set -eux
here=$(dirname "$0")
version=3.11
multiarch=$(gcc -print-multiarch)
lib=/usr/local/lib/python$version
wheels=/usr/share/python-wheels

rm -rf "$lib"
cp -a "/usr/lib/python$version" "$lib"
patch --directory="$lib" --no-backup-if-mismatch --strip=1 < "$here/site-packages.patch"

# static libraries (half of it all), Debian's own hooks
find "$lib" \( -name '*.a' -o -name 'libpython*' -o -name python.o \) -delete
rm -f "$lib/EXTERNALLY-MANAGED" "$lib/_distutils_system_mod.py" "$lib/sitecustomize.py"

cp -a "/usr/include/python$version" /usr/local/include/
cp "/usr/include/$multiarch/python$version/pyconfig.h" "/usr/local/include/python$version/pyconfig.h"
cp -a "/usr/lib/$multiarch/libpython$version.so"* /usr/local/lib/
mkdir /usr/local/lib/pkgconfig
cp -a "/usr/lib/$multiarch/pkgconfig/python-$version"* /usr/local/lib/pkgconfig/

# where Python is, for those who build against it
sed -i \
  -e "s#/usr/lib/$multiarch#/usr/local/lib#g" \
  -e "s#/usr/\(lib\|include\)/python#/usr/local/\1/python#g" \
  -e "s#$wheels#$lib/ensurepip/_bundled#g" \
  -e "s#\('\(BINDIR\|prefix\|exec_prefix\)': '/usr\)#\1/local#" \
  "$lib"/_sysconfigdata__"$multiarch".py "$lib"/config-*/Makefile
sed -i -e 's#^prefix=/usr$#prefix=/usr/local#' -e "s# -I[^ ]*/$multiarch/python$version##" /usr/local/lib/pkgconfig/*.pc
sed -e 's#^prefix="/usr"#prefix="/usr/local"#' -e "s#/usr/lib/$multiarch#/usr/local/lib#" \
  -e 's#^PY_ENABLE_SHARED="0"#PY_ENABLE_SHARED="1"#' \
  "/usr/bin/$multiarch-python$version-config" > "/usr/local/bin/python$version-config"

# Debian's python is linked statically and would add 7 MB to the shared library, which uwsgi and its like need: make one
# that is linked with it, as in the official image
gcc -O2 -s -o "/usr/local/bin/python$version" "-I/usr/local/include/python$version" "$here/python.c" \
  -L/usr/local/lib "-lpython$version"

sed 's#/usr/bin/python#/usr/local/bin/python#' "/usr/bin/idle-python$version" > "/usr/local/bin/idle$version"
sed 's#/usr/bin/python#/usr/local/bin/python#' "/usr/bin/pydoc$version" > "/usr/local/bin/pydoc$version"
chmod 755 /usr/local/bin/*
cd /usr/local/bin
for name in idle pydoc python; do
  ln -s "$name$version" "${name}3"
  ln -s "${name}3" "$name"
done
ln -s "python$version-config" python3-config
ln -s python3-config python-config
ldconfig

# programs that embed libpython have its frozen site.py, which looks into this directory; Debian's other Pythons do not
mkdir /usr/local/lib/python3 "$lib/site-packages"
ln -s "../python$version/site-packages" /usr/local/lib/python3/dist-packages

# the versions of the official image, also for `python -m venv`; Debian's pip only fetches them (its setuptools counts
# on Debian's distutils)
bundled=$lib/ensurepip/_bundled
python3 "$(echo "$wheels"/pip-*.whl)/pip" download --no-cache-dir --no-deps --only-binary=:all: --dest="$bundled" \
  pip==22.2.1 setuptools==63.2.0
python3 "$(echo "$bundled"/pip-*.whl)/pip" install --no-cache-dir --no-compile --find-links="$bundled" \
  pip==22.2.1 setuptools==63.2.0 wheel==0.37.1

# a Dockerfile for python:3.10.6 that copies packages from stage to stage names the path that it would have there
ln -s "python$version" /usr/local/lib/python3.10

export PYTHONDONTWRITEBYTECODE=1
find "$lib" -depth \( -name __pycache__ -o -name test -o -name tests -o -name idle_test \) -exec rm -rf {} +
python3 --version
pip3 --version
