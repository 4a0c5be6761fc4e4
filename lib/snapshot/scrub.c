/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scrub - see scrub.h. */
#include "lib/snapshot/scrub.h"

#include <arpa/inet.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

void vh_scrub_clear(struct vh_scrub *s)
{
	vh_names_clear(&s->known);
}

/* The number of a value among those of its kind, from 1. */
static unsigned int number_of(struct vh_scrub *s, const char *kind, const char *value)
{
	_auto_free_ char *entry = vh_printf("%s %s", kind, value);
	size_t k = strlen(kind);
	unsigned int n = 1;

	for (size_t i = 0; i < s->known.count; i++) {
		if (!strcmp(s->known.name[i], entry))
			return n;
		n += !strncmp(s->known.name[i], kind, k) && s->known.name[i][k] == ' ';
	}
	*VH_APPEND(s->known.name, s->known.count) = VH_STEAL(entry);
	return n;
}

/* One bit out of key and prefix: the finalizer of splitmix64, which mixes well. */
static uint32_t coin(uint64_t key, uint32_t prefix, int length)
{
	uint64_t z = key ^ ((uint64_t)prefix << 8 | (uint64_t)length) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) & 1);
}

/*
 * Every bit is turned or not by what the bits before it are (as Crypto-PAn does), so that
 * networks stay networks. 127/8 and 169.254/16 mean something to the rules; the rest of 169/8
 * keeps its second number lest it become that.
 */
struct in_addr vh_scrub_ip4(const struct vh_scrub *s, struct in_addr addr)
{
	uint32_t in = ntohl(addr.s_addr), out;
	int kept = in >> 24 == 169 ? 16 : 8;

	if (s->off || in >> 24 == 0 || in >> 24 == 127 || in >> 16 == 0xa9fe)
		return addr;
	out = in & ~(UINT32_MAX >> kept);
	for (int i = kept; i < 32; i++) {
		uint32_t bit = UINT32_C(1) << (31 - i);

		out |= (in & bit) ^ (coin(s->key, in & ~(UINT32_MAX >> i), i) ? bit : 0);
	}
	return (struct in_addr){ htonl(out) };
}

/* Of the range for documentation (RFC 3849). Two that share a network of 64 bits share one
 * afterwards too, and no others do. */
struct in6_addr vh_scrub_ip6(struct vh_scrub *s, const struct in6_addr *addr)
{
	struct in6_addr to = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } };
	char text[INET6_ADDRSTRLEN], network[INET6_ADDRSTRLEN];
	struct in6_addr upper = { 0 };
	unsigned int n;

	memcpy(&upper, addr, 8);
	if (s->off || !inet_ntop(AF_INET6, addr, text, sizeof(text)) ||
	    !inet_ntop(AF_INET6, &upper, network, sizeof(network)))
		return *addr;
	n = number_of(s, "network", network) - 1;
	to.s6_addr[6] = (uint8_t)(n >> 8);
	to.s6_addr[7] = (uint8_t)n;
	n = number_of(s, "address", text);
	to.s6_addr[14] = (uint8_t)(n >> 8);
	to.s6_addr[15] = (uint8_t)n;
	return to;
}

char *vh_scrub_server(struct vh_scrub *s, const char *server)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (s->off)
		return vh_strdup(server);
	if (inet_pton(AF_INET, server, &four) == 1) {
		four = vh_scrub_ip4(s, four);
		return vh_strdup(inet_ntop(AF_INET, &four, text, sizeof(text)));
	}
	if (inet_pton(AF_INET6, server, &six) == 1) {
		six = vh_scrub_ip6(s, &six);
		return vh_strdup(inet_ntop(AF_INET6, &six, text, sizeof(text)));
	}
	return vh_printf("server%u.invalid", number_of(s, "server", server));
}

char *vh_scrub_target(struct vh_scrub *s, const char *name)
{
	if (s->off)
		return vh_strdup(name);
	return vh_printf("iqn.2000-01.invalid:target%u", number_of(s, "target", name));
}

char *vh_scrub_pool(struct vh_scrub *s, const char *name)
{
	if (s->off)
		return vh_strdup(name);
	return vh_printf("pool%u", number_of(s, "pool", name));
}

/* Names in sysfs that are UUIDs, or that people gave; `skip` names before them stay, and how they
 * begin. */
static const struct place {
	const char *before;
	int skip;
	const char *begin, *kind;
} places[] = {
	{ "sys/fs/btrfs/", 0, "", "fs" },
	{ "sys/fs/bcache/", 0, "", "set" },
	{ "sys/kernel/config/nvmet/subsystems/", 0, "", "subsystem" },
	{ "sys/kernel/config/target/core/", 1, "", "store" },
	{ "sys/kernel/config/usb_gadget/", 0, "", "gadget" },
	{ "sys/kernel/config/usb_gadget/", 2, "mass_storage.", "function" },
	{ "sys/kernel/scst_tgt/devices/", 0, "", "export" },
};

/* The name in the path, or NULL. */
static const char *name_at(const struct place *p, const char *path)
{
	const char *name = path + strlen(p->before);

	if (!vh_has_prefix(path, p->before))
		return NULL;
	for (int k = p->skip; k && strchr(name, '/'); k--)
		name = strchr(name, '/') + 1;
	return vh_has_prefix(name, p->begin) ? name + strlen(p->begin) : NULL;
}

