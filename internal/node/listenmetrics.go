package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-rtc/parley/internal/edge/stream"
)

var (
	descPortsFree     = describe("turn_relay_ports_free", "Relay ports that are left.", "family")
	descDraining      = describe("turn_draining", "1 while new allocations are refused.")
	descStreamsOpen   = describe("stream_connections", "Open TCP connections of all listeners.")
	descStreamsCame   = describe("stream_accepted_total", "TCP connections accepted.")
	descStreamsClosed = describe("stream_refused_total", "TCP connections that came to nothing.", "reason")
)

// ofListeners counts over all TCP listeners of a server.
func (c *collector) ofListeners() []metric {
	var sum stream.Counters
	for _, l := range c.listeners() {
		n := l.Counters()
		sum.Accepted += n.Accepted
		sum.Refused += n.Refused
		sum.TimedOut += n.TimedOut
		sum.HandshakeError += n.HandshakeError
		sum.ProxyError += n.ProxyError
		sum.Open += n.Open
	}
	return []metric{
		gauge(descStreamsOpen, sum.Open), counter(descStreamsCame, sum.Accepted, ""),
		counter(descStreamsClosed, sum.Refused, "limit"), counter(descStreamsClosed, sum.TimedOut, "timeout"),
		counter(descStreamsClosed, sum.HandshakeError, "handshake"), counter(descStreamsClosed, sum.ProxyError, "proxy"),
	}
}

// ofPorts says how many relay ports are left, and whether they are given out.
func (c *collector) ofPorts() []metric {
	v4, v6 := c.media.ports.Free()
	draining := 0
	if c.draining() {
		draining = 1
	}
	return []metric{
		{descPortsFree, prometheus.GaugeValue, float64(v4), "ipv4"}, {descPortsFree, prometheus.GaugeValue, float64(v6), "ipv6"},
		gauge(descDraining, draining),
	}
}
