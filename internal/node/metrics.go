package node

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// newRegistry returns the metrics of a server. They are read from the planes' own
// counters when somebody asks, so they cost nothing in between.
func newRegistry(c *collector) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(c, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// collector reads all counters of a server.
type collector struct {
	version   string
	media     *media
	rooms     *signaling // nil where there is none
	listeners func() []*stream.Listener
	draining  func() bool
}

func (n *node) collector() *collector {
	return &collector{
		version: n.host.Version, media: n.media, rooms: n.signaling, draining: func() bool { return false },
		listeners: func() (open []*stream.Listener) {
			for _, l := range []*stream.Listener{n.http, n.https} {
				if n.ready.Load() && l != nil {
					open = append(open, l)
				}
			}
			return open
		},
	}
}

// metric is one value to show; label is empty for a metric without labels.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value float64
	label string
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parley_"+name, help, labels, nil)
}

var (
	descBuild = describe("build_info", "1, with the version of the server.", "version")

	descRooms       = describe("signaling_rooms", "Rooms with somebody in them.")
	descSessions    = describe("signaling_sessions", "People in rooms, those included whose connection is being restored.")
	descConnections = describe("signaling_connections", "Open signaling connections.")
	descEntered     = describe("signaling_entered_total", "Times that somebody entered a room.")
	descResumed     = describe("signaling_resumed_total", "Sessions taken up again after their connection was lost.")
	descAway        = describe("signaling_away_total", "Times that somebody could not be reached.")
	descReceived    = describe("signaling_received_messages_total", "Messages from clients.")
	descSent        = describe("signaling_sent_messages_total", "Messages to clients, without repetitions.")
	descBuffered    = describe("signaling_buffered_bytes", "Messages kept for clients that may come back.")
	descRefused     = describe("signaling_refused_total", "Requests that did not become a connection.")
	descErrors      = describe("signaling_errors_total", "Errors told to clients.", "code")

	descAllocations   = describe("turn_allocations", "Open allocations.")
	descAllocated     = describe("turn_allocations_total", "Allocations opened.")
	descTURNRequests  = describe("turn_requests_total", "STUN and TURN requests.", "method")
	descChallenges    = describe("turn_challenges_total", "Replies that ask for a credential.")
	descPeerErrors    = describe("turn_peer_errors_total", "ICMP messages about peers that clients were told of.")
	descAuthFailures  = describe("turn_auth_failures_total", "Requests with a wrong credential.")
	descTURNErrors    = describe("turn_errors_total", "Other error replies.")
	descRelayed       = describe("turn_relayed_packets_total", "Packets relayed.", "direction")
	descRelayedBytes  = describe("turn_relayed_bytes_total", "Payload bytes relayed.", "direction")
	descTURNDropped   = describe("turn_dropped_packets_total", "Packets that led to nothing.", "reason")
	descTURNStreams   = describe("turn_streams", "TURN clients over TCP, TLS and DTLS.")
	descStreamDropped = describe("turn_stream_dropped_total", "Packets not written to TCP or TLS clients that do not read fast enough.")

	descPeers       = describe("turn_tcp_peers_total", "Connections between TCP allocations and peers.")
	descPassedBytes = describe("turn_tcp_relayed_bytes_total", "Bytes relayed by TCP allocations.", "direction")

	descUDPPackets  = describe("udp_datagrams_total", "UDP datagrams.", "direction")
	descUDPCalls    = describe("udp_calls_total", "System calls that moved datagrams.", "direction")
	descUDPUnsent   = describe("udp_unsent_total", "Datagrams that the system did not take.", "reason")
	descUDPTooLong  = describe("udp_truncated_total", "Received datagrams larger than any that are spoken here.")
	descUnclaimed   = describe("udp_unclaimed_total", "Received datagrams of no protocol spoken here.")
	descMailDropped = describe("shard_mail_dropped_total", "Commands and frames for which a shard had no room.")
)

