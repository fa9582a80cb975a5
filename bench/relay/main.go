//go:build linux

// Command relay measures what it costs to relay a packet: CPU of the server, CPU
// of the whole machine, latency, losses, and what many idle allocations take. Who
// is measured, in turns and under the same load:
//
//	parley      parley turn --offload off
//	parley-tc   parley turn --offload tc
//	coturn      turnserver
//	pion        a server of pion/turn
//	floor       a C program that forwards and decides nothing
//	direct      no server: the machine in the middle routes
//
//	client namespace -- veth -- server namespace -- veth -- peer namespace
//
// The namespaces have no names and end with the process, as the servers do. One
// process sends, receives and reads the clocks; it sleeps between packets, and it
// polls, so that no server pays for waking it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/parley-rtc/parley/bench/load"
)

// bench is what was asked for, and where.
type bench struct {
	binary, out string
	names       []string
	flows       int
	payloads    []int
	trains      []int
	rates       []int
	latencyRate int
	rounds      int
	seconds     time.Duration
	threads     int
	crowdSize   int
	crowdRounds int
	scratch     string
	world       *world
}

// Limits, so that a slip of the finger does not take the machine down.
const (
	rateMax    = 1_000_000
	secondsMax = 30 * time.Second
	flowsMax   = 1000
	payloadMax = 1400
	crowdMax   = 30000
)

