/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-base - what everybody trusts: numbers, strings, addresses, errors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/base/error.h"
#include "lib/base/names.h"
#include "lib/base/pci.h"
#include "lib/base/printable.h"
#include "lib/base/root.h"
#include "lib/base/strbuf.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define ANY UINT64_MAX

static const struct {
	const char *text;
	int base;
	uint64_t max;
	bool good;
	uint64_t value;
} numbers[] = {
	{ "0", 10, ANY, true, 0 },
	{ "7", 10, 7, true, 7 },
	{ "8", 10, 7, false, 0 },
	{ "010", 10, ANY, true, 10 },
	{ "010", 0, ANY, true, 8 },
	{ "08", 0, ANY, false, 0 },
	{ "0x1f", 0, ANY, true, 31 },
	{ "0X1F", 0, ANY, true, 31 },
	{ "0x", 0, ANY, false, 0 },
	{ "0b1", 0, ANY, false, 0 },
	{ "1f", 0, ANY, false, 0 },
	{ "1f", 16, ANY, true, 31 },
	{ "F", 16, ANY, true, 15 },
	{ "0x1f", 16, ANY, false, 0 },
	{ "g", 16, ANY, false, 0 },
	{ "18446744073709551615", 10, ANY, true, UINT64_MAX },
	{ "18446744073709551616", 10, ANY, false, 0 },
	{ "-1", 10, ANY, false, 0 },
	{ "-0", 10, ANY, false, 0 },
	{ "+1", 10, ANY, false, 0 },
	{ " 1", 10, ANY, false, 0 },
	{ "1 ", 10, ANY, false, 0 },
	{ "1\n", 10, ANY, false, 0 },
	{ "", 10, ANY, false, 0 },
	{ "", 16, ANY, false, 0 },
	{ NULL, 10, ANY, false, 0 },
	{ "1.0", 10, ANY, false, 0 },
	{ "\xd9\xa1", 10, ANY, false, 0 }, /* a digit of another script */
};

static void test_numbers(void)
{
	for (size_t i = 0; i < VH_COUNT(numbers); i++) {
		_auto_free_ char *shown = vh_printable(numbers[i].text ? numbers[i].text : "(null)",
						       99);
		uint64_t v = 4711, want = numbers[i].good ? numbers[i].value : 4711;
		int rc = vh_parse_uint(numbers[i].text, numbers[i].base, numbers[i].max, &v);

		ok((rc == 0) == numbers[i].good && v == want, "number '%s' base %d: %s", shown,
		   numbers[i].base, numbers[i].good ? "taken" : "refused, result untouched");
	}
}

enum how { NEITHER, LOOSE, BOTH }; /* which parser takes it */

static const struct {
	const char *text;
	enum how how;
	const char *want; /* canonical form; NULL: the text itself */
} addresses[] = {
	{ "0000:00:00.0", BOTH, NULL },
	{ "0000:03:00.0", BOTH, NULL },
	{ "0000:ff:1f.7", BOTH, NULL },
	{ "ffff:0a:1f.7", BOTH, NULL },
	{ "10000:e1:00.0", BOTH, NULL },
	{ "ffffffff:ff:1f.7", BOTH, NULL },
	{ "03:00.0", LOOSE, "0000:03:00.0" },
	{ "0000:0A:1F.7", LOOSE, "0000:0a:1f.7" },
	{ "0A:1f.7", LOOSE, "0000:0a:1f.7" },
	{ "pci_0000_03_00_0", LOOSE, "0000:03:00.0" },
	{ "pci_10000_e1_00_0", LOOSE, "10000:e1:00.0" },
	{ "0000:00:20.0", NEITHER, NULL },
	{ "0000:00:1f.8", NEITHER, NULL },
	{ "0000:100:00.0", NEITHER, NULL },
	{ "100000000:00:00.0", NEITHER, NULL },
	{ "000:03:00.0", NEITHER, NULL },
	{ "0000:3:00.0", NEITHER, NULL },
	{ "0000:03:0.0", NEITHER, NULL },
	{ "0000:03:00.00", NEITHER, NULL },
	{ "0000:03:00", NEITHER, NULL },
	{ "0000:03:00:0", NEITHER, NULL },
	{ "0000:03:00.0 ", NEITHER, NULL },
	{ " 0000:03:00.0", NEITHER, NULL },
	{ "0000:03:00.0\n", NEITHER, NULL },
	{ "0000:03:00.0/../x", NEITHER, NULL },
	{ "-000:03:00.0", NEITHER, NULL },
	{ "0x00:03:00.0", NEITHER, NULL },
	{ "000g:03:00.0", NEITHER, NULL },
	{ "pci_0000_03_00", NEITHER, NULL },
	{ "pci_", NEITHER, NULL },
	{ "", NEITHER, NULL },
	{ ":", NEITHER, NULL },
	{ "eth0", NEITHER, NULL },
	{ "00000000000000000000000000:03:00.0", NEITHER, NULL },
};

