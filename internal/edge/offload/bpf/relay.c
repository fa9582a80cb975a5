/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* TURN channels, relayed where packets enter the kernel.
 *
 *   client -- ChannelData --> server port      relay port -- payload --> peer
 *   client <-- ChannelData -- server port      relay port <-- payload -- peer
 *
 * User space enters the channels it has granted, each with the instant until which
 * it vouches for it. A packet is relayed here only if it belongs to such a channel
 * and all about it is plain. Everything else goes on as if this program were not
 * there: the complete relay in user space is what decides. */

#include "from_client.h"
#include "from_peer.h"

SEC("tcx/ingress")
int relay(struct __sk_buff *skb)
{
	struct packet p = {};
	int verdict = NEXT;

	if (skb->pkt_type != 0) /* a frame for somebody else, or for all */
		return NEXT;
	if (skb->protocol == be16(ETH_P_IP))
		verdict = read_ipv4(skb, &p);
	else if (skb->protocol == be16(ETH_P_IPV6))
		verdict = read_ipv6(skb, &p);
	if (verdict != OURS)
		return verdict;

	struct hop *hop;
	if (p.message[0]) {
		p.flow.channel = p.message[0];
		hop = map_lookup_elem(&from_clients, &p.flow);
		if (hop)
			return skb->gso_size ? pass(TRAIN) : from_client(skb, &p, hop);
		p.flow.channel = 0;
	}
	__u16 port = host16(p.flow.to_port);
	if (port >= relay_port_min && port <= relay_port_max) {
		hop = map_lookup_elem(&from_peers, &p.flow);
		if (hop)
			return skb->gso_size ? pass(TRAIN) : from_peer(skb, &p, hop);
	} else if (!p.message[0]) {
		return NEXT;
	}
	return pass(UNKNOWN);
}

/* Routing may be asked only by programs under a licence compatible with the GPL. */
char licence[] SEC("license") = "GPL";
