#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every example of the documents is run and compared: a block with a line that begins with "$ ", or
# with "# vfio-hook" or "# virsh". tests/README.md says how one is written. With UPDATE_GOLDEN the
# documents become what is printed now.
# shellcheck disable=SC2016,SC2154 # conditions are texts for eval; rc is run's
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
fake=$abs_top_builddir/tests/fake
documents=("$top"/*.md "$top"/docs/*.md "$top"/tests/*.md "$top"/tests/*/*.md "$top"/man/*.pod)
prompt='^([$]|# vfio-hook|# virsh) '

if [ -n "$valgrind" ]; then
	skip 'examples of the documents' 'valgrind finds nothing in texts'
	finish
fi

# --- the blocks ------------------------------------------------------------------------------
# A block is a run of indented lines, or what stands between fences. blocks/N has its text;
# blocks/N.of the document, the first line and the last, the indent, and what the last
# comment before it says ("<!-- example: WORDS -->", in a manual "=for example WORDS").
mkdir "$work/blocks"
awk -v out="$work/blocks/" -v loose="$work/loose" -v prompt="$prompt" '
	function end(	i, name) {
		while (n && lines[n] == "")
			n--
		if (n && example) {
			name = sprintf("%s%03d", out, ++count)
			for (i = 1; i <= n; i++)
				print lines[i] >name
			print file, first, first + n - 1, indent "|" words >(name ".of")
			close(name)
			close(name ".of")
			words = ""
		}
		else if (n)
			for (i = 1; i <= n; i++)
				if (lines[i] ~ /^vfio-hook: |: (error|warning|info): .*\[[a-z-]+\]$|^ *fix: /)
					print file ":" (first + i - 1) ": " lines[i] >loose
		n = example = inside = 0
	}
	FNR == 1 { end(); words = ""; fenced = 0 }
	{ file = FILENAME; line = $0 }
	/^ *```/ {
		fenced = !fenced
		end()
		if (fenced) { inside = 1; indent = ""; first = FNR + 1 }
		next
	}
	match(line, /^(<!-- example:|=for example) */) {
		end()
		words = substr(line, RLENGTH + 1)
		sub(/ *-->$/, "", words)
		next
	}
	!fenced && !inside && /^(    |\t)/ {
		inside = 1
		match(line, /^[ \t]+/)
		indent = substr(line, 1, RLENGTH)
		first = FNR
	}
	!fenced && inside && line != "" && index(line, indent) != 1 { end() }
	inside {
		line = substr(line, length(indent) + 1)
		lines[++n] = line
		if (line ~ prompt)
			example = 1
		next
	}
	END { end() }' "${documents[@]}"

# --- where they run --------------------------------------------------------------------------
# A libvirt in two commands: what it has is domains/NAME.xml. A start ends where the hook does.
mkdir "$work/bin"
cat >"$work/bin/vfio-hook" <<-END
	#!/bin/sh
	export VH_TEST_ROOT=\$(dirname "\$PWD")/root LIBVIRT_DEFAULT_URI=test://\$(dirname "\$PWD")/libvirt.xml
	if [ -d domains ] && [ "\$1" = check -o "\$1" = xml ]; then
		{ echo '<node>'; cat domains/*; echo '</node>'; } >../libvirt.xml
		set -- --timeout 100 "\$@" # a busy machine may take longer than the usual time
	fi
	# what makes the images is a program, and not that of this machine
	[ "\$1" != boot ] || exec '$abs_top_builddir/vfio-hook' --sysroot "\$VH_TEST_ROOT" "\$@"
	exec '$fake/vfio-hook-fake' "\$@"
END
cat >"$work/bin/virsh" <<-END
	#!/bin/bash
	for name; do :; done
	case \$1 in
	dumpxml) cat "domains/\$name.xml" ;;
	define) xml=\$(cat "\$2") && name=\$(sed -n 's|.*<name>\(.*\)</name>.*|\1|p;T;q' <<<"\$xml") &&
		echo "\$xml" >"domains/\$name.xml" && echo "Domain '\$name' defined from \$2" ;;
	start)
		said=\$(VH_TEST_ROOT=\$(dirname "\$PWD")/root '$fake/vfio-hook-qemu-fake' "\$2" prepare begin - \
			<"domains/\$2.xml" 2>&1) && exit
		echo "error: Failed to start domain '\$2'"
		echo "error: Hook script execution failed: internal error: Child process (hooks/qemu)" \
			"unexpected exit status 1: \$said"
		exit 1 ;;
	*) exit 1 ;;
	esac
END
chmod +x "$work"/bin/*

# stage WORDS...: the folder in which a block runs, $here, and the machine below which it is
stage() {
	local word host=demo made=()
	[ "${1-}" != continue ] || return 0
	rm -rf "$work/stage"
	here=$work/stage/here
	mkdir -p "$here"
	for word; do
		case $word in
		host=*) host=${word#*=} ;;
		domain=*) mkdir -p "$here/domains" && sed -E "s|<name>[^<]*</name>|<name>${word#*=}</name>|; 1{/^<\?xml/d}" \
			"$top/$last" >"$here/domains/${word#*=}.xml" ;;
		has=*) made+=("${word#*=}") ;;
		*=*) cp "$top/${word#*=}" "$here/${word%%=*}" ;;
		*) last=$word && [ -e "$top/$word" ] ;;
		esac || { echo "no $word"; return 1; }
	done
	cp -a "$(tree "$host")" "$work/stage/root"
	for word in "${made[@]}"; do
		mkdir -p "$work/stage/root${word%/*}"
		echo >"$work/stage/root$word"
	done
}

# play FILE: the commands of a block, each with what it prints now
play() {
	local line
	grep -E "$prompt" "$1" | while read -r line; do
		printf '%s\n' "$line"
		(cd "$here" && PATH=$work/bin:$PATH bash -c "${line#??}" </dev/null 2>&1)
	done | sed "s|$work/stage/root||g; s/ *$//
		s/20[0-9]*-[0-9]*-[0-9]* [0-9:]* +0000/2026-11-29 19:30:00 +0000/" # what the fake kernel calls its root
}

# pattern: the block on standard input as a regular expression. … stands for anything in a line; alone in its
# line, for lines.
pattern() {
	sed -E 's/[][\.*^$+?(){}|]/\\&/g; s/^ *…$/.*/; s/…/[^\n]*/g'
}
# Empty lines count nowhere: between the commands of a block they are for the reader.
matches() { [[ $(grep . "$2") =~ ^$(grep . "$1" | pattern)$ ]]; }

