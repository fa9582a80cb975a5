//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-rtc/parley/bench/load"
)

const (
	warmUp = 300 * time.Millisecond
	// settle is how long nothing may come before the rest counts as lost.
	settle = 150 * time.Millisecond
	// userHZ is the unit of /proc/stat, which is the same everywhere.
	userHZ = 100
)

// sample is one contestant under one load.
type sample struct {
	Contestant string `json:"contestant"`
	ToPeer     bool   `json:"to_peer"`
	Payload    int    `json:"payload_bytes"`
	Train      int    `json:"train"`
	Rate       int    `json:"offered_per_s"`
	Latency    bool   `json:"latency"` // measured for the latency, not for the CPU

	Sent      int `json:"sent"`
	Delivered int `json:"delivered"`
	Lost      int `json:"lost"`
	Twice     int `json:"twice"`
	Short     int `json:"short"` // packets less than wanted that the generator offered

	ServerNs  float64 `json:"server_ns"`  // on-CPU time of the server's threads, per delivered packet
	HostNs    float64 `json:"host_ns"`    // the same of server, generator and the kernel's softirq threads
	SoftirqNs float64 `json:"softirq_ns"` // of the whole machine, as /proc/stat counts it

	Sleeps float64            `json:"sleeps"`           // times that a thread of the server waited, per delivered packet
	Counts map[string]float64 `json:"counts,omitempty"` // parley's own counters, of the same time

	P50us float64 `json:"p50_us,omitempty"`
	P99us float64 `json:"p99_us,omitempty"`
}

// cell is one load that everybody gets.
type cell struct {
	offer
	latency bool
}

func (c cell) String() string {
	direction := "peer to client"
	if c.toPeer {
		direction = "client to peer"
	}
	what := "singles"
	if c.train > 1 {
		what = fmt.Sprintf("bursts of %d", c.train)
	}
	return fmt.Sprintf("%s, %d B, %s, %d/s", direction, c.payload, what, c.rate)
}

// measure runs one contestant under one load, in a server of its own.
func (b *bench) measure(ctx context.Context, who *contestant, c cell) (m *sample, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all, err := b.openFlows()
	if err != nil {
		return nil, err
	}
	defer all.close()
	s, err := b.start(who)
	if err != nil {
		return nil, err
	}
	defer func() {
		if failed := s.stop(); err == nil {
			err = failed
		}
	}()
	if err := all.connect(who, s); err != nil {
		return nil, fmt.Errorf("%s: %w", who.name, err)
	}
	direct := who.command == nil
	out, err := newSender(all, c.offer, direct)
	if err != nil {
		return nil, err
	}
	in, err := newReceiver(all, c.offer, direct, int(b.seconds.Seconds()*float64(c.rate))/b.flows*2+c.train, c.latency)
	if err != nil {
		return nil, err
	}
	defer in.close()
	stop, ended := make(chan struct{}), make(chan error)
	go func() { ended <- in.run(stop) }()
	m, err = b.weigh(who, c, s, out, in)
	close(stop)
	if failed := <-ended; err == nil {
		err = failed
	}
	if err == nil {
		m.fill(c, out, in)
	}
	return m, err
}

// weigh offers the load, and reads before and after what has been spent.
func (b *bench) weigh(who *contestant, c cell, s *server, out *sender, in *receiver) (*sample, error) {
	if err := out.run(phaseWarm, warmUp); err != nil {
		return nil, err
	}
	time.Sleep(settle)
	counts, err := b.counts(who)
	if err != nil {
		return nil, err
	}
	before, err := readSpent(s)
	if err != nil {
		return nil, err
	}
	if err := out.run(phaseMeasure, b.seconds); err != nil {
		return nil, err
	}
	for had := int64(-1); had != in.got.Load(); time.Sleep(settle) {
		had = in.got.Load()
	}
	after, err := readSpent(s)
	if err != nil {
		return nil, err
	}
	countsThen, err := b.counts(who)
	if err != nil {
		return nil, err
	}
	delivered := in.got.Load()
	if delivered == 0 {
		return nil, fmt.Errorf("%s relays nothing: %s", who.name, c)
	}
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(delivered) }
	return &sample{
		Contestant: who.name, ToPeer: c.toPeer, Payload: c.payload, Train: c.train, Rate: c.rate, Latency: c.latency,
		Sleeps: float64(after.sleeps-before.sleeps) / float64(delivered),
		Counts: grown(counts, countsThen), ServerNs: per(after.server - before.server), HostNs: per(after.host - before.host), SoftirqNs: per(after.softirq - before.softirq),
	}, nil
}

// fill takes over the counts. The receiver has ended.
func (m *sample) fill(c cell, out *sender, in *receiver) {
	m.Sent, m.Delivered, m.Twice = out.sent, int(in.got.Load()), in.twice
	m.Lost, m.Short = m.Sent-m.Delivered, out.late+out.refused
	if n := len(in.latencies); c.latency && n > 0 {
		slices.Sort(in.latencies)
		m.P50us, m.P99us = float64(in.latencies[n/2])/1000, float64(in.latencies[n*99/100])/1000
	}
}

// spent is CPU time since some past.
type spent struct {
	server, host, softirq time.Duration
	sleeps                int
}

// readSpent reads the clocks. The host's share is put together from the threads
// that had to do with it, because others use the machine, too. Work of the
// kernel's network is in the time of the thread that caused it, or of the softirq
// threads; where the kernel keeps interrupt time apart it is only in /proc/stat.
func readSpent(s *server) (n spent, err error) {
	if n.server, err = s.usage(); err != nil {
		return n, err
	}
	if s.cmd != nil {
		if n.sleeps, err = sleeps(s.cmd.Process.Pid); err != nil {
			return n, err
		}
	}
	own, err := load.CPU(os.Getpid())
	if err != nil {
		return n, err
	}
	if n.softirq, err = softirqTime(); err != nil {
		return n, err
	}
	n.host = n.server + own
	if interruptTimeApart {
		n.host += n.softirq
		return n, nil
	}
	for _, pid := range softirqThreads {
		used, err := load.CPU(pid)
		if err != nil {
			return n, err
		}
		n.host += used
	}
	return n, nil
}

func softirqTime() (time.Duration, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq ...
	if len(fields) < 8 {
		return 0, fmt.Errorf("/proc/stat: %q", line)
	}
	ticks, err := strconv.ParseInt(fields[7], 10, 64)
	return time.Duration(ticks) * time.Second / userHZ, err
}

// softirqThreads are the pids of ksoftirqd/0 and so on.
var softirqThreads = func() (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/comm") // its only error is a bad pattern
	for _, name := range names {
		comm, err := os.ReadFile(name)
		if err != nil || !strings.HasPrefix(string(comm), "ksoftirqd/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}()
