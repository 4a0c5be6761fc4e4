/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root-routes - see root-routes.h: asks the kernel, for a bounded time and a bounded number. */
#include "lib/base/root-routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define TIMEOUT 3000      /* ms, for both families */
#define ROUTES_MAX 50000u /* default routes do not count: a router may have a million others */
#define TRIES 3           /* of a table that changes while it is read */

/* A next hop that is an object of its own (ip-nexthop(8)), or a member of one that is a group. */
struct hop {
	uint32_t id, member; /* member: the id of another object; 0: this is one itself */
	uint32_t oif;
	bool gateway, nowhere;
};

/* What of a route by such an object is kept until the objects are read: without
 * net.ipv4.nexthop_compat_mode a route has nothing but their number. */
struct pending {
	uint32_t id;
	bool six;
	char *begin, *end; /* of its line, before and behind what the object tells */
};

struct dump {
	int fd;
	int64_t deadline;
	struct vh_strbuf text;
	size_t count;
	bool cut, interrupted;
	struct pending *pending;
	size_t n_pending;
	struct hop *hops;
	size_t n_hops;
	int index; /* the interface named last */
	char name[IF_NAMESIZE];
};

/* What of a message is of interest. */
struct route {
	const struct rtmsg *msg;
	const struct rtattr *dest, *gateway, *hops;
	uint32_t table, oif, metric, object;
};

static const char *interface_name(struct dump *d, uint32_t index)
{
	struct ifreq ask = { .ifr_ifindex = (int)index };

	if (d->index == (int)index)
		return d->name;
	if (!index || ioctl(d->fd, SIOCGIFNAME, &ask) < 0)
		return NULL; /* gone by now */
	d->index = (int)index;
	memcpy(d->name, ask.ifr_name, sizeof(d->name));
	d->name[sizeof(d->name) - 1] = 0;
	return d->name;
}

static uint32_t number_in(const struct rtattr *a)
{
	uint32_t v = 0;

	if (RTA_PAYLOAD(a) >= sizeof(v))
		memcpy(&v, RTA_DATA(a), sizeof(v));
	return v;
}

/* The address in an attribute as text; `ret` has room for INET6_ADDRSTRLEN. */
static const char *address_in(const struct rtattr *a, int family, char *ret)
{
	const char *data = a ? RTA_DATA(a) : NULL;
	size_t len = a ? RTA_PAYLOAD(a) : 0;

	if (a && a->rta_type == RTA_VIA) { /* an IPv4 route by an IPv6 gateway */
		uint16_t of = 0;

		if (len < sizeof(of))
			return NULL;
		memcpy(&of, data, sizeof(of));
		family = of;
		data += sizeof(of);
		len -= sizeof(of);
	}
	if (!data || len < (family == AF_INET6 ? 16u : 4u))
		return NULL;
	return inet_ntop(family, data, ret, INET6_ADDRSTRLEN);
}

/* "254 192.0.2.0/24"; NULL: there are too many. */
static char *begin_of(struct dump *d, const struct route *r)
{
	char dest[INET6_ADDRSTRLEN];
	const char *to = address_in(r->dest, r->msg->rtm_family, dest);

	if (r->msg->rtm_dst_len > VH_ROUTES_DEFAULT_BITS && d->count++ >= ROUTES_MAX) {
		d->cut = true;
		return NULL;
	}
	if (!to)
		to = r->msg->rtm_family == AF_INET6 ? "::" : "0.0.0.0";
	return vh_printf("%u %s/%u", r->table, to, r->msg->rtm_dst_len);
}

static char *end_of(const struct route *r)
{
	return r->metric ? vh_printf(" %u\n", r->metric) : vh_strdup("\n");
}

static void put(struct dump *d, const struct route *r, uint32_t oif, const struct rtattr *gateway)
{
	const char *name = interface_name(d, oif);
	_auto_free_ char *begin = name ? begin_of(d, r) : NULL, *end = end_of(r);
	char via[INET6_ADDRSTRLEN];
	const char *by = address_in(gateway, r->msg->rtm_family, via);

	if (r->msg->rtm_type == RTN_LOCAL)
		by = "local";
	if (begin)
		vh_strbuf_addf(&d->text, "%s %s %s%s", begin, by ? by : "-", name, end);
}

