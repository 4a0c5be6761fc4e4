/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scratch - a machine of its own for a test case: a host of tests/fixtures/hosts expanded into
 * a temporary directory, with the fake kernel.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "lib/base/root.h"
#include "lib/domain/domain.h"

struct scratch {
	char *dir;
	struct vh_root root;
};

/* `host`: "demo" for tests/fixtures/hosts/demo.host, or the text of a manifest, which has a
 * newline. Ends the test when it cannot. */
struct scratch *scratch_new(const char *host);
void scratch_free(struct scratch *s);
VH_DEFINE_AUTO(scratch, scratch_free)

/* Driver and override of every device, one a line, then the nodes of groups and the claims: to
 * compare before and after. Lock files, which a killed process leaves, do not count. Caller
 * frees. */
char *scratch_state(const struct scratch *s);
/* "DRIVER OVERRIDE" of one device, "-" for none; "gone" where there is no such device. */
char *scratch_device(const struct scratch *s, const char *addr);

/* A file of the source tree, whole; ends the test when it cannot be read. Caller frees. */
char *scratch_source(const char *path, size_t *ret_len);
/* The domain in a file of the source tree. */
struct vh_domain *scratch_domain(const char *path);
/* A domain of that UUID with these managed devices ("0000:01:00.0 !0000:02:00.0", with '!':
 * managed='no'; with '@': an <interface>) and no balloon. */
struct vh_domain *scratch_vm(const char *uuid, const char *addrs);

#endif
