/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* From a client, as ChannelData, to a peer: the header goes. */
#pragma once

#include "send.h"

INLINE int from_client(struct __sk_buff *skb, struct packet *p, struct hop *hop)
{
	struct leaving l = {
		.hop = hop,
		.direction = TO_PEER,
		.payload_len = host16(p->message[1]),
		.in_at = CHANNEL_HEADER,
		.header = {p->message[0], p->message[1]},
	};
	if (p->payload_len != CHANNEL_HEADER + l.payload_len)
		return pass(PADDING);
	return relay_packet(skb, p, &l);
}
