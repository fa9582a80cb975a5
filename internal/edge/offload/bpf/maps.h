/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The state that user space shares with the program. All of it is bounded. */
#pragma once

#include "kernel.h"

#define CHANNELS_MAX 65536

/* More than an Ethernet frame carries; larger packets go to user space. */
#define PAYLOAD_MAX 2044

/* An IPv4 address is in the first word; the others are zero. */
struct address {
	__be32 word[4];
};

/* A packet's addresses and ports, and the channel number where it has one. */
struct flow {
	struct address from, to;
	__be16 from_port, to_port;
	__be16 channel;
	__u8 family;
	__u8 zero;
};

/* The other side of a channel: what the packet's flow becomes. */
struct hop {
	struct flow flow;
	__u32 slot;
	__u32 generation; /* of the slot, when this was entered */
};

enum direction { TO_PEER, TO_CLIENT, DIRECTIONS };

/* What changes while a channel lives. User space maps this memory: it moves the
 * instants by plain writes, and reads the counters. */
struct slot {
	__u32 generation;
	__u32 zero;
	__u64 until[DIRECTIONS];  /* CLOCK_MONOTONIC_COARSE, ns: relayed here before, by user space from then on */
	__u64 packets[DIRECTIONS];
	__u64 bytes[DIRECTIONS];  /* payload */
	__u64 line;               /* fills a cache line */
};

/* Why a packet went on to user space, or nowhere. */
enum reason {
	UNKNOWN,    /* looks like ChannelData or goes to a relay port, and no channel is known */
	EXPIRED,    /* the channel's time here is up */
	FRAGMENT,
	OPTIONS,    /* IPv4 options or IPv6 extension headers */
	PADDING,    /* bytes after the message, or a length that lies */
	EMPTY,      /* no payload */
	TRAIN,      /* several datagrams in one buffer (GSO, GRO) */
	CHECKSUM,   /* without a checksum, which would have to be made */
	TTL,        /* would not survive another hop */
	MTU,        /* does not fit the way out */
	NEIGHBOUR,  /* the next hop's link address is not known yet */
	FORWARDING, /* switched off on the interface it came by */
	ROUTE,      /* leads nowhere, or to this machine */
	VLAN,
	FAILED,     /* dropped: the kernel failed in the middle of the rewriting */
	REASONS
};

#define UINT(name, value) int (*name)[value]
#define TYPE(name, type) type *name

struct {
	UINT(type, BPF_MAP_TYPE_HASH);
	UINT(map_flags, BPF_F_NO_PREALLOC);
	UINT(max_entries, CHANNELS_MAX);
	TYPE(key, struct flow);
	TYPE(value, struct hop);
} from_clients SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_HASH);
	UINT(map_flags, BPF_F_NO_PREALLOC);
	UINT(max_entries, CHANNELS_MAX);
	TYPE(key, struct flow); /* its channel is zero */
	TYPE(value, struct hop);
} from_peers SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(map_flags, BPF_F_MMAPABLE);
	UINT(max_entries, CHANNELS_MAX);
	TYPE(key, __u32);
	TYPE(value, struct slot);
} slots SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	UINT(max_entries, REASONS);
	TYPE(key, __u32);
	TYPE(value, __u64);
} passed SEC(".maps");

/* A ChannelData message: header, payload. */
struct message {
	__be16 channel, len;
	__u8 payload[PAYLOAD_MAX];
};

struct {
	UINT(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, __u32);
	TYPE(value, struct message);
} scratch SEC(".maps");

/* The ports of relays, set before loading. */
volatile const __u16 relay_port_min = 49152;
volatile const __u16 relay_port_max = 65535;

INLINE int pass(enum reason why)
{
	__u32 key = why;
	__u64 *count = map_lookup_elem(&passed, &key);
	if (count)
		*count += 1;
	return NEXT;
}

INLINE int drop(enum reason why)
{
	pass(why);
	return DROP;
}
