#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every function of libc that asks the kernel for something is one that t-failing makes fail, or
# stands below: so that a new one is among them, or is looked at.
# shellcheck disable=SC2154 # set by the library
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
cd "$top" || exit

# Cannot fail, or not in a way that a caller could do something about; or what fails is what it does.
harmless='close dup2 exit _exit free kill getpid getppid geteuid clock_gettime time umask signal
sigaddset sigemptyset sigprocmask clearenv sysconf prctl localtime_r munmap mmap'
# Waiting: whatever it says, the caller looks again.
waiting='nanosleep usleep sigtimedwait waitpid pthread_join'
# Not asked by what moves devices: snapshots, boot files, the log, how terminals are, SELinux labels.
elsewhere='execve fchmod fsync futimens getxattr ioctl sendto setsockopt symlinkat'
# Text, memory, numbers.
pure='^(__.*|str.*|mem.*|.*printf|inet_.*|calloc|reallocarray|qsort|fnmatch)$'

if ! command -v nm >/dev/null || [ -n "$valgrind$sanitized" ]; then
	skip "every system call is one that fails in a test" "no nm, or other objects"
else
	fails=$(sed -nE 's/^[a-z_ *]*[ *](__openat_2|[a-z0-9_]+)\(.*\)$/\1/p' tests/fake/calls.c)
	nm -u "$abs_top_builddir/lib/libvfiohook.a" 2>/dev/null |
		awk '$1 == "U" { print $2 }' | sort -u >"$work/used"
	is "every system call is one that fails in a test" "$(
		grep -vE "$pure|^_GLOBAL|^vh_|^xml|^ini_" "$work/used" |
			grep -vxF -f <(tr ' ' '\n' <<<"$harmless $waiting $elsewhere $fails")
	)"
	verdict "and those that are made to fail are called" test "$(
		grep -cxF -f <(tr ' ' '\n' <<<"$fails") "$work/used")" -ge 20
fi
finish
