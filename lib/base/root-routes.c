/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root-routes - see root-routes.h: asks the kernel, for a bounded time and a bounded number. */
#include "lib/base/root-routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define TIMEOUT 3000      /* ms, for both families */
#define ROUTES_MAX 50000u /* default routes do not count: a router may have a million others */

struct dump {
	int fd;
	int64_t deadline;
	struct vh_strbuf text;
	size_t count;
	bool cut;
	int index; /* the interface named last */
	char name[IF_NAMESIZE];
};

/* What of a message is of interest. */
struct route {
	const struct rtmsg *msg;
	const struct rtattr *dest, *gateway, *via, *hops;
	uint32_t table, oif, metric;
};

static const char *interface_name(struct dump *d, uint32_t index)
{
	struct ifreq ask = { .ifr_ifindex = (int)index };

	if (d->index == (int)index)
		return d->name;
	if (!index || ioctl(d->fd, SIOCGIFNAME, &ask) < 0)
		return NULL; /* gone meanwhile */
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

static void put(struct dump *d, const struct route *r, uint32_t oif, const struct rtattr *gateway)
{
	char dest[INET6_ADDRSTRLEN], via[INET6_ADDRSTRLEN];
	const char *name = interface_name(d, oif),
		   *by = address_in(gateway, r->msg->rtm_family, via);
	const char *to = address_in(r->dest, r->msg->rtm_family, dest);

	if (!name)
		return;
	if (r->msg->rtm_dst_len > 1 && d->count++ >= ROUTES_MAX) {
		d->cut = true;
		return;
	}
	if (!to)
		to = r->msg->rtm_family == AF_INET6 ? "::" : "0.0.0.0";
	if (r->msg->rtm_type == RTN_LOCAL)
		by = "local";
	vh_strbuf_addf(&d->text, "%u %s/%u %s %s", r->table, to, r->msg->rtm_dst_len, by ? by : "-",
		       name);
	if (r->metric)
		vh_strbuf_addf(&d->text, " %u", r->metric);
	vh_strbuf_add(&d->text, "\n");
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
	bool by_object = false;

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
			by_object = true;
			break;
		default:
			break;
		}
	}
	if (r.hops)
		put_hops(d, &r);
	else if (r.oif)
		put(d, &r, r.oif, r.gateway);
	else if (by_object) /* net.ipv4.nexthop_compat_mode = 0 */
		d->cut = true;
}

/* 1: there is more; 0: that was the last; or a negative errno. */
static int understand_all(struct dump *d, const char *buf, size_t len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)buf;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return e->error ? e->error : -EIO;
		if (h->nlmsg_type == RTM_NEWROUTE)
			understand(d, h);
	}
	return 1;
}

static int ask(struct dump *d, unsigned char family)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg body;
	} question = {
		.head = { .nlmsg_len = sizeof(question),
			  .nlmsg_type = RTM_GETROUTE,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .rtm_family = family },
	};
	char buf[32768] __attribute__((aligned(__alignof__(struct nlmsghdr))));
	int more = 1;

	if (send(d->fd, &question, sizeof(question), 0) != sizeof(question))
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

char *vh_root_routes_dump(const struct vh_root *root)
{
	static const struct timeval patience = { .tv_sec = 1 };
	_auto_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct dump d = { .fd = fd, .deadline = vh_now_ms() + TIMEOUT };
	int rc;

	(void)root;
	if (fd < 0)
		return NULL;
	VH_IGNORE(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0);
	rc = ask(&d, AF_INET);
	if (!rc)
		rc = ask(&d, AF_INET6);
	if (rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT) /* without IPv6 */
		rc = 0;
	if (d.cut)
		vh_strbuf_add(&d.text, "cut\n");
	if (rc < 0) {
		vh_strbuf_clear(&d.text);
		errno = -rc;
		return NULL;
	}
	return vh_strbuf_steal(&d.text);
}
