/*
 * The floor of the relay measurement: what forwarding costs when nothing is
 * decided. Channel 0x4000+i always belongs to flow i; there are no permissions, no
 * expiry, no lookups of addresses, no counters.
 *
 *   client i -- ChannelData --> main socket -- payload --> relay socket i --> peer i
 *
 * floor LISTEN_IP PORT RELAY_IP CLIENT_IP PEER_IP FLOWS
 * reads "CLIENT_PORT PEER_PORT" for each flow and prints the port of its relay.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { BATCH = 64, SHARE = 16, SLOT = 2048, HEADER = 4, FLOWS_MAX = 4096, FIRST_CHANNEL = 0x4000, MAIN = -1 };

struct flow {
	int fd;
	struct sockaddr_in client, peer;
};

/* datagrams of one flow that leave as one GSO packet */
struct run {
	struct iovec iov[BATCH];
	int count;
	size_t size;
	char control[CMSG_SPACE(sizeof(uint16_t))];
};

static struct flow flows[FLOWS_MAX];
static int flow_count, main_fd, epoll_fd;

static uint8_t slots[BATCH][SLOT];
static struct mmsghdr in[BATCH];
static struct iovec in_iov[BATCH];

static struct run runs[BATCH];
static struct mmsghdr out[BATCH];

static int open_socket(const char *ip, int port, int *bound)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), buffer = 4 << 20;
	if (fd < 0 || inet_pton(AF_INET, ip, &a.sin_addr) != 1 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		err(1, "socket on %s", ip);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
	getsockname(fd, (struct sockaddr *)&a, &len);
	if (bound)
		*bound = ntohs(a.sin_port);
	return fd;
}

static void watch(int fd, int number)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = number };
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		err(1, "epoll_ctl");
}

/* receives at most count datagrams into the slots from first on, after offset bytes */
static int receive(int fd, int first, int count, int offset)
{
	for (int i = first; i < first + count; i++) {
		in_iov[i] = (struct iovec){ slots[i] + offset, SLOT - offset };
		in[i].msg_hdr = (struct msghdr){ .msg_iov = &in_iov[i], .msg_iovlen = 1 };
	}
	int n = recvmmsg(fd, in + first, count, MSG_DONTWAIT, NULL);
	return n < 0 ? 0 : n;
}

/* appends a datagram to the run, if it fits one GSO packet */
static int append(struct run *r, uint8_t *data, size_t size)
{
	if (r->count && (size > r->size || r->iov[r->count - 1].iov_len < r->size || (r->count + 1) * r->size > 65000))
		return 0;
	if (!r->count)
		r->size = size;
	r->iov[r->count++] = (struct iovec){ data, size };
	return 1;
}

static void address(struct msghdr *h, struct run *r, struct sockaddr_in *to)
{
	*h = (struct msghdr){ .msg_name = to, .msg_namelen = sizeof *to, .msg_iov = r->iov, .msg_iovlen = r->count };
	if (r->count < 2)
		return;
	h->msg_control = r->control;
	h->msg_controllen = sizeof r->control;
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
	uint16_t size = r->size;
	memcpy(CMSG_DATA(c), &size, sizeof size);
}

static void send_all(int fd, int count)
{
	for (int sent = 0; sent < count;) {
		int n = sendmmsg(fd, out + sent, count - sent, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		sent += n > 0 ? n : 1; /* what the kernel does not take is lost */
	}
}

static void to_peers(void)
{
	static int16_t of_flow[FLOWS_MAX]; /* the run of a flow in this batch, plus one */
	int used[BATCH], count = 0;
	int n = receive(main_fd, 0, BATCH, 0);
	for (int i = 0; i < n; i++) {
		int flow = (slots[i][0] << 8 | slots[i][1]) - FIRST_CHANNEL;
		size_t size = slots[i][2] << 8 | slots[i][3];
		if (in[i].msg_len < HEADER || flow < 0 || flow >= flow_count || size + HEADER > in[i].msg_len)
			continue;
		if (of_flow[flow] && append(&runs[of_flow[flow] - 1], slots[i] + HEADER, size))
			continue;
		runs[count].count = 0;
		append(&runs[count], slots[i] + HEADER, size);
		used[count++] = flow;
		of_flow[flow] = count;
	}
	for (int i = 0; i < count; i++) {
		of_flow[used[i]] = 0;
		address(&out[0].msg_hdr, &runs[i], &flows[used[i]].peer);
		send_all(flows[used[i]].fd, 1);
	}
}

/* reads relay sockets and returns how many of the slots and runs are in use */
static void to_clients(struct epoll_event *events, int ready)
{
	int filled = 0, count = 0;
	for (int e = 0; e < ready; e++) {
		int flow = events[e].data.fd;
		if (flow == MAIN)
			continue;
		if (filled + SHARE > BATCH) {
			send_all(main_fd, count);
			filled = count = 0;
		}
		int n = receive(flows[flow].fd, filled, SHARE, HEADER);
		for (int i = filled, first = count; i < filled + n; i++) {
			size_t size = in[i].msg_len;
			uint8_t *s = slots[i];
			s[0] = (FIRST_CHANNEL + flow) >> 8, s[1] = FIRST_CHANNEL + flow, s[2] = size >> 8, s[3] = size;
			if (count == first || !append(&runs[count - 1], s, size + HEADER)) {
				runs[count].count = 0;
				append(&runs[count++], s, size + HEADER);
			}
			address(&out[count - 1].msg_hdr, &runs[count - 1], &flows[flow].client);
		}
		filled += n;
	}
	send_all(main_fd, count);
}

int main(int argc, char **argv)
{
	if (argc != 7 || (flow_count = atoi(argv[6])) < 1 || flow_count > FLOWS_MAX)
		errx(2, "usage: floor LISTEN_IP PORT RELAY_IP CLIENT_IP PEER_IP FLOWS");
	if ((epoll_fd = epoll_create1(0)) < 0)
		err(1, "epoll_create1");
	main_fd = open_socket(argv[1], atoi(argv[2]), NULL);
	watch(main_fd, MAIN);
	for (int i = 0; i < flow_count; i++) {
		int client, peer, bound;
		if (scanf("%d %d", &client, &peer) != 2)
			errx(2, "flow %d is missing", i);
		struct flow *f = &flows[i];
		f->fd = open_socket(argv[3], 0, &bound);
		f->client = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(client) };
		f->peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(peer) };
		inet_pton(AF_INET, argv[4], &f->client.sin_addr);
		inet_pton(AF_INET, argv[5], &f->peer.sin_addr);
		watch(f->fd, i);
		printf("%d\n", bound);
	}
	fflush(stdout);
	for (;;) {
		struct epoll_event events[BATCH];
		int ready = epoll_wait(epoll_fd, events, BATCH, -1);
		for (int i = 0; i < ready; i++)
			if (events[i].data.fd == MAIN)
				to_peers();
		to_clients(events, ready);
	}
}
