/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config - the configuration as values: the defaults, and the settings of one device. */
#include "lib/config/config.h"

#include "lib/base/banned.h"

void vh_config_defaults(struct vh_config *ret)
{
	*ret = (struct vh_config){
		.timeout_write = 30000,
		.timeout_group = 10000,
		.timeout_call = 60000,
	};
}

void vh_config_clear(struct vh_config *c)
{
	for (size_t i = 0; i < c->n_domains; i++) {
		free(c->domains[i].domain);
		free(c->domains[i].values);
	}
	for (size_t i = 0; i < c->n_devices; i++) {
		free(c->devices[i].stop_units);
		free(c->devices[i].unload_modules);
	}
	free(c->domains);
	free(c->devices);
	memset(c, 0, sizeof(*c));
}

struct vh_device_policy vh_config_device(const struct vh_config *c, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < c->n_devices; i++)
		if (!vh_pci_cmp(&c->devices[i].addr, addr))
			return c->devices[i];
	return (struct vh_device_policy){ .addr = *addr };
}
