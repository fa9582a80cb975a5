//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/parley-rtc/parley/bench/load"
)

// report is all samples, and what they were taken on.
type report struct {
	Version   string            `json:"version"`
	Peers     map[string]string `json:"peers"` // their versions
	Kernel    string            `json:"kernel"`
	Processor string            `json:"processor"`
	Cores     int               `json:"cores"`
	Date      string            `json:"date"`
	Flows     int               `json:"flows"`
	Seconds   float64           `json:"seconds"`
	Threads   int               `json:"threads"` // 0: as many as each takes
	Samples   []sample          `json:"samples"`
	Crowds    []crowded         `json:"crowds"`
}

var coturnVersion = regexp.MustCompile(`\d+\.\d+\.\d+`)

// peers asks for the versions of the others.
func (b *bench) peers() map[string]string {
	versions := map[string]string{}
	out, _ := exec.Command("turnserver", "--version").CombinedOutput() // its exit status is not always 0
	versions[coturnName] = coturnVersion.FindString(string(out))
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/pion/turn/v5" {
				versions[pionName] = m.Version
			}
		}
	}
	return versions
}

// write stores the report as JSON and as a table.
func (r *report) write(dir string) error {
	r.Date = time.Now().UTC().Format(time.DateOnly)
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	base := filepath.Join(dir, r.Date+"-relay")
	if err := os.WriteFile(base+".json", append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(base+".md", []byte(fmt.Sprintf("# relay, %s\n\n%s", r.Date, r.table())), 0o644)
}

// table tells everything as Markdown.
func (r *report) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; coturn %s, pion/turn %s; Linux %s, %s, %d cores. %d allocations, %.3g s each, medians (min-max).\n",
		r.Version, r.Peers[coturnName], r.Peers[pionName], r.Kernel, r.Processor, r.Cores, r.Flows, r.Seconds)
	for _, s := range []struct {
		title, text string
		write       func(*strings.Builder)
	}{
		{"Server CPU per relayed packet, ns", "On-CPU time of the server's threads, by packets delivered.", r.serverCPU},
		{"Host CPU per packet over the direct way, ns",
			"On-CPU time of server, generator and softirq threads, less what the same packets cost when the machine in the middle only routes them. " +
				"Behind it, the softirq time of the whole machine as the kernel samples it (it is part of the time of the threads).", r.hostCPU},
		{"Packets lost", "Of all that were sent; in brackets, what the generator fell short of the rate.", r.losses},
		{"Counts", "Sleeps: how often the threads of a server waited, per packet. The rest are parley's own counters; the calls include those of its empty reads.", r.writeCounts},
		{"Latency one way, us", "p50 / p99, from before the write of the client until the kernel has the packet on the other side; added: less that of the direct way.", r.latency},
		{"Idle allocations", "Set up by 32 clients at a time; CPU of the server for each; resident memory of each.", r.crowds},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", s.title, s.text)
		s.write(&b)
	}
	return b.String()
}

// row is one load in the order of measurement.
func (r *report) rows(latency bool) (cells []cell) {
	seen := map[cell]bool{}
	for _, m := range r.Samples {
		if c := m.cell(); !seen[c] && m.Latency == latency {
			seen[c] = true
			cells = append(cells, c)
		}
	}
	return cells
}

func (m *sample) cell() cell {
	return cell{latency: m.Latency, offer: offer{toPeer: m.ToPeer, payload: m.Payload, train: m.Train, rate: m.Rate}}
}

// names are who was measured, in the order of the first round.
func (r *report) names() (names []string) {
	seen := map[string]bool{}
	for _, m := range r.Samples {
		if !seen[m.Contestant] {
			seen[m.Contestant] = true
			names = append(names, m.Contestant)
		}
	}
	return names
}

// values picks one figure of one contestant under one load.
func (r *report) values(c cell, name string, figure func(*sample) float64) (values []float64) {
	for i := range r.Samples {
		if m := &r.Samples[i]; m.cell() == c && m.Contestant == name {
			values = append(values, figure(m))
		}
	}
	return values
}

func (r *report) median(c cell, name string, figure func(*sample) float64) float64 {
	return load.SpreadOf(r.values(c, name, figure)).Median
}

func serverNs(m *sample) float64  { return m.ServerNs }
func hostNs(m *sample) float64    { return m.HostNs }
func softirqNs(m *sample) float64 { return m.SoftirqNs }
func p50us(m *sample) float64     { return m.P50us }
func p99us(m *sample) float64     { return m.P99us }

