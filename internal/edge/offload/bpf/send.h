/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Rewriting a packet into the one that leaves, and sending it.
 *
 * The payload moves, the headers stay where they are: so the place of a checksum
 * that the network card is still to make (CHECKSUM_PARTIAL) stays right.
 *
 * The headers are made anew, as user space would have them: nothing of the
 * sender's (DSCP, ECN, identification, flow label) gets across, but the hops left
 * to live, one less. Before anything is changed it is certain that the packet can
 * leave; what cannot goes to user space untouched. */
#pragma once

#include "receive.h"

/* A packet about to leave. */
struct leaving {
	struct hop *hop;
	struct slot *slot;
	enum direction direction;
	__u32 payload_len;
	__u32 in_at, out_at;  /* where the payload was and will be, counted from the UDP payload's begin */
	__be16 header[2];     /* of ChannelData, the one that goes or the one that comes */
};

INLINE __u32 ip_header_len(__u8 family)
{
	return family == INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/* route finds the way out as forwarding would. */
INLINE int route(struct __sk_buff *skb, const struct leaving *l, struct bpf_redir_neigh *next, __u32 *ifindex)
{
	const struct flow *f = &l->hop->flow;
	struct bpf_fib_lookup q = {
		.family = f->family,
		.l4_protocol = IPPROTO_UDP,
		.sport = f->from_port,
		.dport = f->to_port,
		.ifindex = skb->ifindex,
		.tot_len = ip_header_len(f->family) + sizeof(struct udphdr) + l->out_at + l->payload_len,
	};
	__builtin_memcpy(q.ipv6_src, &f->from, sizeof(f->from));
	__builtin_memcpy(q.ipv6_dst, &f->to, sizeof(f->to));
	switch (fib_lookup(skb, &q, sizeof(q), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		break;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return pass(MTU);
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return pass(NEIGHBOUR);
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return pass(FORWARDING);
	default:
		return pass(ROUTE);
	}
	*ifindex = q.ifindex;
	next->nh_family = q.family;
	__builtin_memcpy(next->ipv6_nh, q.ipv6_dst, sizeof(q.ipv6_dst));
	return OURS;
}

/* fix_checksum brings the UDP checksum from p to l. Of a checksum that is still to
 * be made, only the part of the pseudo header stands in the packet. */
INLINE int fix_checksum(struct __sk_buff *skb, const struct packet *p, const struct leaving *l)
{
	const struct flow *f = &l->hop->flow;
	__be16 old_len = be16(sizeof(struct udphdr) + p->payload_len);
	__be16 new_len = be16(sizeof(struct udphdr) + l->out_at + l->payload_len);
	struct {
		struct address from, to;
	} was = {p->flow.from, p->flow.to}, is = {f->from, f->to};
	__u32 lengths = (__u16)~old_len + new_len;
	__u32 header = l->header[0] + l->header[1];
	if (l->direction == TO_PEER)
		header = (__u16)~l->header[0] + (__u16)~l->header[1];

	__u32 at = ETH_HLEN + ip_header_len(f->family) + __builtin_offsetof(struct udphdr, check);
	__u32 outer = csum_diff((void *)&was, sizeof(was), (void *)&is, sizeof(is), lengths);
	__u32 inner = lengths + header + (__u16)~p->flow.from_port + (__u16)~p->flow.to_port + f->from_port + f->to_port;
	if (l4_csum_replace(skb, at, 0, outer, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0) < 0)
		return -1;
	return l4_csum_replace(skb, at, 0, inner, BPF_F_MARK_MANGLED_0);
}

INLINE void write_udp(struct udphdr *udp, const struct leaving *l)
{
	udp->source = l->hop->flow.from_port;
	udp->dest = l->hop->flow.to_port;
	udp->len = be16(sizeof(*udp) + l->out_at + l->payload_len);
}

INLINE int write_ipv4(struct __sk_buff *skb, const struct packet *p, const struct leaving *l)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end)
		return -1;
	eth->h_proto = be16(ETH_P_IP);
	struct iphdr made = {
		.version = 4,
		.ihl = 5,
		.tot_len = be16(sizeof(*ip) + sizeof(*udp) + l->out_at + l->payload_len),
		.frag_off = be16(0x4000), /* do not fragment, so it needs no identification (RFC 6864) */
		.ttl = p->ttl - 1,
		.protocol = IPPROTO_UDP,
		.saddr = l->hop->flow.from.word[0],
		.daddr = l->hop->flow.to.word[0],
	};
	__u32 sum = 0;
#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += ((__u16 *)&made)[i];
	sum = (sum & 0xffff) + (sum >> 16);
	made.check = ~(__u16)((sum & 0xffff) + (sum >> 16));
	*ip = made;
	write_udp(udp, l);
	return 0;
}

