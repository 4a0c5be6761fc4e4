/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-claim - claims survive being written and read, and nothing else is read as one. */
#include "lib/base/strbuf.h"
#include "lib/state/claim.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define OWNER "owner " UUID "\n"
#define NAMED "device 0000:01:00.0 8086:10d3 group=12 named unbind driver=e1000e override=- taken\n"
#define STUCK "device 0000:01:00.1 8086:10d3 group=12 peer bind driver=e1000e override=- stuck\n"
#define V2 "vfio-hook-claim 2\n"
#define SINCE "since 1763707695.012345678\n"
#define HEAD V2 OWNER "name vm\n" SINCE "daemon 812 1893\nran no\n"
#define V3 "vfio-hook-claim 3\n" OWNER "name vm\n" SINCE "daemon 812 1893\nran no\n"
#define GOOD HEAD NAMED STUCK "end\n"
/* a device of which one word is odd */
#define DEVICE(rest) HEAD "device 0000:01:00.0 " rest " taken\nend\n"

/* want: the error, NULL: this is a claim */
static const struct {
	const char *name, *text, *want;
} texts[] = {
	{ "the one of the header", GOOD, NULL },
	{ "no devices", HEAD "end\n", NULL },
	{ "by hand", V2 "owner manual\nname \nsince 0.000000000\ndaemon 0 0\nran yes\nend\n", NULL },
	{ "a name with blanks", V2 OWNER "name  a b \nsince 1.000000001\ndaemon 1 1\nran no\nend\n",
	  NULL },
	{ "no group", DEVICE("8086:10d3 group=-1 peer leave driver=- override=-"), NULL },
	{ "kept", DEVICE("8086:10d3 group=0 named keep driver=- override=vfio-pci"), NULL },
	{ "a driver with a blank",
	  DEVICE("8086:10d3 group=1 peer bind driver=Prestera%20DX override=-"), NULL },
	{ "an override called -", DEVICE("8086:10d3 group=1 peer bind driver=- override=%2d"), NULL },
	{ "an override with a slash", DEVICE("8086:10d3 group=1 peer bind driver=- override=a%2fb"),
	  NULL },
	/* the frame */
	{ "nothing", "", "line 1: the file is truncated" },
	{ "something else", "[defaults]\n", "line 1: no 'vfio-hook-claim'" },
	{ "a newer version", "vfio-hook-claim 4\nwhatever\n",
	  "written by a newer vfio-hook (version 4)" },
	{ "version 0", "vfio-hook-claim 0\n", "line 1: no version" },
	{ "no version", "vfio-hook-claim \n", "line 1: no version" },
	{ "version 2 and more", "vfio-hook-claim 2 \n", "line 1: no version" },
	{ "no end", HEAD NAMED, "line 8: the file is truncated" },
	{ "half an end", HEAD NAMED "en", "line 8: the file is truncated" },
	{ "no last newline", HEAD NAMED "end", "line 8: the file is truncated" },
	{ "half a device", HEAD "device 0000:01:00.0 8086", "line 7: the file is truncated" },
	{ "something behind the end", GOOD "x", "line 9: unexpected line" },
	{ "an empty line behind the end", GOOD "\n", "line 9: unexpected line" },
	{ "two claims", GOOD GOOD, "line 9: unexpected line" },
	{ "an empty line", HEAD "\nend\n", "line 7: unexpected line" },
	{ "an unknown line", HEAD "shrug 1\nend\n", "line 7: unexpected line" },
	{ "DOS lines", V2 "owner " UUID "\r\n", "line 2: the owner is not a UUID" },
	/* the head */
	{ "the owner is missing", V2 "name vm\n", "line 2: no 'owner'" },
	{ "the owner is not a UUID", V2 "owner ../../etc\n", "line 2: the owner is not a UUID" },
	{ "the owner is in upper case", V2 "owner 4DEA22B3-1d52-d8f3-2516-782e98ab3fa0\n",
	  "line 2: the owner is not a UUID" },
	{ "out of order", V2 "name vm\n" OWNER, "line 2: no 'owner'" },
	{ "the name has an escape sequence",
	  V2 OWNER "name \x1b[m\nsince 1.000000001\ndaemon 1 1\nran no\nend\n",
	  "line 3: not as vfio-hook writes it" },
	{ "no name", V2 OWNER "name\nsince 1.000000001\n", "line 3: no 'name'" },
	{ "a time that is none", V2 OWNER "name vm\nsince now\n", "line 4: no time" },
	{ "a negative time", V2 OWNER "name vm\nsince -1.000000000\n", "line 4: no time" },
	{ "a time beyond all", V2 OWNER "name vm\nsince 9223372036854775808.000000000\n",
	  "line 4: no time" },
	{ "a time with a zero in front",
	  V2 OWNER "name vm\nsince 01.000000000\ndaemon 1 1\nran no\nend\n",
	  "line 4: not as vfio-hook writes it" },
	{ "half a process", V2 OWNER "name vm\nsince 1.000000001\ndaemon 1\n", "line 5: no process" },
	{ "a process and more", V2 OWNER "name vm\nsince 1.000000001\ndaemon 1 2 3\n",
	  "line 5: no process" },
	{ "an unknown answer", V2 OWNER "name vm\nsince 1.000000001\ndaemon 1 2\nran far\n",
	  "line 6: neither yes nor no" },
	/* devices */
	{ "out of order", HEAD STUCK NAMED "end\n", "line 8: devices out of order" },
	{ "twice", HEAD NAMED NAMED "end\n", "line 8: devices out of order" },
	{ "a short address", HEAD "device 01:00.0 8086:10d3\nend\n", "line 7: no PCI address" },
	{ "an address in upper case",
	  HEAD "device 0000:0A:00.0 8086:10d3 group=12 named unbind driver=e1000e override=-\nend\n",
	  "line 7: no PCI address" },
	{ "two blanks", HEAD "device  0000:01:00.0 8086:10d3\nend\n", "line 7: no PCI address" },
	{ "no ids", DEVICE("group=12"), "line 7: no vendor and device id" },
	{ "ids in upper case", DEVICE("8086:10D3 group=12 named unbind driver=a override=-"),
	  "line 7: not as vfio-hook writes it" },
	{ "uneven ids", DEVICE("086:010d3 group=12 named unbind driver=a override=-"),
	  "line 7: not as vfio-hook writes it" },
	{ "ids too long", DEVICE("8086:110d3 group=12 named unbind driver=a override=-"),
	  "line 7: no vendor and device id" },
	{ "a group of another kind", DEVICE("8086:10d3 group=x"), "line 7: no IOMMU group" },
	{ "group -2", DEVICE("8086:10d3 group=-2"), "line 7: no IOMMU group" },
	{ "group 012", DEVICE("8086:10d3 group=012 named unbind driver=a override=-"),
	  "line 7: not as vfio-hook writes it" },
	{ "an unknown role", DEVICE("8086:10d3 group=1 friend bind driver=a override=-"),
	  "line 7: unknown role or action" },
	{ "an unknown action", DEVICE("8086:10d3 group=1 peer eat driver=a override=-"),
	  "line 7: unknown role or action" },
	{ "no driver", DEVICE("8086:10d3 group=1 peer bind override=- driver=a"),
	  "line 7: no driver or driver_override" },
	{ "an empty driver", DEVICE("8086:10d3 group=1 peer bind driver= override=-"),
	  "line 7: no driver or driver_override" },
	{ "a driver that is a path",
	  DEVICE("8086:10d3 group=1 peer bind driver=../../../etc override=-"),
	  "line 7: no driver or driver_override" },
	{ "a driver that is an escaped path",
	  DEVICE("8086:10d3 group=1 peer bind driver=..%2f.. override=-"),
	  "line 7: the driver has no driver's name" },
	{ "a driver that is ..", DEVICE("8086:10d3 group=1 peer bind driver=.. override=-"),
	  "line 7: the driver has no driver's name" },
	{ "an escaped NUL", DEVICE("8086:10d3 group=1 peer bind driver=a%00 override=-"),
	  "line 7: no driver or driver_override" },
	{ "half an escape", DEVICE("8086:10d3 group=1 peer bind driver=a%2 override=-"),
	  "line 7: no driver or driver_override" },
	{ "a needless escape", DEVICE("8086:10d3 group=1 peer bind driver=%61 override=-"),
	  "line 7: not as vfio-hook writes it" },
	{ "the override is missing", DEVICE("8086:10d3 group=1 peer bind driver=a"),
	  "line 7: no driver or driver_override" },
	{ "the override is missing, and no state",
	  HEAD "device 0000:01:00.0 8086:10d3 group=1 peer bind driver=a\nend\n",
	  "line 7: no driver or driver_override" },
	/* states */
	{ "each state",
	  HEAD "device 0000:01:00.0 8086:10d3 group=1 named leave driver=- override=- noted\n"
	       "device 0000:01:00.1 8086:10d3 group=1 peer bind driver=a override=- taking\n"
	       "device 0000:01:00.2 8086:10d3 group=1 peer bind driver=a override=- taken\n"
	       "device 0000:01:00.3 8086:10d3 group=1 peer bind driver=a override=- returning\n"
	       "device 0000:01:00.4 8086:10d3 group=1 peer bind driver=a override=- stuck\nend\n",
	  NULL },
	{ "no state",
	  HEAD "device 0000:01:00.0 8086:10d3 group=1 peer bind driver=a override=-\nend\n",
	  "line 7: unknown state" },
	{ "an unknown state", DEVICE("8086:10d3 group=1 peer bind driver=a override=- lost"),
	  "line 7: unknown state" },
	{ "an empty state", DEVICE("8086:10d3 group=1 peer bind driver=a override=- "),
	  "line 7: unknown state" },
	{ "two states", DEVICE("8086:10d3 group=1 peer bind driver=a override=- stuck"),
	  "line 7: unexpected words at the end" },
	/* power */
	{ "one that may sleep",
	  V3 "device 0000:01:00.0 8086:10d3 group=12 named unbind driver=a override=- taken "
	     "power=auto\n" STUCK "end\n",
	  NULL },
	{ "of version 2", DEVICE("8086:10d3 group=1 peer bind driver=a override=- taken power=auto"),
	  "line 7: unexpected words at the end" },
	{ "awake",
	  V3 "device 0000:01:00.0 8086:10d3 group=1 peer bind driver=a override=- taken "
	     "power=on\nend\n",
	  "line 7: unexpected words at the end" },
	{ "version 3 for nothing", V3 STUCK "end\n", "line 1: not as vfio-hook writes it" },
	/* loans */
	{ "each kind of loan",
	  HEAD NAMED "loan 0000:01:00.0 unit display-manager.service out\n"
		     "loan 0000:01:00.0 unit srv-my\\x20disk.mount failed\n"
		     "loan 0000:01:00.0 console vtcon1 out\n"
		     "loan 0000:01:00.0 framebuffer efi-framebuffer.0@efi-framebuffer out\n"
		     "loan 0000:01:00.0 module nvidia_drm out\n"
		     "loan 0000:01:00.0 driver nvidia failed\nend\n",
	  NULL },
	{ "a loan without devices", HEAD "loan 0000:01:00.0 unit a.service failed\nend\n", NULL },
	{ "a loan before a device", HEAD "loan 0000:01:00.0 unit a.service out\n" NAMED "end\n",
	  "line 8: unexpected line" },
	{ "a loan of no kind", HEAD "loan 0000:01:00.0 thing a.service out\nend\n",
	  "line 7: no loan" },
	{ "a loan of no device", HEAD "loan 01:00.0 unit a.service out\nend\n", "line 7: no loan" },
	{ "a loan in no state", HEAD "loan 0000:01:00.0 unit a.service lost\nend\n",
	  "line 7: no loan" },
	{ "half a loan", HEAD "loan 0000:01:00.0 unit a.service\nend\n", "line 7: no loan" },
	{ "a loan and more", HEAD "loan 0000:01:00.0 unit a.service out x\nend\n",
	  "line 7: no loan" },
	{ "a unit that is an option", HEAD "loan 0000:01:00.0 unit --force.service out\nend\n",
	  "line 7: no loan" },
	{ "a console that is a path", HEAD "loan 0000:01:00.0 console vtcon/../x out\nend\n",
	  "line 7: no loan" },
	{ "a module that is a path", HEAD "loan 0000:01:00.0 module ../nvidia out\nend\n",
	  "line 7: no loan" },
	{ "a framebuffer that is a path",
	  HEAD "loan 0000:01:00.0 framebuffer a@../../pci/drivers/igb out\nend\n",
	  "line 7: no loan" },
	/* times */
	{ "no nanoseconds", V2 OWNER "name vm\nsince 1\ndaemon 1 1\nran no\nend\n",
	  "line 4: no time" },
	{ "few of them", V2 OWNER "name vm\nsince 1.5\ndaemon 1 1\nran no\nend\n",
	  "line 4: no time" },
	{ "too many", V2 OWNER "name vm\nsince 1.0000000000\ndaemon 1 1\nran no\nend\n",
	  "line 4: no time" },
	{ "odd ones", V2 OWNER "name vm\nsince 1.00000000x\ndaemon 1 1\nran no\nend\n",
	  "line 4: no time" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < VH_COUNT(texts); i++) {
		_auto_error_ struct vh_error err = { 0 };
		const char *text = texts[i].text, *want = texts[i].want;
		_auto_(vh_claim) struct vh_claim *c = vh_claim_parse(text, strlen(text), &err);
		_auto_free_ char *again = c ? vh_claim_format(c) : NULL;

		if (!ok(want ? !c && err.code == VH_E_INPUT && vh_streq(err.what, want)
			     : vh_streq(again, text),
			"%s: %s", texts[i].name, want ? "refused" : "read and written the same"))
			diag("have: %s", c ? again : err.what);
	}
}

