#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What mmdebstrap is told of where packages are, as this computer's own apt has it.
#   apt-sources.sh SUITE       lines of package sources, with SUITE and its updates in place of this
#                              computer's own release; none, if that is not Debian: mmdebstrap knows
#                              where Debian is
#   apt-sources.sh --proxies   lines of apt.conf
set -eu

suite=$1
if [ "$suite" = --proxies ]; then
	apt-config dump --no-empty | grep -E '^Acquire::(http|https)::Proxy' || true
	exit
fi
# shellcheck source=/dev/null
own=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") || exit 0
# shellcheck disable=SC2016	# apt expands them
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
	awk -v own="$own" -v suite="$suite" '$3 == "main" && $2 ~ "^" own "(-updates|-security)?$" {
		sub(own, suite, $2); print "deb", $1, $2, $3 }' | sort -u
