#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a fresh clone ready for make: autoreconf, then configure with the paths
# that libvirtd needs; asked to, it installs what that takes first.
set -eu

usage() {
	cat <<'END'
usage: ./autogen.sh [--install-deps[=vm|arch|dev|package|bigendian|cross]]... [--allow-upgrade] [configure option]...

  --install-deps      install what build, demo and check need
  --install-deps=vm   these, and what 'make check-vm' needs (QEMU, mmdebstrap)
  --install-deps=arch these, and what 'make check-vm-arch' needs (QEMU and cross compilers)
  --install-deps=dev  these, and the analysis tools
  --install-deps=package
                      these, and what 'make deb' and 'make rpm' need
  --install-deps=bigendian
                      these, and what 'make check-bigendian' needs (a cross compiler, QEMU)
  --install-deps=cross
                      these, and what 'make check-cross' needs for other processors
  --allow-upgrade     also if libvirt or QEMU is upgraded by it

Everything else is passed on to configure, after
  --prefix=/usr --sysconfdir=/etc --localstatedir=/var
END
}

say() { printf '%s\n' "autogen.sh: $*"; }
die() { say "$@" >&2; exit 1; }

# --- what is needed ----------------------------------------------------------
# set | how to see that it is there | apt package | dnf package | what it is
needs() {
	cat <<'END'
base|command cc gcc clang|gcc|gcc|a C compiler
base|header stdio.h|libc6-dev|glibc-devel|the C library's headers
base|command make|make|make|make
base|command autoconf|autoconf|autoconf|autoconf
base|command automake|automake|automake|automake
base|command pkg-config pkgconf|pkg-config|pkgconf-pkg-config|pkg-config
base|command pod2man|perl|perl-podlators|pod2man
base|module libxml-2.0|libxml2-dev|libxml2-devel|libxml2, for developing
base|module inih|libinih-dev|inih-devel|inih, for developing
base|module json-c|libjson-c-dev|json-c-devel|json-c, for developing
base|module libpci|libpci-dev|pciutils-devel|libpci, for developing
base|module libvirt|libvirt-dev|libvirt-devel|libvirt, for developing
check|command zsh|zsh|zsh|zsh, whose completion is tested
check|command fish|fish|fish|fish, likewise
vm|command qemu-system-x86_64|qemu-system-x86|qemu-system-x86-core|QEMU for x86
vm|command mmdebstrap|mmdebstrap|mmdebstrap|mmdebstrap
vm|file /usr/share/keyrings/debian-archive-keyring.gpg|debian-archive-keyring|debian-keyring|Debian's keys
vm|command mke2fs|e2fsprogs|e2fsprogs|mke2fs
arch|command qemu-system-aarch64|qemu-system-arm|qemu-system-aarch64-core|QEMU for arm64
arch|file /usr/share/qemu-efi-aarch64/QEMU_EFI.fd|qemu-efi-aarch64|edk2-aarch64|UEFI for arm64
arch|command qemu-system-s390x|qemu-system-misc|qemu-system-s390x-core|QEMU for s390x
arch|command aarch64-linux-gnu-gcc|gcc-aarch64-linux-gnu|gcc-aarch64-linux-gnu|a compiler for arm64
arch|file /usr/aarch64-linux-gnu/include/stdio.h|libc6-dev-arm64-cross|gcc-aarch64-linux-gnu|the C library's headers for it
arch|command s390x-linux-gnu-gcc|gcc-s390x-linux-gnu|gcc-s390x-linux-gnu|a compiler for s390x
arch|file /usr/s390x-linux-gnu/include/stdio.h|libc6-dev-s390x-cross|gcc-s390x-linux-gnu|the C library's headers for it
arch|command mmdebstrap|mmdebstrap|mmdebstrap|mmdebstrap
arch|file /usr/share/keyrings/debian-archive-keyring.gpg|debian-archive-keyring|debian-keyring|Debian's keys
arch|command mke2fs|e2fsprogs|e2fsprogs|mke2fs
arch|command depmod|kmod|kmod|depmod
arch|command cpio|cpio|cpio|cpio
arch|command xz|xz-utils|xz|xz
dev|command shellcheck|shellcheck|ShellCheck|shellcheck
dev|command cppcheck|cppcheck|cppcheck|cppcheck
dev|command clang|clang|clang|clang
dev|command clang|libclang-rt-dev|compiler-rt|the runtime of clang's sanitizers and libFuzzer
dev|command clang-tidy|clang-tidy|clang-tools-extra|clang-tidy
dev|command clang-format|clang-format|clang-tools-extra|clang-format
dev|command valgrind|valgrind|valgrind|valgrind
dev|command strace|strace|strace|strace
dev|command codespell|codespell|codespell|codespell
dev|command xmllint|libxml2-utils|libxml2|xmllint
dev|command xz|xz-utils|xz|xz
dev|command jq|jq|jq|jq
dev|python jsonschema|python3-jsonschema|python3-jsonschema|jsonschema for Python
dev|command patch|patch|patch|patch
package|command dpkg-buildpackage|dpkg-dev|dpkg-dev|dpkg-buildpackage
package|command dh|debhelper|debhelper|debhelper
package|command fakeroot|fakeroot|fakeroot|fakeroot
package|command rpmbuild|rpm|rpm-build|rpmbuild
package|command lintian rpmlint|lintian|rpmlint|lintian
bigendian|command s390x-linux-gnu-gcc|gcc-s390x-linux-gnu|gcc-s390x-linux-gnu|a compiler for s390x
bigendian|file /usr/s390x-linux-gnu/include/stdio.h|libc6-dev-s390x-cross|gcc-s390x-linux-gnu|the C library's headers for it
bigendian|command qemu-s390x|qemu-user|qemu-user|QEMU for programs of s390x
bigendian|command mmdebstrap|mmdebstrap|mmdebstrap|mmdebstrap
bigendian|file /usr/share/keyrings/debian-archive-keyring.gpg|debian-archive-keyring|debian-keyring|Debian's keys
cross|command aarch64-linux-gnu-gcc|gcc-aarch64-linux-gnu|gcc-aarch64-linux-gnu|a compiler for arm64
cross|file /usr/aarch64-linux-gnu/include/stdio.h|libc6-dev-arm64-cross|gcc-aarch64-linux-gnu|the C library's headers for it
cross|command powerpc64le-linux-gnu-gcc|gcc-powerpc64le-linux-gnu|gcc-powerpc64le-linux-gnu|a compiler for ppc64el
cross|file /usr/powerpc64le-linux-gnu/include/stdio.h|libc6-dev-ppc64el-cross|gcc-powerpc64le-linux-gnu|the C library's headers for it
cross|command riscv64-linux-gnu-gcc|gcc-riscv64-linux-gnu|gcc-riscv64-linux-gnu|a compiler for riscv64
cross|file /usr/riscv64-linux-gnu/include/stdio.h|libc6-dev-riscv64-cross|gcc-riscv64-linux-gnu|the C library's headers for it
END
}