static void test_fields(void)
{
	_auto_(vh_claim) struct vh_claim *c = vh_claim_parse(GOOD, strlen(GOOD), NULL);
	const struct vh_record *r = c ? c->records : NULL;

	ok(c && !strcmp(c->owner, UUID) && !strcmp(c->name, "vm") && c->since == 1763707695 &&
		   c->since_ns == 12345678 && c->daemon_pid == 812 && c->daemon_start == 1893 &&
		   !c->ran && !c->released && c->count == 2,
	   "the head of a claim");
	ok(r && r->vendor == 0x8086 && r->device == 0x10d3 && r->group == 12 &&
		   r->role == VH_NAMED && r->action == VH_UNBIND && vh_streq(r->driver, "e1000e") &&
		   !r->override && r->state == VH_TAKEN && !r->now,
	   "its first device");
	ok(r && r[1].addr.function == 1 && r[1].role == VH_PEER && r[1].action == VH_BIND &&
		   r[1].state == VH_STUCK,
	   "its second device");
	ok(!strcmp(vh_claim_role_str(VH_PEER), "peer") &&
		   !strcmp(vh_claim_state_str(VH_RETURNING), "returning"),
	   "words");
}

/* --- version 1 -------------------------------------------------------------------------------- */

#define V1 "vfio-hook-claim 1\n" OWNER "name vm\nsince 1763707695\ndaemon 812 1893\n"
#define V1_DEVICES                                                                          \
	"device 0000:01:00.0 8086:10d3 group=12 named unbind driver=e1000e override=-\n"    \
	"device 0000:01:00.1 8086:10d3 group=12 peer bind driver=e1000e override=- stuck\n" \
	"device 0000:01:00.2 8086:10d3 group=12 named leave driver=- override=-\nend\n"

