// Package mono is Parley's monotonic clock: nanoseconds since the process
// started. Engines never read it, they are handed a [Time]; only the loops that
// own sockets call [Now].
package mono

import "time"

// Time is an instant on the monotonic clock, in nanoseconds since the process
// started. The zero value is "never" where a deadline is meant.
type Time int64

// Never is the deadline of an engine that waits for nothing.
const Never Time = 0

var start = time.Now()

// Now reads the clock. It is never zero, so that zero can mean [Never].
func Now() Time { return Time(time.Since(start)) + 1 }

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time that passed from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Earlier returns the earlier of two deadlines, where [Never] is later than any.
func Earlier(a, b Time) Time {
	if a == Never || (b != Never && b < a) {
		return b
	}
	return a
}