static void put_off(struct dump *d, const struct route *r)
{
	char *begin = begin_of(d, r);

	if (begin)
		*VH_APPEND(d->pending,
			   d->n_pending) = (struct pending){ .id = r->object,
							     .six = r->msg->rtm_family == AF_INET6,
							     .begin = begin,
							     .end = end_of(r) };
}

static void put_hops(struct dump *d, const struct route *r)
{
	const struct rtnexthop *hop = RTA_DATA(r->hops);
	int left = (int)RTA_PAYLOAD(r->hops);

	while (left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
		const struct rtattr *gateway = NULL, *a = (const struct rtattr *)RTNH_DATA(hop);
		int len = (int)hop->rtnh_len - (int)RTNH_LENGTH(0);

		for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
			if (a->rta_type == RTA_GATEWAY || a->rta_type == RTA_VIA)
				gateway = a;
		put(d, r, (uint32_t)hop->rtnh_ifindex, gateway);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static void understand(struct dump *d, const struct nlmsghdr *h)
{
	struct route r = { .msg = NLMSG_DATA(h) };
	const struct rtattr *a = RTM_RTA(r.msg);
	int len = (int)RTM_PAYLOAD(h);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*r.msg)) ||
	    (r.msg->rtm_type != RTN_UNICAST && r.msg->rtm_type != RTN_LOCAL) ||
	    (r.msg->rtm_family != AF_INET && r.msg->rtm_family != AF_INET6))
		return;
	r.table = r.msg->rtm_table;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		switch (a->rta_type) {
		case RTA_DST:
			r.dest = a;
			break;
		case RTA_GATEWAY:
		case RTA_VIA:
			r.gateway = a;
			break;
		case RTA_MULTIPATH:
			r.hops = a;
			break;
		case RTA_TABLE:
			r.table = number_in(a);
			break;
		case RTA_OIF:
			r.oif = number_in(a);
			break;
		case RTA_PRIORITY:
			r.metric = number_in(a);
			break;
		case RTA_NH_ID:
			r.object = number_in(a);
			break;
		default:
			break;
		}
	}
	if (r.hops)
		put_hops(d, &r);
	else if (r.oif)
		put(d, &r, r.oif, r.gateway);
	else if (r.object)
		put_off(d, &r);
}

/* --- next hops that are objects ------------------------------------------------------------------ */

static void add_members(struct dump *d, uint32_t id, const struct rtattr *group)
{
	const struct nexthop_grp *g = RTA_DATA(group);

	for (size_t left = RTA_PAYLOAD(group); left >= sizeof(*g); left -= sizeof(*g), g++)
		*VH_APPEND(d->hops, d->n_hops) = (struct hop){ .id = id, .member = g->id };
}

static void understand_hop(struct dump *d, const struct nlmsghdr *h)
{
	const struct nhmsg *msg = NLMSG_DATA(h);
	const struct rtattr *a = (const void *)((const char *)msg + NLMSG_ALIGN(sizeof(*msg)));
	const struct rtattr *group = NULL;
	int len = (int)NLMSG_PAYLOAD(h, sizeof(*msg));
	struct hop hop = { 0 };

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)) || d->n_hops >= ROUTES_MAX)
		return;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == NHA_ID)
			hop.id = number_in(a);
		else if (a->rta_type == NHA_OIF)
			hop.oif = number_in(a);
		else if (a->rta_type == NHA_GATEWAY)
			hop.gateway = true;
		else if (a->rta_type == NHA_BLACKHOLE)
			hop.nowhere = true;
		else if (a->rta_type == NHA_GROUP)
			group = a;
	}
	if (group)
		add_members(d, hop.id, group);
	else
		*VH_APPEND(d->hops, d->n_hops) = hop;
}