static bool is_addr(const struct vh_pci_addr *a, const char *want)
{
	return !strcmp(vh_pci_str(a).s, want);
}

static void test_addresses(void)
{
	const struct vh_pci_addr untouched = { 0xbeef, 1, 2, 3 };

	for (size_t i = 0; i < VH_COUNT(addresses); i++) {
		const char *text = addresses[i].text;
		const char *want = addresses[i].want ? addresses[i].want : text;
		_auto_free_ char *shown = vh_printable(text, 99);
		struct vh_pci_addr strict = untouched, loose = untouched;
		bool s = vh_pci_parse(text, &strict) == 0, l = vh_pci_parse_loose(text, &loose) == 0;

		ok(s == (addresses[i].how == BOTH) && is_addr(&strict, s ? want : "beef:01:02.3"),
		   "strict address '%s'", shown);
		ok(l == (addresses[i].how != NEITHER) && is_addr(&loose, l ? want : "beef:01:02.3"),
		   "loose address '%s'", shown);
	}
}

static void test_address_order(void)
{
	static const char *const sorted[] = { "0000:00:00.0", "0000:00:00.1", "0000:00:01.0",
					      "0000:01:00.0", "0001:00:00.0", "10000:00:00.0" };
	bool good = true;

	for (size_t i = 0; i < VH_COUNT(sorted); i++) {
		for (size_t j = 0; j < VH_COUNT(sorted); j++) {
			struct vh_pci_addr a = { 0 }, b = { 0 };
			int order;

			if (vh_pci_parse(sorted[i], &a) < 0 || vh_pci_parse(sorted[j], &b) < 0)
				good = false;
			order = vh_pci_cmp(&a, &b);
			good = good && (i < j ? order < 0 : i > j ? order > 0 : order == 0);
			good = good && vh_pci_same_slot(&a, &b) == ((i < 2 && j < 2) || i == j);
		}
	}
	ok(good, "addresses are ordered by their parts; functions share a slot");
}

static void test_strbuf(void)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	_auto_free_ char *empty = vh_strbuf_steal(&sb), *taken = NULL;
	bool good = true;

	ok(!strcmp(empty, "") && !sb.data, "an empty strbuf gives an empty string");
	vh_strbuf_join(&sb, ", ", "a");
	vh_strbuf_join(&sb, ", ", "b");
	vh_strbuf_addf(&sb, "%d%s", 42, "!");
	vh_strbuf_add_mem(&sb, "x\0y", 3);
	ok(sb.len == 10 && !memcmp(sb.data, "a, b42!x\0y", 11), "join, format, bytes");
	taken = vh_strbuf_steal(&sb);
	ok(!sb.data && !sb.len && !strcmp(taken, "a, b42!x"), "what was taken is gone");
	for (int i = 0; i < 10000; i++)
		vh_strbuf_addf(&sb, "%d", i % 10);
	for (size_t i = 0; i < 10000; i++)
		good = good && sb.data[i] == (char)('0' + i % 10);
	ok(good && sb.len == 10000 && sb.data[10000] == 0, "grows");
}