func main() {
	b := &bench{}
	var names, payloads, trains, rates string
	flag.StringVar(&b.binary, "binary", "bin/parley", "the server")
	flag.StringVar(&b.out, "out", "bench/results", "folder of the results; empty: the table is only printed")
	flag.StringVar(&names, "contestants", "direct,floor,coturn,pion,parley,parley-tc", "who is measured")
	flag.IntVar(&b.flows, "flows", 50, "allocations with one channel each")
	flag.StringVar(&payloads, "payloads", "160,1100", "bytes in a packet")
	flag.StringVar(&trains, "bursts", "1,8", "packets of one flow back to back")
	flag.StringVar(&rates, "rates", "60000,120000", "packets per second offered")
	flag.IntVar(&b.latencyRate, "latency-rate", 0, "packets per second while latency is measured; 0: half of the highest rate; -1: not measured")
	flag.IntVar(&b.rounds, "rounds", 5, "times that each is measured")
	flag.DurationVar(&b.seconds, "seconds", 2*time.Second, "how long each is measured")
	flag.IntVar(&b.threads, "threads", 0, "threads that a server relays with; 0: as many as it takes by itself")
	flag.IntVar(&b.crowdSize, "crowd", 16000, "idle allocations; 0: not measured")
	flag.IntVar(&b.crowdRounds, "crowd-rounds", 5, "times that idle allocations are measured")
	most := flag.Duration("most", 90*time.Minute, "when to give up")
	pion := flag.Bool("pion", false, "be the server of pion/turn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *most)
	defer cancel()
	err := error(nil)
	if *pion {
		err = servePion()
	} else if err = b.check(names, payloads, trains, rates); err == nil {
		err = b.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

func (b *bench) check(names, payloads, trains, rates string) error {
	for _, list := range []struct {
		flag, text string
		into       *[]int
		min, max   int
	}{
		{"payloads", payloads, &b.payloads, markLen, payloadMax},
		{"bursts", trains, &b.trains, 1, 32},
		{"rates", rates, &b.rates, 100, rateMax},
	} {
		for word := range strings.SplitSeq(list.text, ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < list.min || n > list.max {
				return fmt.Errorf("-%s %q: want numbers from %d to %d", list.flag, list.text, list.min, list.max)
			}
			*list.into = append(*list.into, n)
		}
	}
	b.names = strings.Split(names, ",")
	for _, name := range b.names {
		if !slices.ContainsFunc(contestants, func(c contestant) bool { return c.name == name }) {
			return fmt.Errorf("-contestants: nobody is called %q", name)
		}
	}
	if b.latencyRate == 0 {
		b.latencyRate = slices.Max(b.rates) / 2
	}
	switch {
	case b.flows < 1 || b.flows > flowsMax:
		return fmt.Errorf("-flows: want 1 to %d", flowsMax)
	case b.seconds < 100*time.Millisecond || b.seconds > secondsMax:
		return fmt.Errorf("-seconds: want 100ms to %v", secondsMax)
	case b.latencyRate > rateMax, b.crowdSize < 0, b.crowdSize > crowdMax:
		return fmt.Errorf("at most %d packets per second and %d idle allocations", rateMax, crowdMax)
	}
	return nil
}

func (b *bench) run(ctx context.Context) (err error) {
	want := uint64(b.crowdSize + 2*b.flows + 500) // of this process, and of each server
	if got, err := load.RaiseFileLimit(want); err != nil || got < want {
		return fmt.Errorf("%d open files are allowed, %d needed: %v", got, want, err)
	}
	runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0))) // sender and receiver keep theirs while they sleep
	if b.scratch, err = os.MkdirTemp("", "bench-relay-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.scratch) }()
	if err := b.buildFloor(); err != nil {
		return err
	}
	if b.world, err = newWorld(); err != nil {
		return err
	}
	r := &report{Version: load.VersionOf(b.binary), Kernel: kernelRelease(), Processor: processorName(), Cores: runtime.NumCPU(),
		Flows: b.flows, Seconds: b.seconds.Seconds(), Threads: b.threads, Peers: b.peers()}
	if err := b.measurePackets(ctx, r); err != nil {
		return err
	}
	if err := b.measureCrowd(ctx, r); err != nil {
		return err
	}
	fmt.Print("\n", r.table())
	if b.out == "" {
		return nil
	}
	return r.write(b.out)
}

// measurePackets goes through the loads; under each, all have their turn in each
// round, and each round begins with another.
func (b *bench) measurePackets(ctx context.Context, r *report) error {
	for _, c := range b.cells() {
		for round := range b.rounds {
			for i := range b.names {
				who := b.contestant((i + round) % len(b.names))
				m, err := b.measure(ctx, who, c)
				if err != nil {
					return err
				}
				r.Samples = append(r.Samples, *m)
				fmt.Printf("%s: %s: %.0f ns server, %.0f ns host, %d of %d lost, %d short\n",
					c, who.name, m.ServerNs, m.HostNs, m.Lost, m.Sent, m.Short)
			}
		}
	}
	return nil
}

func (b *bench) cells() (all []cell) {
	for _, toPeer := range []bool{true, false} {
		for _, payload := range b.payloads {
			for _, train := range b.trains {
				for _, rate := range b.rates {
					all = append(all, cell{offer: offer{toPeer: toPeer, payload: payload, train: train, rate: rate}})
				}
			}
			if b.latencyRate > 0 {
				all = append(all, cell{latency: true, offer: offer{toPeer: toPeer, payload: payload, train: 1, rate: b.latencyRate}})
			}
		}
	}
	return all
}

func (b *bench) contestant(i int) *contestant {
	at := slices.IndexFunc(contestants, func(c contestant) bool { return c.name == b.names[i] })
	return &contestants[at]
}

// measureCrowd is for those that make allocations.
func (b *bench) measureCrowd(ctx context.Context, r *report) error {
	if b.crowdSize == 0 {
		return nil
	}
	for range b.crowdRounds {
		for i := range b.names {
			who := b.contestant(i)
			if who.command == nil || who.fixed || who.name == kernelName {
				continue
			}
			m, err := b.crowd(ctx, who)
			if err != nil {
				return err
			}
			r.Crowds = append(r.Crowds, *m)
			fmt.Printf("%d allocations: %s: %.0f/s, %.1f us server, %.0f B\n", m.Allocations, m.Contestant, m.PerSecond, m.ServerUs, m.MemoryBytes)
		}
	}
	return nil
}
