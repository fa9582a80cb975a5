//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// metricsAddr is where parley tells its counters.
var metricsAddr = netip.AddrPortFrom(listenIP, 9464)

// What of the counters is looked at: they do not depend on how busy the machine is.
var countedPrefixes = []string{"parley_udp_", "parley_offload_passed", "parley_offload_packets", "parley_turn_relayed_packets", "parley_turn_dropped"}

// counts reads the counters of a server; of others than parley there are none.
func (b *bench) counts(who *contestant) (map[string]float64, error) {
	if who.name != parleyName && who.name != kernelName {
		return nil, nil
	}
	body, err := b.get("http://" + metricsAddr.String() + "/metrics")
	if err != nil {
		return nil, fmt.Errorf("counters of %s: %w", who.name, err)
	}
	counts := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		for _, prefix := range countedPrefixes {
			if strings.HasPrefix(name, prefix) {
				if counts[name], err = strconv.ParseFloat(value, 64); err != nil {
					return nil, fmt.Errorf("counters of %s: %w", who.name, err)
				}
			}
		}
	}
	return counts, nil
}

// get asks from the client's namespace.
func (b *bench) get(url string) (body string, err error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			err = b.world.client.do(func() error {
				conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
				return err
			})
			return conn, err
		}}}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// grown is what was counted between two readings.
func grown(before, after map[string]float64) map[string]float64 {
	diff := map[string]float64{}
	for name, n := range after {
		if n -= before[name]; n != 0 {
			diff[name] = n
		}
	}
	return diff
}

// The counters by name, as a share of what was delivered.
func counted(name string) func(*sample) float64 {
	return func(m *sample) float64 { return m.Counts[name] }
}

// writeCounts tells what does not depend on the speed of the machine.
func (r *report) writeCounts(b *strings.Builder) {
	names := r.names()
	columns := []string{"load"}
	for _, name := range names {
		columns = append(columns, "sleeps: "+name)
	}
	head(b, append(columns, "parley: datagrams per read call", "per write call", "parley-tc: share relayed in the kernel", "passed to user space"))
	for _, c := range r.rows(false) {
		of := func(who, name string) float64 { return r.median(c, who, counted(name)) }
		inKernel := of(kernelName, `parley_offload_packets_total{direction="to_peer"}`) + of(kernelName, `parley_offload_packets_total{direction="to_client"}`)
		delivered := r.median(c, kernelName, func(m *sample) float64 { return float64(m.Delivered) })
		var passed []string
		for _, m := range r.Samples {
			for name, n := range m.Counts {
				if reason, ok := strings.CutPrefix(name, `parley_offload_passed_packets_total{reason="`); ok && m.cell() == c {
					passed = append(passed, fmt.Sprintf("%s %.0f", strings.TrimSuffix(reason, `"}`), n))
				}
			}
		}
		fmt.Fprintf(b, "| %s |", c)
		for _, name := range names {
			fmt.Fprintf(b, " %.2f |", r.median(c, name, func(m *sample) float64 { return m.Sleeps }))
		}
		fmt.Fprintf(b, " %s | %s | %s | %s |\n",
			ratio(of(parleyName, `parley_udp_datagrams_total{direction="in"}`), of(parleyName, `parley_udp_calls_total{direction="in"}`)),
			ratio(of(parleyName, `parley_udp_datagrams_total{direction="out"}`), of(parleyName, `parley_udp_calls_total{direction="out"}`)),
			ratio(inKernel, delivered), strings.Join(passed, ", "))
	}
}
