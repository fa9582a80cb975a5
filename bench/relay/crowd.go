//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/bench/load"
)

const (
	// askAtOnce is how many clients wait for a reply at a time.
	askAtOnce = 32
	// warmCrowd pays for what all share: code pages, pools, buffers.
	warmCrowd = 64
)

// crowded is what many idle allocations cost a server.
type crowded struct {
	Contestant  string  `json:"contestant"`
	Allocations int     `json:"allocations"`
	PerSecond   float64 `json:"per_s"`        // allocations set up
	ServerUs    float64 `json:"server_us"`    // on-CPU time of the server's threads, per allocation
	MemoryBytes float64 `json:"memory_bytes"` // resident, per idle allocation
}

// crowd opens many allocations, each by a client of its own, and leaves them idle.
func (b *bench) crowd(ctx context.Context, who *contestant) (m *crowded, err error) {
	s, err := b.start(who)
	if err != nil {
		return nil, err
	}
	defer func() {
		if failed := s.stop(); err == nil {
			err = failed
		}
	}()
	warm, err := b.gather(ctx, 0, warmCrowd)
	defer warm.leave()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", who.name, err)
	}
	pid := s.cmd.Process.Pid
	memory, err := load.Settled(ctx, pid)
	if err != nil {
		return nil, err
	}
	used, err := s.usage()
	if err != nil {
		return nil, err
	}
	from := time.Now()
	many, err := b.gather(ctx, warmCrowd, b.crowdSize)
	took := time.Since(from)
	defer many.leave()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", who.name, err)
	}
	usedThen, err := s.usage()
	if err != nil {
		return nil, err
	}
	memoryThen, err := load.Settled(ctx, pid)
	n := float64(b.crowdSize)
	return &crowded{Contestant: who.name, Allocations: b.crowdSize, PerSecond: n / took.Seconds(),
		ServerUs: float64((usedThen - used).Microseconds()) / n, MemoryBytes: float64(memoryThen-memory) / n}, err
}

// gathering is the sockets of clients.
type gathering struct{ fds []int }

func (g *gathering) leave() {
	for _, fd := range g.fds {
		_ = unix.Close(fd)
	}
}

// gather makes n allocations, a few at a time.
func (b *bench) gather(ctx context.Context, first, n int) (*gathering, error) {
	g := &gathering{}
	for i := range n {
		fd, _, err := openUDP(b.world.client, netip.AddrPortFrom(crowdIP(first+i), 0))
		if err != nil {
			return g, err
		}
		g.fds = append(g.fds, fd)
		if err := connectUDP(fd, serverUDP); err != nil {
			return g, err
		}
	}
	var next atomic.Int64
	var work sync.WaitGroup
	failed := make([]error, askAtOnce)
	for w := range failed {
		work.Go(func() {
			for failed[w] = ctx.Err(); failed[w] == nil; {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				failed[w] = allocateIdle(g.fds[i], first+i)
			}
		})
	}
	work.Wait()
	return g, errors.Join(failed...)
}

func allocateIdle(fd, number int) error {
	c, err := newTurnClient(fd, userOf(number))
	if err != nil {
		return err
	}
	if number == 0 {
		if err := c.binding(); err != nil { // waits until the server runs
			return err
		}
	}
	_, err = c.allocate()
	return err
}