static const struct {
	const char *state, *written; /* the line of the whole claim, and what becomes of it */
	bool ran, released;
	enum vh_record_state unbind, leave;
} old[] = {
	{ "prepared", "ran no\n", false, false, VH_TAKEN, VH_NOTED },
	{ "started", "ran yes\n", true, false, VH_TAKEN, VH_NOTED },
	{ "released", "ran no\n", false, true, VH_RETURNING, VH_RETURNING },
};

static void test_old(size_t n)
{
	_auto_free_ char *text = vh_printf(V1 "state %s\n" V1_DEVICES, old[n].state), *now = NULL;
	_auto_(vh_claim) struct vh_claim *c = vh_claim_parse(text, strlen(text), NULL);
	const struct vh_record *r = c ? c->records : NULL;

	now = c ? vh_claim_format(c) : NULL;
	ok(c && c->ran == old[n].ran && c->released == old[n].released &&
		   r[0].state == old[n].unbind && r[1].state == VH_STUCK &&
		   r[2].state == old[n].leave,
	   "version 1, %s: read", old[n].state);
	ok(now && vh_has_prefix(now, V2) && strstr(now, "\nsince 1763707695.000000000\n") &&
		   strstr(now, old[n].written),
	   "and written as version 2");
	if (c)
		vh_claim_unstick(c);
	ok(c && r[0].state == old[n].unbind && r[1].state == VH_RETURNING,
	   "what was stuck may be anywhere");
}

