/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banned - included last. Files are reached through lib/base/root only, strings and numbers
 * through util and strbuf; what goes round them does not compile.
 */
#ifndef VH_BANNED_H
#define VH_BANNED_H

#pragma GCC poison fopen freopen opendir scandir access realpath
#pragma GCC poison system popen tmpfile mktemp
#pragma GCC poison sprintf vsprintf strcpy stpcpy strcat strtok gets atoi atol

#endif
