#!/bin/sh
# Builds libraries that CPython links, each named by its Debian source, into /out/usr/local.
# usage: library.sh NAME...
set -eu
prefix=/usr/local
lib=/out$prefix/lib
include=/out$prefix/include

# -O1 compiles in half the time of -O2, and the heavy work in these is assembly or waits for the disk
export CC=musl-cc CFLAGS='-O1 -pipe' CPPFLAGS="-I$include" LDFLAGS="-L$lib"
MAKEFLAGS=-j$(nproc)
export MAKEFLAGS

# configure OPTION...: what all the autoconf packages have in common
configure() {
  sh ./configure --prefix="$prefix" --disable-static "$@"
}

# shared_library NAME ARGUMENT...: for sources that need no configure
shared_library() {
  soname=$1
  shift
  "$CC" -O1 -pipe -fPIC -shared -Wl,-soname,"$soname" -o "$lib/$soname" "$@"
  ln -s "$soname" "$lib/${soname%.so.*}.so"
}

build_ncurses() {
  # the descriptions of terminals come from Debian's ncurses-base, see rootfs.sh
  configure --disable-db-install --disable-stripping --enable-overwrite --enable-widec --with-build-cc=gcc \
    --with-shared --with-terminfo-dirs=/etc/terminfo:/usr/share/terminfo --without-ada --without-cxx \
    --without-cxx-binding --without-debug --without-manpages --without-normal --without-progs --without-tests
  make
  make install DESTDIR=/out
}

build_readline() {
  configure --disable-install-examples --with-curses
  make SHLIB_LIBS=-lncursesw
  make install DESTDIR=/out
}

build_gdbm() {
  configure --disable-dependency-tracking --disable-nls --enable-libgdbm-compat --without-readline
  for directory in src compat; do
    make -C "$directory"
    make -C "$directory" install DESTDIR=/out
  done
}

build_sqlite3() {
  configure --disable-readline --disable-tcl
  make sqlite3.c
  # the features that Alpine and Debian switch on, and Python programs find everywhere
  shared_library libsqlite3.so.0 sqlite3.c \
    -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_FTS3_PARENTHESIS \
    -DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_RTREE \
    -DSQLITE_ENABLE_UNLOCK_NOTIFY -DSQLITE_SECURE_DELETE -DSQLITE_THREADSAFE=1 -DSQLITE_USE_URI
  cp sqlite3.h "$include"
}

build_zlib() {
  ./configure --prefix="$prefix"
  make shared
  cp -P libz.so* "$lib"
  cp zconf.h zlib.h "$include"
}

build_bzip2() {
  make -f Makefile-libbz2_so CC="$CC"
  cp -P libbz2.so.* "$lib"
  ln -s libbz2.so.1.0 "$lib/libbz2.so"
  cp bzlib.h "$include"
}

build_xz_utils() {
  configure --disable-dependency-tracking --disable-doc --disable-lzmadec --disable-lzmainfo --disable-nls \
    --disable-scripts --disable-xz --disable-xzdec
  make
  make install DESTDIR=/out
}

build_libffi() {
  configure --disable-builddir --disable-dependency-tracking --disable-docs --disable-multi-os-directory
  make
  make install DESTDIR=/out
}

build_util_linux() {
  # libuuid alone, 13 files: util-linux's own configure takes longer than all of them
  # shellcheck disable=SC2046 # one word a file
  shared_library libuuid.so.1 $(find libuuid/src -name '*.c' ! -name 'test_*') lib/md5.c lib/randutils.c lib/sha1.c \
    -I include -I libuuid/src -Wl,--version-script=libuuid/src/libuuid.sym -D_GNU_SOURCE \
    -DHAVE_GETRANDOM -DHAVE_NANOSLEEP -DHAVE_NETINET_IN_H -DHAVE_NET_IF_H -DHAVE_STDLIB_H -DHAVE_SYS_FILE_H \
    -DHAVE_SYS_IOCTL_H -DHAVE_SYS_SOCKET_H -DHAVE_SYS_SYSCALL_H -DHAVE_SYS_TIME_H -DHAVE_TLS -DHAVE_UNISTD_H
  mkdir "$include/uuid"
  cp libuuid/src/uuid.h "$include/uuid"
}

build_openssl() {
  # Only these two targets: no programs, documentation, static libraries. Every cipher and hash stays, but the message
  # formats that neither TLS nor CPython uses do not.
  perl ./Configure "linux-$(uname -m)" --prefix="$prefix" --libdir=lib --openssldir=/etc/ssl \
    no-cmp no-cms no-engine no-legacy no-module no-tests no-ts shared
  make build_generated
  make libcrypto.so libssl.so
  cp -P libcrypto.so* libssl.so* "$lib"
  cp -r include/openssl "$include"
}

for name in "$@"; do
  mkdir "/build/$name"
  cd "/build/$name"
  tar -x --strip-components=1 -f "/sources/$name"_*.orig.tar.*
  "build_$(echo "$name" | tr - _)"
done