static const struct {
	const char *name, *text;
} not_old[] = {
	{ "a state of a device", V1 "state started\ndevice 0000:01:00.0 8086:10d3 group=12 named "
				    "unbind driver=a override=- taken\nend\n" },
	{ "whether it ran", V1 "ran no\nend\n" },
	{ "nanoseconds", "vfio-hook-claim 1\n" OWNER "name vm\n" SINCE "daemon 812 1893\n"
			 "state started\nend\n" },
	{ "an odd state", V1 "state yes\nend\n" },
	{ "a loan", V1 "state started\nloan 0000:01:00.0 unit a.service out\nend\n" },
};

static void test_not_old(void)
{
	for (size_t i = 0; i < VH_COUNT(not_old); i++)
		ok(!vh_claim_parse(not_old[i].text, strlen(not_old[i].text), NULL),
		   "version 1 with %s: refused", not_old[i].name);
}

/* Every text that is one byte away is refused, or is a claim of its own. */
static void test_damage(void)
{
	static const char bytes[] = "\0\n 0-:.fx%";
	size_t len = strlen(GOOD), bad = 0, read = 0;
	_auto_free_ char *text = vh_alloc(len + 1);

	for (size_t at = 0; at < len; at++) {
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			_auto_(vh_claim) struct vh_claim *c = NULL;
			_auto_free_ char *again = NULL;

			memcpy(text, GOOD, len + 1);
			text[at] = bytes[b];
			c = vh_claim_parse(text, len, NULL);
			again = c ? vh_claim_format(c) : NULL;
			read += c != NULL;
			bad += c && (strlen(again) != len || memcmp(again, text, len) != 0);
		}
	}
	ok(bad == 0 && read > len / 8, "damaged bytes: refused, or another claim (%zu)", read);
	bad = 0;
	for (size_t n = 0; n < len; n++) {
		_auto_(vh_claim) struct vh_claim *c = vh_claim_parse(GOOD, n, NULL);

		bad += c != NULL;
	}
	ok(bad == 0, "cut anywhere: refused");
}