func head(b *strings.Builder, columns []string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

func spread(s load.Spread) string {
	return fmt.Sprintf("%.0f (%.0f-%.0f)", s.Median, s.Min, s.Max)
}

func ratio(a, b float64) string {
	if b <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

func (r *report) serverCPU(b *strings.Builder) {
	var names []string
	for _, name := range r.names() {
		if name != directName {
			names = append(names, name)
		}
	}
	head(b, append(append([]string{"load"}, names...), "parley/floor", "parley/coturn", "parley/pion", "floor/coturn"))
	for _, c := range r.rows(false) {
		fmt.Fprintf(b, "| %s |", c)
		for _, name := range names {
			fmt.Fprintf(b, " %s |", spread(load.SpreadOf(r.values(c, name, serverNs))))
		}
		of := func(name string) float64 { return r.median(c, name, serverNs) }
		fmt.Fprintf(b, " %s | %s | %s | %s |\n", ratio(of(parleyName), of(floorName)), ratio(of(parleyName), of(coturnName)),
			ratio(of(parleyName), of(pionName)), ratio(of(floorName), of(coturnName)))
	}
}

func (r *report) hostCPU(b *strings.Builder) {
	names := r.names()
	head(b, append(append([]string{"load"}, names...), "parley/coturn", "parley-tc/coturn"))
	for _, c := range r.rows(false) {
		over := func(name string) float64 { return r.median(c, name, hostNs) - r.median(c, directName, hostNs) }
		fmt.Fprintf(b, "| %s |", c)
		for _, name := range names {
			what := fmt.Sprintf("%.0f", over(name))
			if name == directName {
				what = "0 of " + spread(load.SpreadOf(r.values(c, name, hostNs)))
			}
			fmt.Fprintf(b, " %s; %.0f |", what, r.median(c, name, softirqNs))
		}
		fmt.Fprintf(b, " %s | %s |\n", ratio(over(parleyName), over(coturnName)), ratio(over(kernelName), over(coturnName)))
	}
}

func (r *report) losses(b *strings.Builder) {
	names := r.names()
	head(b, append([]string{"load"}, names...))
	sum := func(c cell, name string, figure func(*sample) int) (sum int) {
		for _, v := range r.values(c, name, func(m *sample) float64 { return float64(figure(m)) }) {
			sum += int(v)
		}
		return sum
	}
	for _, c := range r.rows(false) {
		fmt.Fprintf(b, "| %s |", c)
		for _, name := range names {
			fmt.Fprintf(b, " %d of %d (%d) |", sum(c, name, func(m *sample) int { return m.Lost }),
				sum(c, name, func(m *sample) int { return m.Sent }), sum(c, name, func(m *sample) int { return m.Short }))
		}
		b.WriteString("\n")
	}
}

func (r *report) latency(b *strings.Builder) {
	names := r.names()
	head(b, append(append([]string{"load"}, names...), "parley/coturn, added p99", "parley-tc/coturn, added p99"))
	for _, c := range r.rows(true) {
		fmt.Fprintf(b, "| %s |", c)
		added := func(name string, figure func(*sample) float64) float64 {
			return r.median(c, name, figure) - r.median(c, directName, figure)
		}
		for _, name := range names {
			fmt.Fprintf(b, " %.0f / %.0f (%.0f-%.0f)", r.median(c, name, p50us), r.median(c, name, p99us),
				load.SpreadOf(r.values(c, name, p99us)).Min, load.SpreadOf(r.values(c, name, p99us)).Max)
			if name != directName {
				fmt.Fprintf(b, ", added %.0f / %.0f", added(name, p50us), added(name, p99us))
			}
			b.WriteString(" |")
		}
		fmt.Fprintf(b, " %s | %s |\n", ratio(added(parleyName, p99us), added(coturnName, p99us)),
			ratio(added(kernelName, p99us), added(coturnName, p99us)))
	}
}

func (r *report) crowds(b *strings.Builder) {
	head(b, []string{"who", "allocations", "set up per second", "server CPU per allocation, us", "memory per allocation, B"})
	var names []string
	figures := map[string][3][]float64{}
	for _, m := range r.Crowds {
		f, had := figures[m.Contestant]
		if !had {
			names = append(names, m.Contestant)
		}
		f[0], f[1], f[2] = append(f[0], m.PerSecond), append(f[1], m.ServerUs), append(f[2], m.MemoryBytes)
		figures[m.Contestant] = f
	}
	for _, name := range names {
		f := figures[name]
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n", name, r.Crowds[0].Allocations,
			spread(load.SpreadOf(f[0])), spread(load.SpreadOf(f[1])), spread(load.SpreadOf(f[2])))
	}
}