// Describe implements prometheus.Collector. It describes nothing, which makes the
// collector an unchecked one: labels are known at collection only.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	metrics := slices.Concat(c.ofMedia(), c.ofPorts(), c.ofListeners())
	metrics = append(metrics, metric{descBuild, prometheus.GaugeValue, 1, c.version})
	if c.rooms != nil {
		metrics = append(metrics, c.ofRooms()...)
	}
	for _, m := range metrics {
		var labels []string
		if m.label != "" {
			labels = []string{m.label}
		}
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value, labels...)
	}
}

func gauge[T int | int64 | uint64](d *prometheus.Desc, v T) metric {
	return metric{d, prometheus.GaugeValue, float64(v), ""}
}

func counter(d *prometheus.Desc, v uint64, label string) metric {
	return metric{d, prometheus.CounterValue, float64(v), label}
}

func (c *collector) ofRooms() []metric {
	s := c.rooms.Counters()
	metrics := []metric{
		gauge(descRooms, s.Rooms), gauge(descSessions, s.Sessions), gauge(descConnections, s.Connections),
		gauge(descBuffered, s.BufferedBytes),
		counter(descEntered, s.Entered, ""), counter(descResumed, s.Resumed, ""), counter(descAway, s.WentAway, ""),
		counter(descReceived, s.Received, ""), counter(descSent, s.Sent, ""), counter(descRefused, s.Refused, ""),
	}
	for code, n := range s.Errors {
		metrics = append(metrics, counter(descErrors, n, string(code)))
	}
	return metrics
}

func (c *collector) ofMedia() []metric {
	m := c.media.Counters()
	t := &m.TURN
	metrics := []metric{
		gauge(descAllocations, t.AllocationsOpen), gauge(descTURNStreams, m.Streams),
		counter(descAllocated, t.AllocationsOpened, ""),
		counter(descTURNRequests, t.Bindings, "binding"), counter(descTURNRequests, t.Allocates, "allocate"),
		counter(descTURNRequests, t.Refreshes, "refresh"), counter(descTURNRequests, t.CreatePermissions, "create_permission"),
		counter(descTURNRequests, t.ChannelBinds, "channel_bind"),
		counter(descTURNRequests, t.Connects, "connect"), counter(descTURNRequests, t.ConnectionBinds, "connection_bind"),
		counter(descPeers, t.PeersConnected, ""),
		counter(descPassedBytes, m.Stream.PassedToPeer, "to_peer"), counter(descPassedBytes, m.Stream.PassedToClient, "to_client"),
		counter(descChallenges, t.Challenges, ""), counter(descAuthFailures, t.AuthFailures, ""), counter(descPeerErrors, t.PeerErrors, ""),
		counter(descTURNErrors, t.ErrorReplies, ""),
		counter(descRelayed, t.ToPeerPackets, "to_peer"), counter(descRelayed, t.ToClientPackets, "to_client"),
		counter(descRelayedBytes, t.ToPeerBytes, "to_peer"), counter(descRelayedBytes, t.ToClientBytes, "to_client"),
		counter(descStreamDropped, m.Stream.DroppedFull+m.Stream.DroppedOld, ""),
		counter(descUDPPackets, m.UDP.DatagramsIn, "in"), counter(descUDPPackets, m.UDP.DatagramsOut, "out"),
		counter(descUDPCalls, m.UDP.ReadCalls, "in"), counter(descUDPCalls, m.UDP.WriteCalls, "out"),
		counter(descUDPUnsent, m.UDP.SendBufferFull, "buffer_full"), counter(descUDPUnsent, m.UDP.SendRefused, "refused"),
		counter(descUDPTooLong, m.UDP.Truncated, ""), counter(descUnclaimed, m.Unclaimed, ""),
		counter(descMailDropped, m.MailDropped, ""),
	}
	metrics = append(metrics, kernelMetrics(&m.Offload)...)
	metrics = append(metrics, c.media.webhook.metrics()...)
	for i, n := range t.Drops {
		metrics = append(metrics, counter(descTURNDropped, n, turn.DropReason(i).String()))
	}
	return metrics
}