static void test_nul(void)
{
	_auto_error_ struct vh_error err = { 0 };
	static const char text[] = GOOD "\0x";
	struct vh_claim *c = vh_claim_parse(text, sizeof(text) - 1, &err);

	ok(!c && vh_streq(err.what, "line 10: a NUL byte"), "a NUL byte behind the end: refused");
	vh_claim_free(c);
	c = vh_claim_parse(NULL, 0, &err);
	ok(!c && err.code == VH_E_INPUT, "an empty file: refused");
	vh_claim_free(c);
	vh_claim_free(NULL);
}

/* Any bytes in name, driver and override come back as they were. */
static void test_odd_bytes(void)
{
	char every[256];
	_auto_(vh_claim) struct vh_claim *c = NULL, *back = NULL;
	const struct vh_pci_addr addr = { 0x10000, 0xff, 31, 7 };
	_auto_free_ char *text = NULL;
	struct vh_record *r;

	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	every[255] = 0;
	c = vh_claim_new(UUID, every);
	ok(!strpbrk(c->name, "\n\x1b"), "a new claim has a printable name");
	r = vh_claim_add(c, &addr);
	r->driver = vh_strdup("Prestera DX 100%");
	r->override = vh_strdup(every);
	r->group = INT32_MAX;
	r->vendor = r->device = 0xffff;
	text = vh_claim_format(c);
	back = vh_claim_parse(text, strlen(text), NULL);
	ok(back && !strcmp(back->name, c->name) && back->count == 1 &&
		   vh_streq(back->records[0].driver, "Prestera DX 100%") &&
		   vh_streq(back->records[0].override, every) &&
		   !vh_pci_cmp(&back->records[0].addr, &addr) && back->records[0].group == INT32_MAX,
	   "names of any bytes come back");
	vh_claim_free(back);
	free(text);
	free(c->name);
	c->name = vh_strdup("a\nend\n");
	text = vh_claim_format(c);
	back = vh_claim_parse(text, strlen(text), NULL);
	ok(back && !strcmp(back->name, "a\\x0aend\\x0a") && back->count == 1,
	   "a newline in a name forges no line");
}

