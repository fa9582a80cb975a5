/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Reading a packet's headers. Nothing is changed here. */
#pragma once

#include "maps.h"

#define CHANNEL_HEADER 4

/* A UDP packet whose headers are all plain. */
struct packet {
	struct flow flow;
	__u32 udp_at;
	__u32 payload_len; /* what the UDP header says */
	__u32 ip_len;      /* what the IP header says, that header included */
	__be16 udp_check;
	__u8 ttl;
	__be16 message[2]; /* the first bytes, if it may be ChannelData; else zero */
};

/* Protocols that stand between an IPv6 header and UDP. */
#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENTED 44
#define DESTINATION 60

/* linear makes the headers accessible, that of ChannelData included, where the
 * sender or the driver left them in pages. */
INLINE int linear(struct __sk_buff *skb, __u32 headers)
{
	__u32 len = headers + CHANNEL_HEADER;
	if ((long)skb->data + len <= (long)skb->data_end)
		return 0;
	if (skb->len < headers)
		return -1;
	return skb_pull_data(skb, skb->len < len ? skb->len : len);
}

INLINE void read_udp(struct packet *p, const struct udphdr *udp)
{
	p->flow.from_port = udp->source;
	p->flow.to_port = udp->dest;
	p->udp_check = udp->check;
	p->payload_len = host16(udp->len) - sizeof(*udp);
}

/* read_message reads the first bytes if they begin with 01, as ChannelData does. */
INLINE void read_message(struct packet *p, const __u8 *at, const void *end)
{
	if ((void *)(at + CHANNEL_HEADER) <= end && (at[0] & 0xc0) == 0x40) {
		p->message[0] = ((const __be16 *)at)[0];
		p->message[1] = ((const __be16 *)at)[1];
	}
}

/* The readers return 0, or what becomes of the packet. */
#define OURS 0

INLINE int read_ipv4(struct __sk_buff *skb, struct packet *p)
{
	const __u32 headers = ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr);
	if (linear(skb, headers) < 0)
		return NEXT;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end || ip->version != 4 || ip->protocol != IPPROTO_UDP)
		return NEXT;
	if (ip->frag_off & be16(0x3fff))
		return pass(FRAGMENT);
	if (ip->ihl != 5)
		return pass(OPTIONS);
	p->flow.family = INET;
	p->flow.from.word[0] = ip->saddr;
	p->flow.to.word[0] = ip->daddr;
	p->ttl = ip->ttl;
	p->ip_len = host16(ip->tot_len);
	p->udp_at = ETH_HLEN + sizeof(*ip);
	read_udp(p, udp);
	read_message(p, (void *)(udp + 1), end);
	return OURS;
}

INLINE int read_ipv6(struct __sk_buff *skb, struct packet *p)
{
	const __u32 headers = ETH_HLEN + sizeof(struct ipv6hdr) + sizeof(struct udphdr);
	if (linear(skb, headers) < 0)
		return NEXT;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end || ip->version != 6)
		return NEXT;
	switch (ip->nexthdr) {
	case IPPROTO_UDP:
		break;
	case FRAGMENTED:
		return pass(FRAGMENT);
	case HOP_BY_HOP:
	case ROUTING:
	case DESTINATION:
		return pass(OPTIONS);
	default:
		return NEXT;
	}
	p->flow.family = INET6;
	__builtin_memcpy(&p->flow.from, &ip->saddr, sizeof(p->flow.from));
	__builtin_memcpy(&p->flow.to, &ip->daddr, sizeof(p->flow.to));
	p->ttl = ip->hop_limit;
	p->ip_len = host16(ip->payload_len) + sizeof(*ip);
	p->udp_at = ETH_HLEN + sizeof(*ip);
	read_udp(p, udp);
	read_message(p, (void *)(udp + 1), end);
	return OURS;
}