static const struct {
	const char *text;
	size_t max;
	const char *want;
} printables[] = {
	{ "vm", 10, "vm" },
	{ "", 10, "" },
	{ "a\nb", 10, "a\\x0ab" },
	{ "\x1b[31m\x7f", 10, "\\x1b[31m\\x7f" },
	{ "a\\b", 10, "a\\x5cb" }, /* else \x0a could be forged */
	{ "gr\xc3\xbc\xc3\x9f", 10, "gr\xc3\xbc\xc3\x9f" },
	{ "%s%n", 10, "%s%n" },
	{ "abcdef", 6, "abcdef" },
	{ "abcdefg", 6, "abcdef..." },
	{ "abc", 0, "..." },
};

static void test_printable(void)
{
	for (size_t i = 0; i < VH_COUNT(printables); i++) {
		_auto_free_ char *have = vh_printable(printables[i].text, printables[i].max);

		if (!ok(!strcmp(have, printables[i].want), "printable '%s'", printables[i].want))
			diag("have '%s'", have);
	}
}

/* Reads `len` bytes back from a pipe; the pipe must be drained whatever the limit. */
static void read_back(size_t len, size_t max, int want, const char *name)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	_auto_free_ char *bytes = vh_alloc(len);
	char rest;
	int fd[2], rc;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i % 251);
	if (pipe2(fd, O_CLOEXEC) < 0 || fcntl(fd[1], F_SETPIPE_SZ, 1 << 18) < 0 ||
	    write(fd[1], bytes, len) != (ssize_t)len) {
		ok(false, "%s: cannot fill a pipe", name);
		return;
	}
	close(fd[1]);
	rc = vh_strbuf_read_fd(&sb, fd[0], max);
	ok(rc == want && read(fd[0], &rest, 1) == 0 && sb.data && sb.data[sb.len] == 0 &&
		   (want != 0 || (sb.len == len && !memcmp(sb.data, bytes, len))),
	   "reads %s", name);
	close(fd[0]);
}

static void test_read_fd(void)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	int rc;

	read_back(0, 100, 0, "nothing");
	read_back(99, 100, 0, "less than the limit");
	read_back(100, 100, 0, "the limit");
	read_back(101, 100, 1, "a byte more than the limit");
	read_back(200000, 1 << 20, 0, "many bytes with NULs");
	read_back(200000, 100000, 1, "and drains what is too much");
	errno = 0;
	rc = vh_strbuf_read_fd(&sb, -1, 100);
	ok(rc == -1 && errno == EBADF, "a bad descriptor is an error");
}

static bool is_error(const struct vh_error *err, enum vh_code code, int sys, const char *what,
		     const char *fix)
{
	return err->code == code && err->sys == sys && vh_streq(err->what, what) &&
	       vh_streq(err->fix, fix);
}

static void test_error(void)
{
	_auto_error_ struct vh_error err = { 0 };

	ok(vh_fail(&err, VH_E_INPUT, 0, "type less", "'%s' is too much", "it") == -1 &&
		   is_error(&err, VH_E_INPUT, 0, "'it' is too much", "type less"),
	   "a failure has a reason and a remedy");
	ok(vh_wrap(&err, "line %d", 3) == -1 &&
		   is_error(&err, VH_E_INPUT, 0, "line 3: 'it' is too much", "type less"),
	   "context goes in front and keeps code and remedy");
	ok(vh_fail(&err, VH_E_SYS, ENOENT, NULL, "cannot open it") == -1 &&
		   is_error(&err, VH_E_SYS, ENOENT, "cannot open it: No such file or directory",
			    NULL),
	   "the next failure replaces it; errno is spelled out");
	/* what is replaced may be part of what replaces it */
	ok(vh_fail(&err, VH_E_SYS, 0, NULL, "again: %s", err.what) == -1 &&
		   is_error(&err, VH_E_SYS, 0, "again: cannot open it: No such file or directory",
			    NULL),
	   "an error made of itself");
	vh_error_clear(&err);
	ok(is_error(&err, VH_E_NONE, 0, NULL, NULL), "cleared");
	ok(vh_fail(NULL, VH_E_SYS, 0, NULL, "x") == -1 && vh_wrap(NULL, "x") == -1,
	   "nobody needs to listen");
}

