//go:build linux

// Command signaling measures what signaling costs the server: memory of idle
// connections and CPU of relayed messages. Each figure stands beside its floor, a
// bare WebSocket echo on the same library, measured in the same run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/parley-rtc/parley/bench/load"
)

func main() {
	var (
		binary = flag.String("binary", "bin/parley", "the server")
		out    = flag.String("out", "bench/results", "folder of the results")
		idle   = flag.Int("idle", 10000, "idle connections")
		rounds = flag.Int("rounds", 5, "rounds of the message measurement")
		echo   = flag.Bool("echo", false, "be the floor: serve a bare WebSocket echo")
	)
	flag.Parse()
	err := error(nil)
	if *echo {
		err = serveEcho()
	} else {
		err = measure(context.Background(), *binary, *out, *idle, *rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "signaling:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, binary, out string, idle, rounds int) error {
	if got, err := load.RaiseFileLimit(uint64(idle) + 5000); err != nil || got < uint64(idle)+100 {
		return fmt.Errorf("%d open files are allowed, %d needed: %v", got, idle+100, err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	starters := map[string]starter{
		"parley": func() (*load.Process, error) {
			return load.StartParley(ctx, binary, "--max-connections", fmt.Sprint(idle+1000))
		},
		"floor": func() (*load.Process, error) { return load.Start(ctx, self, "-echo") },
	}
	report := &load.Report{Name: "signaling", Version: load.VersionOf(binary)}
	for _, part := range []func(context.Context, map[string]starter, *load.Report) error{
		func(ctx context.Context, s map[string]starter, r *load.Report) error {
			return measureStart(s, r, rounds)
		},
		func(ctx context.Context, s map[string]starter, r *load.Report) error {
			return measureIdle(ctx, s, r, idle)
		},
		func(ctx context.Context, s map[string]starter, r *load.Report) error {
			return measureMessages(ctx, s, r, rounds)
		},
	} {
		if err := part(ctx, starters, report); err != nil {
			return err
		}
	}
	return report.Write(out)
}

type starter func() (*load.Process, error)

// measureStart starts each server several times, in turns.
func measureStart(starters map[string]starter, r *load.Report, rounds int) error {
	times, memory := map[string][]float64{}, map[string][]float64{}
	for range rounds {
		for name, start := range starters {
			p, err := start()
			if err != nil {
				return err
			}
			rss, err := p.Settled(context.Background())
			if err != nil {
				return err
			}
			times[name] = append(times[name], float64(p.Started.Microseconds())/1000)
			memory[name] = append(memory[name], float64(rss)/1e6)
			if err := p.Stop(); err != nil {
				return err
			}
		}
	}
	r.Add("start until /readyz answers", "ms", times["parley"], times["floor"])
	r.Add("memory of the idle server", "MB", memory["parley"], memory["floor"])
	return nil
}

// measureIdle connects idle clients, each alone in its room, and waits until the
// server has pinged each twice.
func measureIdle(ctx context.Context, starters map[string]starter, r *load.Report, idle int) error {
	perConnection := map[string][]float64{}
	for _, name := range []string{"floor", "parley"} {
		p, err := starters[name]()
		if err != nil {
			return err
		}
		bytes, err := load.IdleCost(ctx, p, idle, map[string]int{"floor": 0, "parley": 2}[name])
		if err != nil {
			return err
		}
		perConnection[name] = []float64{bytes / 1000}
		if err := p.Stop(); err != nil {
			return err
		}
	}
	r.Add(fmt.Sprintf("memory per idle connection (%d)", idle), "KB", perConnection["parley"], perConnection["floor"])
	return nil
}

// measureMessages relays candidates in rooms of two and of four, and counts the
// server's time on the CPU.
func measureMessages(ctx context.Context, starters map[string]starter, r *load.Report, rounds int) error {
	const people, perSecond, seconds = 400, 30, 5
	for _, size := range []int{2, 4} {
		cost := map[string][]float64{}
		var rate []float64
		for range rounds {
			for _, name := range []string{"floor", "parley"} {
				p, err := starters[name]()
				if err != nil {
					return err
				}
				m, err := load.MessageCost(ctx, p, people/size, size, perSecond, seconds*time.Second)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				cost[name] = append(cost[name], float64(m.CPU.Nanoseconds())/1000/float64(m.Delivered))
				if name == "parley" {
					rate = append(rate, float64(m.Delivered)/m.Took.Seconds())
				}
				if err := p.Stop(); err != nil {
					return err
				}
			}
		}
		what := fmt.Sprintf("rooms of %d, %d people, %d messages/s each", size, people, perSecond)
		r.Add("server CPU per relayed message: "+what, "us", cost["parley"], cost["floor"])
		r.Add("messages relayed per second: "+what, "1/s", rate, nil)
		slices.Sort(cost["parley"])
		r.Add("messages per second and core: "+what, "1/s", []float64{1e6 / cost["parley"][len(cost["parley"])/2]}, nil)
	}
	return nil
}
