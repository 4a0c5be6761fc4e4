/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-config - the configuration file: values in range, or an error that names the line. */
#include "fuzz/fuzz.h"
#include "lib/config/config-file.h"
#include "lib/config/config.h"
#include "lib/config/effective.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_free_ char *text = vh_strndup((const char *)data, size);
	_auto_error_ struct vh_error err = { 0 };
	struct vh_config config;

	vh_config_defaults(&config);
	if (vh_config_file_parse(&config, text, "fuzz.conf", &err) < 0) {
		FUZZ_ASSERT(err.what && strstr(err.what, "fuzz.conf"));
	} else {
		FUZZ_ASSERT(config.timeout_write > 0 && config.timeout_group >= 0 &&
			    config.timeout_call > 0);
		for (size_t i = 0; i < config.n_devices; i++)
			(void)vh_config_device(&config, &config.devices[i].addr);
		for (size_t i = 0; i < config.n_domains; i++) {
			const char *domain = config.domains[i].domain;
			struct vh_config one = vh_effective_for(&config, domain, domain, false);

			FUZZ_ASSERT(one.timeout_write > 0 && one.timeout_group > 0 &&
				    one.timeout_call > 0 && one.devices == config.devices);
		}
	}
	vh_config_clear(&config);
	return 0;
}
