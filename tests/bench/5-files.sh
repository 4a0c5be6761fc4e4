# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Many domain files in one call of check, beside xmllint --noout, which says only whether they
# are XML.
tree=$work/files-host
mkdir "$tree" "$work/d"
"$b/tests/fake/expand" "$top/tests/fixtures/hosts/demo.host" "$tree"
xml=$(<"$top/examples/domains/gpu-with-audio.xml")
for ((i = 0; i < 10000; i++)); do
	printf '%s\n' "${xml//gpu-with-audio/vm$i}" >"$work/d/$i.xml"
done
cd "$work/d" || exit
for count in 1000 10000; do
	names=(*.xml)
	names=("${names[@]::count}")
	files=("check, $count files" "$b/vfio-hook" --sysroot "$tree" check "${names[@]}")
	! command -v xmllint >/dev/null ||
		files+=(::: "xmllint --noout, $count files" "$(command -v xmllint)" --noout "${names[@]}")
	together $((20000 / count + 1)) /dev/null "${files[@]}"
done
cd "$OLDPWD" || exit
title "5. domain files in one call; beside xmllint --noout"
for count in 1000 10000; do
	row "check, $count files" "xmllint --noout, $count files" 3
done
title "   KiB of memory; beside 1000 files"
for count in 1000 10000; do
	row "check, $count files, memory" "check, 1000 files, memory" 1.1
	row "xmllint --noout, $count files, memory" "xmllint --noout, 1000 files, memory"
done
