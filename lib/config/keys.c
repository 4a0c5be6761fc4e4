/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys - see keys.h. */
#include "lib/config/keys.h"

#include "lib/base/strbuf.h"
#include "lib/base/unit.h"

#include "lib/base/banned.h"

#define SECONDS_MAX 3600

struct word {
	const char *name;
	int value;
};

static const struct word balloon_words[] = {
	{ "refuse", VH_BALLOON_REFUSE },
	{ "inflated", VH_BALLOON_INFLATED },
	{ "warn", VH_BALLOON_WARN },
	{ NULL, 0 },
};
static const struct word memory_words[] = {
	{ "refuse", VH_MEMORY_REFUSE },
	{ "warn", VH_MEMORY_WARN },
	{ "off", VH_MEMORY_OFF },
	{ NULL, 0 },
};
static const struct word peers_words[] = {
	{ "detach", VH_PEERS_DETACH },
	{ "require", VH_PEERS_REQUIRE },
	{ NULL, 0 },
};
static const struct word kind_words[] = {
	{ "network", VH_USE_NETWORK }, { "display", VH_USE_DISPLAY }, { "input", VH_USE_INPUT },
	{ "block", VH_USE_BLOCK },     { "sound", VH_USE_SOUND },     { "serial", VH_USE_SERIAL },
	{ "compute", VH_USE_COMPUTE }, { "other", VH_USE_OTHER },     { NULL, 0 },
};

/* The word of this name, or NULL. */
static const struct word *find_word(const struct word *words, const char *name)
{
	for (; words->name; words++)
		if (!strcmp(words->name, name))
			return words;
	return NULL;
}

static char *tell_word(const struct word *words, int value)
{
	while (words->name && words->value != value)
		words++;
	return vh_strdup(words->name);
}

static const char *take_balloon(const char *value, void *field)
{
	const struct word *w = find_word(balloon_words, value);
	enum vh_balloon_policy *ret = field;

	if (!w)
		return "refuse, inflated or warn";
	*ret = (enum vh_balloon_policy)w->value;
	return NULL;
}

static char *tell_balloon(const void *field)
{
	return tell_word(balloon_words, *(const enum vh_balloon_policy *)field);
}

static const char *take_memory(const char *value, void *field)
{
	const struct word *w = find_word(memory_words, value);
	enum vh_memory_policy *ret = field;

	if (!w)
		return "refuse, warn or off";
	*ret = (enum vh_memory_policy)w->value;
	return NULL;
}

static char *tell_memory(const void *field)
{
	return tell_word(memory_words, *(const enum vh_memory_policy *)field);
}

static const char *take_peers(const char *value, void *field)
{
	const struct word *w = find_word(peers_words, value);
	enum vh_peers_policy *ret = field;

	if (!w)
		return "detach or require";
	*ret = (enum vh_peers_policy)w->value;
	return NULL;
}

static char *tell_peers(const void *field)
{
	return tell_word(peers_words, *(const enum vh_peers_policy *)field);
}

static const char *take_seconds(const char *value, void *field)
{
	int *ret_ms = field;
	uint64_t v;

	if (vh_parse_uint(value, 10, SECONDS_MAX, &v) < 0 || v == 0)
		return "whole seconds from 1 to 3600";
	*ret_ms = (int)v * 1000;
	return NULL;
}

static char *tell_seconds(const void *field)
{
	return vh_printf("%d", *(const int *)field / 1000);
}

static const char *take_bool(const char *value, void *field)
{
	bool *ret = field;

	if (strcmp(value, "yes") && strcmp(value, "no"))
		return "yes or no";
	*ret = !strcmp(value, "yes");
	return NULL;
}

static char *tell_bool(const void *field)
{
	return vh_strdup(*(const bool *)field ? "yes" : "no");
}

static const char *take_id(const char *value, void *field)
{
	struct vh_pin *ret = field;

	if (vh_pci_id_parse(value, &ret->id) < 0)
		return "vendor and device like 8086:10d3";
	ret->set = true;
	return NULL;
}

static char *tell_id(const void *field)
{
	const struct vh_pin *pin = field;

	return pin->set ? vh_printf("%04x:%04x", pin->id.vendor, pin->id.device) : NULL;
}

