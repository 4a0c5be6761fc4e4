#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The start and the stop that make demo shows: the first thing that many see of us.
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"

exits 'the demo' 0 "${abs_top_builddir:?}/tests/hook/demo" tests/fixtures/domains/gpu-without-audio.xml
prints 'what is named: before, while it runs, after' '0000:01:00.0 +nouveau +vfio-pci +nouveau'
prints 'its peer' '0000:01:00.1 +snd_hda_intel +vfio-pci +snd_hda_intel'
finish
