/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wording - how devices, addresses, sizes and domains are written in messages and fixes. The
 * caller frees what it gets. */
#ifndef VH_WORDING_H
#define VH_WORDING_H

#include "lib/base/strbuf.h"
#include "lib/decide/findings.h"

/* USB controller 8086:a36d, driver 'xhci_hcd' */
char *vh_wording_device(const struct vh_pci_dev *d) VH_CHECK;
/* in IOMMU group 4 with 0000:00:14.0 */
char *vh_wording_with(const struct vh_case *c, const struct vh_pci_dev *d) VH_CHECK;
/* <address domain='0x0000' .../>, and the whole <hostdev> */
char *vh_wording_address(const struct vh_pci_addr *a, enum vh_element e) VH_CHECK;
char *vh_wording_hostdev(const struct vh_pci_addr *a) VH_CHECK;
/* USB controller 8086:a36d, where nothing else is known of it */
char *vh_wording_kind(uint32_t class, const struct vh_pci_id *id) VH_CHECK;
/* The lines of the configuration that set a key of a device. */
char *vh_wording_config(const struct vh_pci_addr *a, const char *key, const char *value) VH_CHECK;
/* How a shell command names a domain; by its UUID where the name would be misread. */
char *vh_wording_domain(const char *name, const char *uuid) VH_CHECK;
/* The lines that end a guest, the harmless one first; `domain` as above. Caller frees. */
char *vh_wording_end_guest(const char *domain) VH_CHECK;

#endif