INLINE int write_ipv6(struct __sk_buff *skb, const struct packet *p, const struct leaving *l)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end)
		return -1;
	eth->h_proto = be16(ETH_P_IPV6);
	struct ipv6hdr made = {
		.version = 6,
		.payload_len = be16(sizeof(*udp) + l->out_at + l->payload_len),
		.nexthdr = IPPROTO_UDP,
		.hop_limit = p->ttl - 1,
	};
	__builtin_memcpy(&made.saddr, &l->hop->flow.from, sizeof(made.saddr));
	__builtin_memcpy(&made.daddr, &l->hop->flow.to, sizeof(made.daddr));
	*ip = made;
	write_udp(udp, l);
	return 0;
}

/* rewrite turns the packet into the one that leaves. It returns -1 where it failed
 * and the packet is not what it was. */
INLINE int rewrite(struct __sk_buff *skb, const struct packet *p, const struct leaving *l, struct message *m)
{
	__u8 family = l->hop->flow.family;
	__u32 payload_len = l->payload_len;
	asm volatile("" : "+r"(payload_len)); /* the bounds are known, but the verifier wants to see them here */
	if (payload_len == 0 || payload_len > PAYLOAD_MAX)
		return -1;
	if (skb_load_bytes(skb, p->udp_at + sizeof(struct udphdr) + l->in_at, m->payload, payload_len) < 0)
		return -1;
	if (family != p->flow.family && skb_change_proto(skb, be16(family == INET ? ETH_P_IP : ETH_P_IPV6), 0) < 0)
		return -1;
	__u32 payload_at = ETH_HLEN + ip_header_len(family) + sizeof(struct udphdr);
	if (skb_change_tail(skb, payload_at + l->out_at + payload_len, 0) < 0)
		return -1;
	if (fix_checksum(skb, p, l) < 0)
		return -1;
	if ((family == INET ? write_ipv4(skb, p, l) : write_ipv6(skb, p, l)) < 0)
		return -1;
	if (l->direction == TO_PEER)
		return skb_store_bytes(skb, payload_at, m->payload, payload_len, 0);
	m->channel = l->header[0];
	m->len = l->header[1];
	return skb_store_bytes(skb, payload_at, m, CHANNEL_HEADER + payload_len, 0);
}

/* relay sends the packet on, if nothing speaks against it. */
INLINE int relay_packet(struct __sk_buff *skb, const struct packet *p, struct leaving *l)
{
	__u32 key = l->hop->slot;
	l->slot = map_lookup_elem(&slots, &key);
	if (!l->slot || l->slot->generation != l->hop->generation || l->slot->until[l->direction] <= ktime_get_coarse_ns())
		return pass(EXPIRED);
	if (skb->vlan_present)
		return pass(VLAN);
	if (p->ip_len != p->udp_at - ETH_HLEN + sizeof(struct udphdr) + p->payload_len || skb->len != ETH_HLEN + p->ip_len)
		return pass(PADDING);
	if (l->payload_len == 0)
		return pass(EMPTY);
	if (l->payload_len > PAYLOAD_MAX)
		return pass(MTU);
	if (p->udp_check == 0)
		return pass(CHECKSUM);
	if (p->ttl <= 1)
		return pass(TTL);
	__u32 zero = 0, ifindex = 0;
	struct message *m = map_lookup_elem(&scratch, &zero);
	struct bpf_redir_neigh next = {};
	if (!m)
		return NEXT; /* it is always there, but the verifier does not know */
	int verdict = route(skb, l, &next, &ifindex);
	if (verdict != OURS)
		return verdict;
	if (rewrite(skb, p, l, m) < 0)
		return drop(FAILED);
	__sync_fetch_and_add(&l->slot->packets[l->direction], 1);
	__sync_fetch_and_add(&l->slot->bytes[l->direction], l->payload_len);
	return redirect_neigh(ifindex, &next, sizeof(next), 0);
}
