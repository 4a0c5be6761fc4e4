# SPDX-License-Identifier: GPL-2.0-or-later
# VH_SONAME(PREFIX, NAME): defines VH_PREFIX_SONAME, the soname under which a program that is
# linked with PREFIX_LIBS finds the library NAME, and sets DLOPEN_LIBS, for those that load it.
AC_DEFUN([VH_SONAME], [
	AC_CHECK_TOOL([READELF], [readelf], [readelf])
	AC_CACHE_CHECK([for the soname of $2], [vh_cv_soname_$1], [
		vh_save_libs=$LIBS
		LIBS="-Wl,--no-as-needed $$1[]_LIBS $LIBS"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()], [vh_cv_soname_$1=`
			$READELF -d conftest$EXEEXT | sed -n 's/.*(NEEDED).*\($2\.so@<:@.0-9@:>@*\).*/\1/p'`])
		LIBS=$vh_save_libs
	])
	AS_IF([test -z "$vh_cv_soname_$1"], [AC_MSG_ERROR([cannot tell the soname of $2 (is $READELF there?)])])
	AC_DEFINE_UNQUOTED([VH_$1_SONAME], ["$vh_cv_soname_$1"], [The soname of $2, which is loaded.])
	vh_save_libs=$LIBS
	LIBS=
	AC_SEARCH_LIBS([dlopen], [dl], [], [AC_MSG_ERROR([there is no dlopen()])])
	AC_SUBST([DLOPEN_LIBS], [$LIBS])
	LIBS=$vh_save_libs
])