has_command() {
	for name; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$name" >/dev/null && return
	done
	return 1
}

# is_there KIND NAME...
is_there() {
	kind=$1
	shift
	case $kind in
	command) has_command "$@" ;;
	file)    test -e "$1" ;;
	python)  PATH=/usr/bin:$PATH python3 -c "import $1" 2>/dev/null ;;
	header)  test -e "/usr/include/$1" ;;
	module)  { pkg-config --exists "$1" || pkgconf --exists "$1"; } 2>/dev/null ;;
	esac
}

# missing COLUMN: that column of every need that is not met
missing() {
	needs | while IFS='|' read -r set probe apt dnf what; do
		case " base check $wanted " in *" $set "*) ;; *) continue ;; esac
		# shellcheck disable=SC2086	# a kind and its names
		is_there $probe && continue
		case $1 in
		apt)  echo "$apt" ;;
		dnf)  echo "$dnf" ;;
		what) echo "$what" ;;
		esac
	done | sort -u
}

# --- installing --------------------------------------------------------------

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

need_root() {
	[ "$(id -u)" = 0 ] || has_command sudo ||
		die "only root can install, and there is no sudo; needed:" "$@"
}

# A start must not find another libvirt or QEMU than its administrator chose.
refuse_upgrade() {
	[ -n "$1" ] && [ -z "$allow_upgrade" ] || return 0
	die "nothing is changed: this would upgrade" "$1" "(--allow-upgrade lets it)"
}

