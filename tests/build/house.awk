# SPDX-License-Identifier: GPL-2.0-or-later
# What t-build.sh asks of the house, one question for each call: -v ask=layers, circles, names.
# Violations come out as lines that stay the same when code moves within its file.

# Which room of the table a file is in.
function room_of(file, parts)
{
	split(file, parts, "/")
	return parts[1] == "lib" ? "lib/" parts[2] : parts[1]
}

# --- layers: the table of rooms, then "FILE INCLUDED" -------------------------------------------

ask == "layers" && FNR == NR {
	if (NF) {
		known[$1]
		may[$1, $1]
		for (i = 2; i <= NF; i++) {
			may[$1, $i]
			# what that one may; the table goes from the bottom up
			for (room in known)
				if (($i, room) in may)
					may[$1, room]
		}
	}
	next
}
ask == "layers" {
	from = room_of($1)
	to = room_of($2)
	if (!(from in known))
		print $1 " stands in no room"
	else if (!((from, to) in may))
		print $1 " includes " $2
}

# --- circles: "FILE defines|uses SYMBOL", then which files of a circle call which ---------------

ask == "circles" && $2 == "defines" { home[$3] = $1 }
ask == "circles" && $2 == "uses" { used[$1, $3] }

# Adds all that `file` reaches by calls to reach[start, ...].
function walk(start, n, at, i, k, list, next_file)
{
	list[n = 1] = start
	for (at = 1; at <= n; at++) {
		k = calls_n[list[at]]
		for (i = 1; i <= k; i++) {
			next_file = calls_of[list[at], i]
			if (!((start, next_file) in reach)) {
				reach[start, next_file]
				list[++n] = next_file
			}
		}
	}
}
function print_circles(pair, p, a, b)
{
	for (pair in used) {
		split(pair, p, SUBSEP)
		a = p[1]
		if (!(p[2] in home))
			continue
		b = home[p[2]]
		if (a == b || (a, b) in call)
			continue
		call[a, b]
		calls_of[a, ++calls_n[a]] = b
	}
	for (a in calls_n)
		walk(a)
	for (pair in call) {
		split(pair, p, SUBSEP)
		if ((p[2], p[1]) in reach)
			print p[1] " calls " p[2]
	}
}

# --- names: "FILE defines SYMBOL", after the table of exceptions "FILE-PATTERN PREFIX..." -----------

ask == "names" && FNR == NR {
	for (i = 2; i <= NF; i++) {
		where[++exceptions] = $1
		prefix[exceptions] = $i
	}
	next
}
function is_exception(file, symbol, i)
{
	for (i = 1; i <= exceptions; i++)
		if (file ~ where[i] && symbol ~ ("^" prefix[i]))
			return 1
	return 0
}
# The file's own name, or its folder's and its own; in either number.
ask == "names" && $2 == "defines" {
	n = split($1, parts, "/")
	noun = parts[n]
	folder = parts[n - 1]
	sub(/\.c$/, "", noun)
	gsub("-", "_", noun)
	sub(/s$/, "", noun)
	sub(/s$/, "", folder)
	if ($3 !~ ("^vh_(" folder "s?_)?" noun "(s|es)?(_|$)") && !is_exception($1, $3))
		print $1 " defines " $3
}

END {
	if (ask == "circles")
		print_circles()
}