char *vh_scrub_place(struct vh_scrub *s, const char *path)
{
	char *as = vh_strdup(path);

	for (size_t i = 0; i < VH_COUNT(places) && !s->off; i++) {
		const char *name = name_at(&places[i], as);
		_auto_free_ char *part = name ? vh_strndup(name, strcspn(name, "/")) : NULL;
		char *before = as;

		if (!name || !*part)
			continue;
		as = vh_printf("%.*s%s%u%s", (int)(name - as), as, places[i].kind,
			       number_of(s, places[i].kind, part), name + strlen(part));
		free(before);
	}
	return as;
}

/* Part by part, so that a file is still below the mount point that it was below. */
char *vh_scrub_path(struct vh_scrub *s, const char *path)
{
	static const char *const folders[] = { "/home/", "/media/", "/run/media/", "/run/user/",
					       "/root/" };
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	for (size_t i = 0; i < VH_COUNT(folders) && !s->off; i++) {
		const char *rest = path + strlen(folders[i]);

		if (!vh_has_prefix(path, folders[i]))
			continue;
		vh_strbuf_add(&to, folders[i]);
		while (*rest) {
			size_t n = strcspn(rest, "/");
			_auto_free_ char *part = vh_strndup(rest, n);

			vh_strbuf_addf(&to, "%u%s", number_of(s, "name", part), rest[n] ? "/" : "");
			rest += n + (rest[n] == '/');
		}
		return vh_strbuf_steal(&to);
	}
	return vh_strdup(path);
}

/* PREFIXx and twelve digits; 0: this is not one. */
static size_t mac_name(const char *text)
{
	static const char *const prefixes[] = { "enx", "ibx", "slx", "wlx", "wwx" };
	size_t n = 3;

	for (size_t i = 0; i < VH_COUNT(prefixes); i++)
		if (vh_has_prefix(text, prefixes[i]))
			n = 3 + strspn(text + 3, "0123456789abcdefABCDEF");
	return n == 15 ? n : 0;
}

char *vh_scrub_interfaces(struct vh_scrub *s, const char *text)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	const char *from = text;

	for (const char *p = text; (p = strchr(p, 'x')); p++) {
		const char *name = p - text < 2 ? text : p - 2;
		_auto_free_ char *mac = NULL;

		/* one that an earlier snapshot has numbered stays */
		if (!mac_name(name) || vh_has_prefix(name + 3, "00000000"))
			continue;
		mac = vh_strndup(name + 3, 12);
		vh_strbuf_add_mem(&to, from, (size_t)(name + 3 - from));
		vh_strbuf_addf(&to, "%012u", number_of(s, "interface", mac));
		from = name + 15;
	}
	vh_strbuf_add(&to, from);
	return vh_strbuf_steal(&to);
}

/* Without a value it may be anything that somebody put there. */
static bool is_plain_word(const char *word)
{
	static const char *const words[] = { "ro",     "rw",        "quiet",
					     "splash", "nomodeset", "nointremap" };

	for (size_t i = 0; i < VH_COUNT(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* intel_iommu=on, vfio-pci.ids=..., hugepages=16; but not root=UUID=..., ip=..., rd.luks.uuid=... */
static bool is_plain_option(const char *word, size_t key)
{
	static const char *const whole[] = {
		"intel_iommu",
		"amd_iommu",
		"amd_iommu_dump",
		"amd_iommu_intr",
		"iommu",
		"intremap",
		"pci",
		"pcie_acs_override",
		"pcie_aspm",
		"pcie_hp",
		"pcie_port_pm",
		"pcie_ports",
		"hugepages",
		"hugepagesz",
		"hugetlb_cma",
		"hugetlb_free_vmemmap",
		"default_hugepagesz",
		"video",
		"fbcon",
		"console",
		"module_blacklist",
		"initcall_blacklist",
		"mem",
		"memmap",
		"mem_encrypt",
		"mem_sleep_default",
		"memhp_default_state",
		"numa",
		"numa_balancing",
		"isolcpus",
	};
	static const char *const foreign[] = { "rd.", "systemd.", "ip.", "netroot.", "ds." };

	for (size_t i = 0; i < VH_COUNT(whole); i++)
		if (vh_is_word(word, key, whole[i]))
			return true;
	if (!word[key])
		return is_plain_word(word);
	for (size_t i = 0; i < VH_COUNT(foreign); i++)
		if (!strncmp(word, foreign[i], strlen(foreign[i])))
			return false;
	return memchr(word, '.', key) != NULL; /* MODULE.OPTION */
}

/* Cuts as the kernel does (lib/cmdline.c:next_arg()): blanks between quotes are part of a word. */
static char *next_word(char **rest)
{
	char *word = *rest, *end = word;
	bool quoted = false;

	if (!word)
		return NULL;
	for (; *end && (quoted || !strchr(" \t\n", *end)); end++)
		quoted ^= *end == '"';
	*rest = *end ? end + 1 : NULL;
	*end = 0;
	return word;
}

char *vh_scrub_cmdline(const struct vh_scrub *s, const char *cmdline)
{
	_auto_free_ char *copy = vh_strdup(cmdline);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *word;

	if (s->off)
		return VH_STEAL(copy);
	while ((word = next_word(&rest))) {
		size_t key = strcspn(word, "=");

		if (!strcmp(word, "--")) /* what follows is for init */
			break;
		if (!is_plain_option(word, key)) {
			if (!word[key])
				continue;
			word[key + 1] = 0;
		}
		vh_strbuf_join(&to, " ", word);
	}
	return vh_strbuf_steal(&to);
}
