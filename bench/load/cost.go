//go:build linux

package load

import (
	"context"
	"fmt"
	"time"
)

// IdleCost connects n clients, each alone in its room, waits until each has
// answered pings of the server, and returns the bytes of resident memory that
// each costs.
func IdleCost(ctx context.Context, p *Process, n, pings int) (float64, error) {
	// The first connections pay for what all share: code pages, pools, the poller.
	warm, err := Join(ctx, p.Address, 20, 1, 4)
	if err != nil {
		return 0, err
	}
	warm.Close()
	before, err := p.Settled(ctx)
	if err != nil {
		return 0, err
	}
	crowd, err := Join(ctx, p.Address, n, 1, 16)
	if err != nil {
		return 0, err
	}
	defer crowd.Close()
	want := int64(n * pings)
	if err := Wait(ctx, 3*time.Minute, fmt.Sprintf("%d pings", want), func() (bool, error) {
		return crowd.Pings.Load() >= want, crowd.Err()
	}); err != nil {
		return 0, err
	}
	after, err := p.Settled(ctx)
	if err != nil {
		return 0, err
	}
	if err := crowd.Err(); err != nil {
		return 0, err
	}
	return float64(after-before) / float64(n), nil
}

// Messages is what relaying cost.
type Messages struct {
	Sent, Delivered int64
	Took            time.Duration
	CPU             time.Duration // of all threads of the server
}

// MessageCost lets people in rooms exchange candidates at a steady rate.
func MessageCost(ctx context.Context, p *Process, rooms, size, perSecond int, most time.Duration) (*Messages, error) {
	crowd, err := Join(ctx, p.Address, rooms, size, 8)
	if err != nil {
		return nil, err
	}
	defer crowd.Close()
	crowd.Talk(ctx, perSecond, time.Second) // until buffers have grown to their size
	if err := Wait(ctx, 20*time.Second, "the warm-up to end", quiet(crowd)); err != nil {
		return nil, err
	}
	cpu, err := p.CPU()
	if err != nil {
		return nil, err
	}
	m, begun, had := &Messages{}, time.Now(), crowd.Delivered.Load()
	m.Sent = crowd.Talk(ctx, perSecond, most)
	m.Took = time.Since(begun)
	if err := Wait(ctx, 20*time.Second, "all messages to arrive", func() (bool, error) {
		return crowd.Delivered.Load()-had >= m.Sent, crowd.Err()
	}); err != nil {
		return nil, err
	}
	m.Delivered = crowd.Delivered.Load() - had
	after, err := p.CPU()
	m.CPU = after - cpu
	return m, err
}

// quiet says whether nothing has arrived since it was last asked.
func quiet(c *Crowd) func() (bool, error) {
	last := int64(-1)
	return func() (bool, error) {
		now := c.Delivered.Load()
		same := now == last
		last = now
		return same, c.Err()
	}
}
