# SPDX-License-Identifier: GPL-2.0-or-later
# Flags of our own, each one tried before it is used. They go to VH_CPPFLAGS,
# VH_CFLAGS and VH_LDFLAGS, which the Makefile puts before the user's: those win.

# VH_CC_FLAG(FLAG): appends FLAG to VH_CFLAGS when the compiler takes it.
# -Werror, because clang only warns of what it does not know.
AC_DEFUN([VH_CC_FLAG], [
	AS_VAR_PUSHDEF([vh_var], [vh_cv_cc_$1])
	AC_CACHE_CHECK([whether $CC accepts $1], [vh_var], [
		vh_save_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
			[AS_VAR_SET([vh_var], [yes])], [AS_VAR_SET([vh_var], [no])])
		CFLAGS=$vh_save_cflags
	])
	AS_VAR_IF([vh_var], [yes], [VH_CFLAGS="$VH_CFLAGS $1"])
	AS_VAR_POPDEF([vh_var])
])

# VH_LD_FLAG(FLAG): the same for linking, into VH_LDFLAGS.
AC_DEFUN([VH_LD_FLAG], [
	AS_VAR_PUSHDEF([vh_var], [vh_cv_ld_$1])
	AC_CACHE_CHECK([whether $CC links with $1], [vh_var], [
		vh_save_cflags=$CFLAGS
		vh_save_ldflags=$LDFLAGS
		CFLAGS="$CFLAGS $VH_CFLAGS"
		LDFLAGS="$LDFLAGS $VH_LDFLAGS $1"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
			[AS_VAR_SET([vh_var], [yes])], [AS_VAR_SET([vh_var], [no])])
		CFLAGS=$vh_save_cflags
		LDFLAGS=$vh_save_ldflags
	])
	AS_VAR_IF([vh_var], [yes], [VH_LDFLAGS="$VH_LDFLAGS $1"])
	AS_VAR_POPDEF([vh_var])
])

AC_DEFUN([VH_WARNINGS], [
	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [warnings of the compiler are errors])],
		[], [enable_werror=no])
	VH_CC_FLAG([-std=gnu11])
	m4_foreach_w([vh_flag], [
		-Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef
		-Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations
		-Wold-style-definition -Wpointer-arith -Wwrite-strings
		-Wredundant-decls -Wimplicit-fallthrough -Wlogical-op
		-Wduplicated-cond
	], [VH_CC_FLAG(vh_flag)])
	AS_IF([test "x$enable_werror" = xyes], [VH_CFLAGS="$VH_CFLAGS -Werror"])
	VH_LD_FLAG([-Wl,--as-needed])
])

AC_DEFUN([VH_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers],
		[AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
			[build with these sanitizers @<:@address,undefined@:>@])],
		[], [enable_sanitizers=no])
	AS_CASE([$enable_sanitizers], [yes], [enable_sanitizers=address,undefined])
	AS_IF([test "x$enable_sanitizers" != xno], [
		vh_sanitize="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all"
		AC_MSG_CHECKING([whether $CC links with $vh_sanitize])
		vh_save_cflags=$CFLAGS
		CFLAGS="$CFLAGS $vh_sanitize"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])], [
			AC_MSG_RESULT([no])
			AC_MSG_ERROR([the compiler cannot do --enable-sanitizers=$enable_sanitizers])
		])
		CFLAGS=$vh_save_cflags
		VH_CFLAGS="$VH_CFLAGS $vh_sanitize -fno-omit-frame-pointer"
		VH_LDFLAGS="$VH_LDFLAGS $vh_sanitize"
	])
])

# libFuzzer is clang's; --enable-sanitizers goes with it.
AC_DEFUN([VH_FUZZING], [
	AC_ARG_ENABLE([fuzzing],
		[AS_HELP_STRING([--enable-fuzzing], [link the fuzz targets with libFuzzer (clang)])],
		[], [enable_fuzzing=no])
	AS_IF([test "x$enable_fuzzing" = xyes], [
		AC_MSG_CHECKING([whether $CC has libFuzzer])
		vh_save_cflags=$CFLAGS
		CFLAGS="$CFLAGS -fsanitize=fuzzer"
		AC_LINK_IFELSE([AC_LANG_SOURCE([[
			int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size);
			int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)
			{ return data && size ? 0 : 0; }]])], [AC_MSG_RESULT([yes])], [
			AC_MSG_RESULT([no])
			AC_MSG_ERROR([--enable-fuzzing needs CC=clang and its runtime (libclang-rt-dev)])
		])
		CFLAGS=$vh_save_cflags
		VH_CFLAGS="$VH_CFLAGS -fsanitize=fuzzer-no-link"
	])
	AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" = xyes])
])

# Sanitizers see less under _FORTIFY_SOURCE, which needs an optimising compiler
# anyway; where it is set already, by the user or the distribution, it stays.
AC_DEFUN([VH_HARDENING], [
	AC_ARG_ENABLE([hardening],
		[AS_HELP_STRING([--disable-hardening],
			[without PIE, RELRO, stack protector, FORTIFY])],
		[], [enable_hardening=yes])
	AS_IF([test "x$enable_hardening" != xno], [
		VH_CC_FLAG([-fPIE])
		VH_CC_FLAG([-fstack-protector-strong])
		VH_CC_FLAG([-fstack-clash-protection])
		VH_CC_FLAG([-fcf-protection])
		VH_LD_FLAG([-pie])
		VH_LD_FLAG([-Wl,-z,relro])
		VH_LD_FLAG([-Wl,-z,now])
		VH_LD_FLAG([-Wl,-z,noexecstack])
		AS_IF([test "x$enable_sanitizers" = xno], [
			AC_MSG_CHECKING([whether to set _FORTIFY_SOURCE])
			AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !defined(__OPTIMIZE__) || defined(_FORTIFY_SOURCE)
#error no
#endif
				]])], [
				AC_MSG_RESULT([yes])
				VH_CPPFLAGS="$VH_CPPFLAGS -D_FORTIFY_SOURCE=2"
			], [AC_MSG_RESULT([no])])
		])
	])
])

AC_DEFUN([VH_COVERAGE], [
	AC_ARG_ENABLE([coverage],
		[AS_HELP_STRING([--enable-coverage], [instrument for gcov])],
		[], [enable_coverage=no])
	AS_IF([test "x$enable_coverage" = xyes], [
		VH_CFLAGS="$VH_CFLAGS --coverage"
		VH_LDFLAGS="$VH_LDFLAGS --coverage"
	])
])