# --- each of them ----------------------------------------------------------------------------
stale=()
for block in "$work"/blocks/[0-9][0-9][0-9]; do
	IFS='|' read -r place words <"$block.of"
	read -r file first last_line _ <<<"$place"
	name="${file#"$top"/}:$first: $(grep -m 1 -E "$prompt" "$block")"
	# shellcheck disable=SC2086 # words
	run stage $words
	if [ "$rc" != 0 ]; then
		fail "$name"
		continue
	fi
	play "$block" >"$work/now"
	if [ -n "${UPDATE_GOLDEN-}" ] && ! grep -q … "$block" && ! matches "$block" "$work/now"; then
		stale=("$block" "${stale[@]}")
		cp "$work/now" "$block"
	fi
	diff -u "$block" "$work/now" >"$work/out"
	: >"$work/err"
	verdict "$name" matches "$block" "$work/now"
done
verdict 'there are examples' test "$count" -gt 0
is 'what looks printed was printed: it stands in an example' \
	"$(sed "s|^$top/||" "$work/loose" 2>/dev/null)"

# dead_links FILE...: links that lead to no file, or to no heading of it
dead_links() {
	perl -e '
		sub headings {
			open(my $in, "<", $_[0]) or return ();
			return map { s/^#+ //; s/[^\w\s-]//g; s/\s+$//; s/ /-/g; lc } grep { /^#+ / } <$in>;
		}
		for my $file (@ARGV) {
			open(my $in, "<", $file) or die "$file: $!";
			local $/;
			my ($text, $folder) = (<$in>, $file =~ m{(.*)/}s);
			while ($text =~ /\]\(([^()\s#]*)(?:#([^()\s]*))?\)/g) {
				my ($to, $heading) = ($1 eq "" ? $file : "$folder/$1", $2);
				next if $1 =~ /^https?:/;
				local $/ = "\n";
				print "$file: $1\n" if !-e $to;
				print "$file: $1#$heading\n" if -e $to && defined $heading && !grep { $_ eq $heading } headings($to);
			}
		}' "$@" | sed "s|^$top/||"
}
# docs/handover.md comes with the hand-over; then this line ends before the pipe
is 'links lead to files and headings' "$(dead_links "$top"/*.md "$top"/docs/*.md "$top"/tests/*.md "$top"/tests/*/*.md)"

# From the last to the first, so that numbers of lines stay true
for block in "${stale[@]}"; do
	IFS='|' read -r place _ <"$block.of"
	read -r file first last_line _ <<<"$place"
	indent=$(sed -n "${first}s/^\([ \t]*\).*/\1/p" "$file")
	sed "s/^\(.\)/$indent\1/" "$block" >"$work/text"
	sed -i -e "${last_line}r $work/text" -e "${first},${last_line}d" "$file"
done
finish