# Packages from apt's simulation. An upgrade: Inst NAME [OLD] (NEW ...)
simulated() {
	printf '%s\n' "$simulation" | awk -v kind="$1" '
		$1 == "Remv" && kind == "removed" { print $2 }
		$1 == "Inst" && $3 ~ /^\[/ && kind == "upgraded" { print $2 }
		$1 == "Inst" && $3 !~ /^\[/ && kind == "new" { print $2 }
	' | tr '\n' ' ' | sed 's/ $//'
}

install_apt() {
	packages=$(missing apt)
	if [ -z "$packages" ]; then
		say "nothing to install: all that is needed is there"
		return
	fi
	# shellcheck disable=SC2086	# a list
	need_root $packages
	as_root apt-get -q update || die "apt-get update failed: see above"
	# shellcheck disable=SC2086	# a list
	simulation=$(LC_ALL=C apt-get -s install --no-install-recommends $packages) ||
		die "nothing is changed: apt cannot install" $packages
	say "needed: $(echo "$packages" | xargs)"
	say "to be installed: $(simulated new)"
	upgraded=$(simulated upgraded)
	say "to be upgraded: ${upgraded:-nothing}"
	if [ -n "$(simulated removed)" ]; then
		die "nothing is changed: this would remove $(simulated removed)"
	fi
	refuse_upgrade "$(printf '%s\n' "$upgraded" | tr ' ' '\n' | grep -E '^(libvirt|qemu)|-qemu$' | xargs)"
	# shellcheck disable=SC2086	# a list
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		--no-remove -o Dpkg::Options::=--force-confold install $packages
}

# Untested: written from dnf's manual.
install_dnf() {
	packages=$(missing dnf)
	if [ -z "$packages" ]; then
		say "nothing to install: all that is needed is there"
		return
	fi
	# shellcheck disable=SC2086	# a list
	need_root $packages
	say "installing with dnf is untested; please report what goes wrong"
	# --assumeno answers no after the list, which counts as a failure
	# shellcheck disable=SC2086	# a list
	simulation=$(LC_ALL=C dnf install --assumeno --setopt=install_weak_deps=False $packages 2>&1) || true
	printf '%s\n' "$simulation"
	if printf '%s\n' "$simulation" | grep -q '^Removing'; then
		die "nothing is changed: this would remove packages"
	fi
	refuse_upgrade "$(printf '%s\n' "$simulation" |
		awk '/^[A-Z]/ { upgrading = /^Upgrading/ } upgrading && $1 ~ /^(libvirt|qemu)/ { print $1 }' |
		xargs)"
	# shellcheck disable=SC2086	# a list
	as_root dnf install -y --setopt=install_weak_deps=False $packages
}

install_deps() {
	if has_command apt-get; then
		install_apt
	elif has_command dnf; then
		install_dnf
	elif [ -n "$(missing what)" ]; then
		say "neither apt-get nor dnf is here; please install:" >&2
		missing what | sed 's/^/  /' >&2
		exit 1
	fi
}

# --- main --------------------------------------------------------------------

wanted='' install='' allow_upgrade=''
# Our own options are taken out, the others stay in "$@".
for argument; do
	shift
	case $argument in
	--install-deps)     install=yes ;;
	--install-deps=vm)  install=yes wanted="$wanted vm" ;;
	--install-deps=arch) install=yes wanted="$wanted arch" ;;
	--install-deps=dev) install=yes wanted="$wanted dev" ;;
	--install-deps=bigendian) install=yes wanted="$wanted bigendian" ;;
	--install-deps=cross) install=yes wanted="$wanted bigendian cross" ;;
	--install-deps=package) install=yes wanted="$wanted package" ;;
	--install-deps=*)   usage >&2; exit 2 ;;
	--allow-upgrade)    allow_upgrade=yes ;;
	-h | --help)        usage; exit ;;
	*)                  set -- "$@" "$argument" ;;
	esac
done

cd "$(dirname "$0")"
[ -z "$install" ] || install_deps
has_command autoreconf || die "no autoreconf: ./autogen.sh --install-deps installs what is needed"
autoreconf -fi
exec ./configure --prefix=/usr --sysconfdir=/etc --localstatedir=/var "$@"