/* Adds and removes in odd order: always sorted, each once, found or not. */
static void test_records(void)
{
	_auto_(vh_claim) struct vh_claim *c = vh_claim_new(VH_MANUAL, "x");
	struct vh_pci_addr a = { 0 };
	bool good = true;

	ok(!vh_claim_find(c, &a), "nothing in an empty claim");
	for (unsigned int i = 0; i < 32; i++) {
		a.slot = (uint8_t)(i * 7 % 32);
		vh_claim_add(c, &a)->driver = vh_printf("d%u", a.slot);
	}
	for (size_t i = 0; i < c->count; i++)
		good = good && c->records[i].addr.slot == i;
	ok(good && c->count == 32, "records are sorted");
	a.slot = 5;
	ok(vh_streq(vh_claim_add(c, &a)->driver, "d5") && c->count == 32, "one per address");
	vh_claim_remove(c, &a);
	vh_claim_remove(c, &a);
	ok(c->count == 31 && !vh_claim_find(c, &a), "removed once");
	a.slot = 31;
	vh_claim_remove(c, &a);
	a.slot = 30;
	ok(c->count == 30 && vh_claim_find(c, &a) && vh_streq(vh_claim_find(c, &a)->driver, "d30"),
	   "the last one removed, its neighbour found");
	a.slot = 0;
	vh_claim_copy_record(vh_claim_find(c, &a), &c->records[1]);
	ok(vh_streq(c->records[0].driver, "d1") && c->records[0].driver != c->records[1].driver,
	   "a copy has strings of its own");
}

int main(void)
{
	test_texts();
	test_fields();
	for (size_t i = 0; i < VH_COUNT(old); i++)
		test_old(i);
	test_not_old();
	test_damage();
	test_nul();
	test_odd_bytes();
	test_records();
	return tap_done();
}