static const char *take_kinds(const char *value, void *field)
{
	_auto_names_ struct vh_names names = { 0 };
	unsigned int kinds = 0, *ret = field;

	vh_unit_words(&names, value);
	for (size_t i = 0; i < names.count; i++) {
		const struct word *w = find_word(kind_words, names.name[i]);

		if (!w)
			return "a list of network, display, input, block, sound, serial, compute and other";
		kinds |= (unsigned int)w->value;
	}
	*ret = kinds;
	return NULL;
}

static char *tell_kinds(const void *field)
{
	unsigned int kinds = *(const unsigned int *)field;
	struct vh_strbuf sb = { 0 };

	for (const struct word *w = kind_words; w->name; w++)
		if (kinds & (unsigned int)w->value)
			vh_strbuf_join(&sb, " ", w->name);
	return vh_strbuf_steal(&sb);
}

/* Words that all pass, none of them twice. */
static const char *take_words(const char *value, bool (*is_good)(const char *), const char *wanted,
			      char **ret)
{
	_auto_names_ struct vh_names words = { 0 };
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	vh_unit_words(&words, value);
	for (size_t i = 0; i < words.count; i++) {
		if (!is_good(words.name[i]))
			return wanted;
		if (vh_unit_is_among(sb.data, words.name[i]))
			return "each of them once";
		vh_strbuf_join(&sb, " ", words.name[i]);
	}
	free(*ret);
	*ret = sb.len ? vh_strbuf_steal(&sb) : NULL;
	return NULL;
}

static const char *take_units(const char *value, void *field)
{
	return take_words(value, vh_unit_is_name,
			  "systemd units with their type, such as display-manager.service or "
			  "srv.mount; no scope, slice or device",
			  field);
}

/* The name under /sys/module has no hyphen, whatever modprobe is told. */
static const char *take_modules(const char *value, void *field)
{
	_auto_free_ char *copy = vh_strdup(value), *checked = NULL;
	const char *wanted = take_words(copy, vh_unit_is_module,
					"names of kernel modules, such as nvidia_drm", &checked);

	for (char *c = copy; *c; c++)
		if (*c == '-')
			*c = '_';
	if (!wanted && strstr(copy, "vfio"))
		return "modules of the host's drivers: those of VFIO have to stay";
	return wanted ? wanted : take_words(copy, vh_unit_is_module, NULL, field);
}

static char *tell_words(const void *field)
{
	const char *words = *(char *const *)field;

	return vh_strdup(words ? words : "");
}

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)NULL)->field)
#define OF_DEFAULTS(what, field) take_##what, tell_##what, FIELD(vh_config, field)
#define OF_DEVICE(what, field) take_##what, tell_##what, FIELD(vh_device_policy, field)

const struct vh_config_key vh_keys[] = {
	{ VH_IN_POLICY, "balloon", OF_DEFAULTS(balloon, balloon) },
	{ VH_IN_POLICY, "memory", OF_DEFAULTS(memory, memory) },
	{ VH_IN_POLICY, "peers", OF_DEFAULTS(peers, peers) },
	{ VH_IN_POLICY, "timeout-write", OF_DEFAULTS(seconds, timeout_write) },
	{ VH_IN_POLICY, "timeout-group", OF_DEFAULTS(seconds, timeout_group) },
	{ VH_IN_POLICY, "timeout-call", OF_DEFAULTS(seconds, timeout_call) },
	{ VH_IN_DEVICE, "allow-in-use", OF_DEVICE(kinds, allow_in_use) },
	{ VH_IN_DEVICE, "allow-critical", OF_DEVICE(bool, allow_critical) },
	{ VH_IN_DEVICE, "protect", OF_DEVICE(bool, protect) },
	{ VH_IN_DEVICE, "id", OF_DEVICE(id, pin) },
	{ VH_IN_DEVICE, "stop-units", take_units, tell_words, FIELD(vh_device_policy, stop_units) },
	{ VH_IN_DEVICE, "release-console", OF_DEVICE(bool, release_console) },
	{ VH_IN_DEVICE, "unload-modules", take_modules, tell_words,
	  FIELD(vh_device_policy, unload_modules) },
};
const size_t vh_keys_count = VH_COUNT(vh_keys);

_Static_assert(VH_COUNT(vh_keys) <= VH_CONFIG_KEYS_MAX, "the lines of all keys find room");

size_t vh_keys_find(unsigned int sections, const char *name)
{
	size_t k = 0;

	while (k < vh_keys_count &&
	       (!(vh_keys[k].sections & sections) || strcmp(vh_keys[k].name, name)))
		k++;
	return k;
}