/* Of an object and of the members of a group; false: it is not known. */
static bool put_object(struct dump *d, const struct pending *p, uint32_t id, int depth)
{
	bool known = false;

	for (size_t i = 0; i < d->n_hops; i++) {
		const struct hop *hop = &d->hops[i];
		const char *name;

		if (hop->id != id)
			continue;
		if (hop->member) {
			known |= depth > 0 && put_object(d, p, hop->member, depth - 1);
			continue;
		}
		name = hop->nowhere ? NULL : interface_name(d, hop->oif);
		known |= name || hop->nowhere;
		if (name)
			vh_strbuf_addf(&d->text, "%s %s %s%s", p->begin,
				       !hop->gateway ? "-"
				       : p->six      ? "::"
						     : "0.0.0.0",
				       name, p->end);
	}
	return known;
}

static void put_pending(struct dump *d)
{
	for (size_t i = 0; i < d->n_pending; i++)
		if (!put_object(d, &d->pending[i], d->pending[i].id, 1))
			vh_strbuf_addf(&d->text, "%s - ?%s", d->pending[i].begin, d->pending[i].end);
}

/* --- the questions ------------------------------------------------------------------------------- */

/* 1: there is more; 0: that was the last; or a negative errno. */
static int understand_all(struct dump *d, const char *buf, size_t len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)buf;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			d->interrupted = true;
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return e->error ? e->error : -EIO;
		if (h->nlmsg_type == RTM_NEWROUTE)
			understand(d, h);
		if (h->nlmsg_type == RTM_NEWNEXTHOP)
			understand_hop(d, h);
	}
	return 1;
}

/* What of a family there is; the bodies of both questions begin with it. */
static int ask(struct dump *d, uint16_t type, unsigned char family)
{
	struct {
		struct nlmsghdr head;
		union {
			struct rtmsg route;
			struct nhmsg hop;
		} body;
	} question = { .body.route.rtm_family = family };
	size_t len = NLMSG_LENGTH(type == RTM_GETROUTE ? sizeof(question.body.route)
						       : sizeof(question.body.hop));
	char buf[32768] __attribute__((aligned(__alignof__(struct nlmsghdr))));
	int more = 1;

	question.head.nlmsg_len = (uint32_t)len;
	question.head.nlmsg_type = type;
	question.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (send(d->fd, &question, len, 0) != (ssize_t)len)
		return -errno;
	while (more > 0) {
		ssize_t n = recv(d->fd, buf, sizeof(buf), 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (vh_now_ms() > d->deadline)
			return -ETIME;
		if (n > 0)
			more = understand_all(d, buf, (size_t)n);
	}
	return more;
}

static void forget(struct dump *d)
{
	for (size_t i = 0; i < d->n_pending; i++) {
		free(d->pending[i].begin);
		free(d->pending[i].end);
	}
	free(d->pending);
	free(d->hops);
	d->pending = NULL;
	d->hops = NULL;
	d->n_pending = d->n_hops = 0;
}

static int ask_all(struct dump *d)
{
	int rc;

	forget(d);
	vh_strbuf_clear(&d->text);
	d->count = 0;
	d->cut = d->interrupted = false;
	rc = ask(d, RTM_GETROUTE, AF_INET);
	if (!rc)
		rc = ask(d, RTM_GETROUTE, AF_INET6);
	if (rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT) /* without IPv6 */
		rc = 0;
	if (!rc && d->n_pending)
		VH_IGNORE(ask(d, RTM_GETNEXTHOP, AF_UNSPEC)); /* they stay unresolved */
	if (!rc)
		put_pending(d);
	return rc;
}

char *vh_root_routes_dump(const struct vh_root *root)
{
	static const struct timeval patience = { .tv_sec = 1 };
	_auto_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct dump d = { .fd = fd, .deadline = vh_now_ms() + TIMEOUT, .interrupted = true };
	int rc = 0;

	(void)root;
	if (fd < 0)
		return NULL;
	VH_IGNORE(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0);
	for (int i = 0; i < TRIES && !rc && d.interrupted; i++)
		rc = ask_all(&d);
	forget(&d);
	if (d.cut)
		vh_strbuf_add(&d.text, "cut\n");
	if (rc < 0) {
		vh_strbuf_clear(&d.text);
		errno = -rc;
		return NULL;
	}
	return vh_strbuf_steal(&d.text);
}
