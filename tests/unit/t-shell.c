/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-shell - every name, quoted, reaches a command of a shell as the one argument that it is. */
#include <unistd.h>

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/base/strbuf.h"
#include "tests/tap.h"

#define LONG_TEN "a name of "
#define LONG_FIFTY LONG_TEN LONG_TEN LONG_TEN LONG_TEN LONG_TEN

static const struct {
	const char *text, *want; /* NULL: whatever works */
} names[] = {
	{ "/srv/data", "/srv/data" },
	{ "eth0.100@x:y+z%a=b,c-d_e", "eth0.100@x:y+z%a=b,c-d_e" },
	{ "", "''" },
	{ " ", "' '" },
	{ "=ls", "'=ls'" },
	{ "My Passport", "'My Passport'" },
	{ "it's", "'it'\\''s'" },
	{ "'", NULL },
	{ "\"double\"", NULL },
	{ "$(touch /tmp/x)", "'$(touch /tmp/x)'" },
	{ "`id`", NULL },
	{ "$HOME ${HOME}", NULL },
	{ "a;b|c&d>e<f", NULL },
	{ "* ? [a-z] {1,2} ~ ~root", NULL },
	{ "~", "'~'" },
	{ "!history", NULL },
	{ "# no comment", NULL },
	{ "back\\slash", "'back\\slash'" },
	{ "dev-disk-by\\x2dlabel-a.swap", NULL },
	{ "ends with \\", NULL },
	{ "two\nlines", "\"$(printf 'two\\nlines')\"" },
	{ "\n", NULL },
	{ "ends with one\n", "$'ends with one\\n'" },
	{ "-%s\n-n\\0401", NULL },
	{ "100 %\t$(id) `id` !x \"'", NULL },
	{ "tab\there", NULL },
	{ "\033[31mred\033[0m", "\"$(printf '\\033\\13331mred\\033\\1330m')\"" },
	{ "bell\0071 and digits", NULL },
	{ "quote ' and \\ and\nline", NULL },
	{ "Fotos f\303\274r Oma", "'Fotos f\303\274r Oma'" },
	{ "\303\274ber\nzwei", "\"$(printf '\303\274ber\\nzwei')\"" },
	{ "\346\227\245\346\234\254", "'\346\227\245\346\234\254'" },
	{ "turned \342\200\256 around", "\"$(printf 'turned \\342\\200\\256 around')\"" },
	{ "no UTF-8 \377\376", "\"$(printf 'no UTF-8 \\377\\376')\"" },
	{ "\302\205next line", NULL },
	{ "-rf", "-rf" },
	{ "- -", NULL },
	{ LONG_FIFTY LONG_FIFTY LONG_FIFTY LONG_FIFTY, NULL },
	{ LONG_FIFTY "\n" LONG_FIFTY LONG_FIFTY "'" LONG_FIFTY, NULL },
};

/* How many arguments, and the first, each ended by a NUL. */
static const char stub[] = "stub() { printf '%d\\0%s\\0' $# \"$1\"; }\n";

/* The names through one process of a shell; those in $'...', which end with a newline, are for
 * shells that know it. */
static void test_shell(const char *shell, bool knows_ansi)
{
	char path[] = "/tmp/t-shell.XXXXXX";
	int fd = mkstemp(path);
	_auto_strbuf_ struct vh_strbuf script = { 0 }, out = { 0 };
	_auto_free_ char *command = vh_printf("exec %s %s", shell, path);
	size_t at = 0;
	FILE *f;

	vh_strbuf_add(&script, stub);
	for (size_t i = 0; i < VH_COUNT(names); i++) {
		_auto_free_ char *word = vh_shell_quote(names[i].text);

		if (knows_ansi || *word != '$')
			vh_strbuf_addf(&script, "stub %s\n", word);
	}
	if (fd < 0 || vh_write_all(fd, script.data, script.len) < 0 || !(f = popen(command, "r")) ||
	    vh_strbuf_read_fd(&out, fileno(f), 1 << 20) != 0) {
		ok(false, "%s runs", shell);
		return;
	}
	close(fd);
	ok(pclose(f) == 0, "%s runs", shell);
	unlink(path);
	for (size_t i = 0; i < VH_COUNT(names); i++) {
		_auto_free_ char *word = vh_shell_quote(names[i].text);
		_auto_free_ char *name = vh_printable_line(names[i].text);
		const char *count, *first = "";

		if (!knows_ansi && *word == '$')
			continue;
		count = at < out.len ? out.data + at : "";
		at += strlen(count) + 1;
		first = at < out.len ? out.data + at : "";
		at += strlen(first) + 1;
		if (!ok(!strcmp(count, "1") && !strcmp(first, names[i].text), "%s gets %s", shell,
			name))
			diag("%s arguments, the first '%s', of: %s", count, first, word);
	}
}

static void test_words(void)
{
	for (size_t i = 0; i < VH_COUNT(names); i++) {
		_auto_free_ char *word = vh_shell_quote(names[i].text);
		_auto_free_ char *line = vh_printable_line(word);

		ok(!strcmp(word, line), "%s is printed as it is", line);
		if (names[i].want && !ok(!strcmp(word, names[i].want), "%s is wanted", names[i].want))
			diag("not %s", word);
	}
}

static void test_operand(void)
{
	_auto_free_ char *dash = vh_shell_operand("-x y"), *plain = vh_shell_operand("x y");

	ok(!strcmp(dash, "-- '-x y'"), "what looks like an option stands behind --");
	ok(!strcmp(plain, "'x y'"), "what does not, stands alone");
}

int main(void)
{
	test_words();
	test_operand();
	test_shell("sh", false);
	test_shell("bash", true);
	return tap_done();
}
