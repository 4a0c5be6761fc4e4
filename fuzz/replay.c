/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay - one target over the files that are named, without libFuzzer: for every compiler. */
#include "fuzz/fuzz.h"

static bool replay(const char *path)
{
	_auto_free_ char *data = NULL;
	FILE *f = fopen(path, "r");
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0) {
		perror(path);
		return false;
	}
	rewind(f);
	/* its own size exactly: a sanitizer sees the first byte too many */
	data = vh_realloc_array(NULL, size ? (size_t)size : 1, 1);
	if (fread(data, 1, (size_t)size, f) != (size_t)size) {
		perror(path);
		return false;
	}
	fclose(f);
	LLVMFuzzerTestOneInput((const uint8_t *)data, (size_t)size);
	return true;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!replay(argv[i]))
			return 1;
	return argc > 1 ? 0 : 1;
}
