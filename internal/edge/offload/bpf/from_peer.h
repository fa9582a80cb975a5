/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* From a peer to a client: the header of ChannelData comes. */
#pragma once

#include "send.h"

INLINE int from_peer(struct __sk_buff *skb, struct packet *p, struct hop *hop)
{
	struct leaving l = {
		.hop = hop,
		.direction = TO_CLIENT,
		.payload_len = p->payload_len,
		.out_at = CHANNEL_HEADER,
		.header = {hop->flow.channel, be16(p->payload_len)},
	};
	return relay_packet(skb, p, &l);
}