static void test_memory(void)
{
	char *list[] = { (char[]){ "a" }, (char[]){ "b" } };
	const struct vh_names names = { list, 2 };
	_auto_free_ char *copy = vh_strndup("abc", 2), *moved = VH_STEAL(copy);
	_auto_free_ int *array = NULL;
	size_t count = 0;
	bool good;

	ok(!copy && !strcmp(moved, "ab"), "steal hands over");
	ok(!vh_strdup(NULL), "a copy of nothing is nothing");
	for (int i = 0; i < 100; i++)
		*VH_APPEND(array, count) += i;
	good = count == 100;
	for (int i = 0; good && i < 100; i++)
		good = array[i] == i;
	ok(good, "appended elements are zero and stay");
	ok(vh_streq(NULL, NULL) && !vh_streq(NULL, "") && vh_streq("a", "a"), "equal strings");
	ok(vh_has_prefix("abc", "ab") && !vh_has_prefix("ab", "abc"), "prefixes");
	ok(vh_is_at_or_below("/a/b", "/a") && vh_is_at_or_below("/a", "/a") &&
		   vh_is_at_or_below("/a/b", "/a/") && !vh_is_at_or_below("/ab", "/a/") &&
		   vh_is_at_or_below("/a", "/") && vh_is_at_or_below("/", "/") &&
		   !vh_is_at_or_below("/ab", "/a") && !vh_is_at_or_below("/", "/a"),
	   "paths through a folder");
	ok(vh_has_suffix("a.conf", ".conf") && !vh_has_suffix(".conf", ".conf") &&
		   !vh_has_suffix("f", ".conf") && !vh_has_suffix("a.conf~", ".conf"),
	   "suffixes");
	ok(vh_is_word("ab cd", 2, "ab") && !vh_is_word("ab cd", 2, "abc") &&
		   !vh_is_word("ab cd", 3, "ab"),
	   "words");
	ok(vh_names_has(&names, "b") && !vh_names_has(&names, "bc") &&
		   !vh_names_has(&(struct vh_names){ 0 }, "b"),
	   "names");
}

/* What a process gets that is frozen in the middle: a part, however much would fit. */
static bool frozen;
ssize_t getdents64(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, frozen && size > 32 ? 32 : size);
}

static void test_lists_in_parts(void)
{
	char dir[] = "/tmp/t-base-XXXXXX";
	_auto_root_ struct vh_root root = { .fd = -1 };
	static const char *const made[] = { "sys", "sys/bus", "sys/bus/a", "sys/bus/b",
					    "sys/bus/c" };
	_auto_names_ struct vh_names names = { 0 };
	int at;

	if (!ok(mkdtemp(dir) && vh_root_open_tree(&root, dir, NULL) == 0, "a folder"))
		return;
	at = open(dir, O_PATH | O_CLOEXEC);
	for (size_t i = 0; i < VH_COUNT(made); i++)
		VH_IGNORE(mkdirat(at, made[i], 0700));
	frozen = true;
	ok(vh_root_has_entries(&root, "sys/bus"),
	   "a folder whose names come one by one is not empty");
	ok(!vh_root_has_entries(&root, "sys/bus/a"), "an empty one is");
	ok(vh_root_list(&root, &names, "sys/bus/") == 0 && names.count == 3, "and is listed whole");
	frozen = false;
	for (size_t i = VH_COUNT(made); i--;)
		VH_IGNORE(unlinkat(at, made[i], AT_REMOVEDIR));
	close(at);
	rmdir(dir);
}

int main(void)
{
	test_numbers();
	test_addresses();
	test_address_order();
	test_strbuf();
	test_printable();
	test_read_fd();
	test_error();
	test_memory();
	test_lists_in_parts();
	return tap_done();
}
