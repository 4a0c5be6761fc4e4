#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Plain English: no document, manual, help, message or comment has a turn that is listed in
# `turns`.
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
cd "$top" || exit

# turns KIND FILE...: the turns in files, as FILE:LINE: what it reads | instead. Of documents and
# manuals the sentences count, not indented blocks: what is typed or printed there has its words from
# elsewhere. Of sources the strings, joined as the compiler does, or the comments.
turns() {
	perl -e '
		my ($kind, $list, @files) = @ARGV;
		my @turns;
		open(my $in, "<", $list) or die "$list: $!";
		while (<$in>) {
			next if /^#/;
			chomp;
			my ($re, $instead, $example) = split / \| /;
			$re =~ s/ /\\s+/g;
			push @turns, [ qr/$re/, $instead ];
			print "turns:$.: does not find its example\n" if $example !~ /$re/;
		}
		sub look {
			my ($file, $line, $text) = @_;
			for my $turn (@turns) {
				while ($text =~ /$turn->[0]/g) {
					my ($start, $end) = ($-[0], $+[0]);
					my $at = $line + (substr($text, 0, $start) =~ tr/\n//);
					my $words = substr($text, $start, $end - $start);
					$words =~ s/\s+/ /g;
					print "$file:$at: $words | $turn->[1]\n";
				}
			}
		}
		for my $file (@files) {
			open(my $in, "<", $file) or die "$file: $!";
			my $text = do { local $/; <$in> };
			if ($kind eq "sentences") {
				$text =~ s/^(?: {4}|\t).*$//mg;
				$text =~ s/^```.*?^```$/"\n" x ($& =~ tr,\n,,)/emgs;
				look($file, 1, $text);
				next;
			}
			if ($kind eq "comments") {
				while ($text =~ m{/\*.*?\*/}gs) {
					my ($comment, $line) = ($&, 1 + (substr($text, 0, $-[0]) =~ tr/\n//));
					$comment =~ s/\n\s*\*/\n/g;
					look($file, $line, $comment);
				}
				next;
			}
			$text =~ s{/\*.*?\*/}{"\n" x ($& =~ tr,\n,,)}egs;
			while ($text =~ /((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g) {
				my ($run, $line) = ($1, 1 + (substr($text, 0, $-[0]) =~ tr/\n//));
				$run =~ s/"\s*"//g;
				$run =~ s/\\n/ /g;
				look($file, $line, $run);
			}
		}' "$1" tests/build/turns "${@:2}" 2>&1
}

is 'documents' "$(turns sentences NEWS ./*.md docs/*.md tests/*.md tests/*/*.md)"
is 'manuals' "$(turns sentences man/*.pod)"
shopt -s globstar
sources=({lib,cli,hook}/**/*.[ch])
is 'help and messages' "$(turns strings "${sources[@]}" | sort -u)"
is 'comments' "$(turns comments "${sources[@]}")"
finish
