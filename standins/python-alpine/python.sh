#!/bin/sh
# Builds CPython into /out, against the libraries that are there.
set -eu
mkdir /build/python
cd /build/python
tar -x --strip-components=1 -f /sources/python3.*.orig.tar.*

export CC=musl-cc CPPFLAGS=-I/out/usr/local/include LDFLAGS='-L/out/usr/local/lib -Wl,--strip-all'
export OPT='-DNDEBUG -fwrapv -O2 -pipe -Wall'
# ac_cv_search_crypt_r: Debian's musl-dev leaves out the header that declares crypt_r; CPython takes crypt instead
# --build: CPython's platform, by which pip chooses musllinux wheels; config.guess would say gnu
./configure --build="$(uname -m)-pc-linux-musl" --prefix=/usr/local \
  --disable-test-modules \
  --enable-option-checking=fatal \
  --enable-shared \
  --with-openssl=/out/usr/local \
  --without-ensurepip \
  --without-static-libpython \
  ac_cv_search_crypt_r=no

# The image holds no bytecode: do not write it to begin with, it takes longer than all the rest of the installation.
# shellcheck disable=SC2016 # make's variables
sed -i 's#$(DESTDIR)$(LIBDEST)/compileall.py#-c pass#' Makefile

# musl gives a thread 128 KiB of stack; deep recursion needs the 1 MiB that the official image sets, too
make -j"$(nproc)" EXTRA_CFLAGS=-DTHREAD_STACK_SIZE=0x100000
make install DESTDIR=/out EXTRA_CFLAGS=-DTHREAD_STACK_SIZE=0x100000
