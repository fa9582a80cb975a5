package udp

import "sync/atomic"

// counters are written by the shard's goroutine alone and read by others.
type counters struct {
	datagramsIn, bytesIn, datagramsOut, bytesOut atomic.Uint64
	readCalls, writeCalls, segmented, truncated  atomic.Uint64
	readErrors, sendBufferFull, sendRefused      atomic.Uint64
	segmentationFaults, wakeups, parked          atomic.Uint64
}

func (c *counters) snapshot() Counters {
	return Counters{
		DatagramsIn: c.datagramsIn.Load(), BytesIn: c.bytesIn.Load(),
		DatagramsOut: c.datagramsOut.Load(), BytesOut: c.bytesOut.Load(),
		ReadCalls: c.readCalls.Load(), WriteCalls: c.writeCalls.Load(),
		Segmented: c.segmented.Load(), Truncated: c.truncated.Load(),
		ReadErrors: c.readErrors.Load(), SendBufferFull: c.sendBufferFull.Load(),
		SendRefused: c.sendRefused.Load(), SegmentationFaults: c.segmentationFaults.Load(),
		Wakeups: c.wakeups.Load(), Parked: c.parked.Load(),
	}
}
