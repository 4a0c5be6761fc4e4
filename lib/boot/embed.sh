#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints a header with the files named, as strings: init-top.sh becomes vh_template_init_top.
set -e
echo '/* SPDX-License-Identifier: GPL-2.0-or-later */'
echo '/* Made by embed.sh from templates/. */'
for file; do
	name=$(basename "$file" .sh | tr - _)
	echo "static const char vh_template_${name}[] ="
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/	"/; s/$/\\n"/' "$file"
	echo '	"";'
done
