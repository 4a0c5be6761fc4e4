#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The machine's own package sources, with SUITE in place of its own release.
# None found, or not Debian: mmdebstrap knows where Debian is.
#   sources.sh SUITE
set -euo pipefail
suite=$1
# shellcheck source=/dev/null
own=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") || exit 0
# shellcheck disable=SC2016	# apt expands them
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
	awk -v own="$own" -v suite="$suite" '$3 == "main" && $2 ~ "^" own "(-updates|-security)?$" {
		sub(own, suite, $2); print "deb", $1, $2, $3 }' | sort -u
