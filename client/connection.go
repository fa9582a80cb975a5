package client

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/parley-rtc/parley/api"
)

const (
	controlBytesMax      = 16 << 10
	waitingCandidatesMax = 128
	// The receiving window of all channels together: what can be on its way.
	receiveWindowBytes = 8 << 20
)

// kinds of the four media sections, in the order of the first offer.
var kinds = []string{"microphone", "camera", "screen", "screen-audio"}

// alive is what peers tell each other twice a second, outside of order and
// without retransmission.
type alive struct {
	Type   string `json:"type"`
	Hidden bool   `json:"hidden"` // the page is in the background, where its timers run late
	// Label -> stream name and number of the last message received.
	Received map[string]ack `json:"received"`
}

// ack is written as [name, number].
type ack struct {
	name   string
	number uint64
}

// MarshalJSON implements json.Marshaler.
func (a ack) MarshalJSON() ([]byte, error) { return json.Marshal([]any{a.name, a.number}) }

// UnmarshalJSON implements json.Unmarshaler. What is something else stays empty.
func (a *ack) UnmarshalJSON(data []byte) error {
	var parts []json.RawMessage
	if json.Unmarshal(data, &parts) == nil && len(parts) == 2 && json.Unmarshal(parts[1], &a.number) == nil {
		_ = json.Unmarshal(parts[0], &a.name)
	}
	return nil
}

// connectionHost is the link that a connection belongs to. All but incoming are
// called on the call's goroutine.
type connectionHost interface {
	describe(c *connection, kind, sdp string, tracks []api.TrackInfo)
	// candidate has a username fragment; an empty candidate is the end of them.
	candidate(c *connection, init webrtc.ICECandidateInit)
	alive(c *connection, m alive)
	// incoming returns who takes the messages of a channel of the peer, nil for nobody.
	incoming(c *connection, label, protocol string) func(data []byte, text bool)
}

// connection is one RTCPeerConnection with one peer: four media sections, a
// control channel, and when something was last heard. Who begins it and when it is
// replaced is link.go.
//
// Its own offers are first ones only (recovery.go says why), so of perfect
// negotiation the part is left that answers, and the collision of two first
// offers, which is the link's.
type connection struct {
	id      string
	pc      *webrtc.PeerConnection
	host    connectionHost
	post    func(func())
	leads   bool // this end began the connection
	hidden  bool
	tracks  []api.TrackInfo
	known   bool // the other end has this connection: it answered, or began it
	offered string
	closed  atomic.Bool
	heardAt atomic.Int64 // Unix nanoseconds; 0 before anything was heard
	waiting []webrtc.ICECandidateInit
	unsent  []webrtc.ICECandidateInit
	control *dataChannel
	path    string // remote username fragment of the path that was connected last
}

func newConnection(id string, pc *webrtc.PeerConnection, host connectionHost, post func(func())) (*connection, error) {
	c := &connection{id: id, pc: pc, host: host, post: post}
	// What comes from the library's goroutines waits for the call's own.
	own := func(f func()) {
		post(func() {
			if !c.closed.Load() {
				f()
			}
		})
	}
	pc.OnICECandidate(func(candidate *webrtc.ICECandidate) { own(func() { c.onLocalCandidate(candidate) }) })
	pc.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) { own(func() { c.onICEState(state) }) })
	pc.OnDataChannel(c.onDataChannel)
	none := uint16(0)
	ordered := false
	err := c.openChannel(controlLabel, &webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &none}, func(d *dataChannel) { c.control = d })
	return c, err
}

// start is the initiator's side: four media sections and the first offer.
func (c *connection) start() error {
	c.leads = true
	for _, kind := range kinds {
		codec := webrtc.RTPCodecTypeVideo
		if kind == "microphone" || kind == "screen-audio" {
			codec = webrtc.RTPCodecTypeAudio
		}
		direction := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := c.pc.AddTransceiverFromKind(codec, direction); err != nil {
			return err
		}
	}
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := c.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	for i, t := range c.pc.GetTransceivers() {
		c.tracks = append(c.tracks, api.TrackInfo{Mid: t.Mid(), Kind: kinds[i]})
	}
	c.offered = inactive(offer.SDP)
	c.resend()
	return nil
}

// inactive asks the peer to send no media: nobody would look at it.
func inactive(sdp string) string { return strings.ReplaceAll(sdp, "a=recvonly\r\n", "a=inactive\r\n") }

// resend says again what may have been lost with the server's memory: the offer
// that awaits its answer.
func (c *connection) resend() bool {
	if !c.offering() {
		return false
	}
	c.host.describe(c, "offer", c.offered, c.tracks)
	c.flushCandidates()
	return true
}

func (c *connection) offering() bool {
	return c.pc.SignalingState() == webrtc.SignalingStateHaveLocalOffer
}

func (c *connection) handleAnswer(sdp string) error {
	if !c.offering() {
		return nil // an answer that nobody waits for: it came twice
	}
	err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp})
	if err != nil {
		return err
	}
	c.known = true
	c.addWaiting()
	return nil
}

func (c *connection) handleOffer(sdp string, tracks []api.TrackInfo) error {
	offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: c.keepDTLSRole(sdp)}
	if err := c.pc.SetRemoteDescription(offer); err != nil {
		return err
	}
	c.known = true
	c.tracks = c.tracks[:0]
	for _, t := range c.pc.GetTransceivers() {
		for _, track := range tracks {
			if track.Mid == t.Mid() {
				c.tracks = append(c.tracks, track)
			}
		}
	}
	answer, err := c.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := c.pc.SetLocalDescription(answer); err != nil {
		return err
	}
	c.host.describe(c, "answer", inactive(answer.SDP), c.tracks)
	c.flushCandidates()
	c.addWaiting()
	return nil
}

var setupRole = regexp.MustCompile(`(?m)^a=setup:(active|passive)`)

// keepDTLSRole reads a later offer of the peer as what the DTLS roles already are,
// which leaves one answer: an answer that changes them is refused by browsers.
func (c *connection) keepDTLSRole(offer string) string {
	theirs := ""
	if remote := c.pc.CurrentRemoteDescription(); remote != nil && remote.Type == webrtc.SDPTypeAnswer {
		if m := setupRole.FindStringSubmatch(remote.SDP); m != nil {
			theirs = m[1]
		}
	} else if local := c.pc.CurrentLocalDescription(); local != nil {
		if m := setupRole.FindStringSubmatch(local.SDP); m != nil {
			theirs = map[string]string{"active": "passive", "passive": "active"}[m[1]]
		}
	}
	if theirs == "" {
		return offer
	}
	return strings.ReplaceAll(offer, "a=setup:actpass", "a=setup:"+theirs)
}

// handleCandidate takes a candidate of the peer; an empty one is the end of them.
func (c *connection) handleCandidate(candidate webrtc.ICECandidateInit) {
	if !c.belongs(candidate) {
		// Of an offer that comes yet, or of a generation that is over.
		c.waiting = append(c.waiting, candidate)
		if len(c.waiting) > waitingCandidatesMax {
			c.waiting = c.waiting[1:]
		}
		return
	}
	// A candidate that cannot be used here (a name that does not resolve, another
	// address family) must not end what others can still bring about.
	_ = c.pc.AddICECandidate(candidate)
}

func (c *connection) belongs(candidate webrtc.ICECandidateInit) bool {
	remote := c.pc.RemoteDescription()
	if remote == nil {
		return false
	}
	return candidate.UsernameFragment == nil || fragmentOf(remote.SDP) == *candidate.UsernameFragment
}

func (c *connection) addWaiting() {
	waiting := c.waiting
	c.waiting = nil
	for _, candidate := range waiting {
		c.handleCandidate(candidate)
	}
}

var iceFragment = regexp.MustCompile(`(?m)^a=ice-ufrag:(\S+)`)

// fragmentOf returns the ICE username fragment of a description; all sections are
// bundled, so there is one.
func fragmentOf(sdp string) string {
	if m := iceFragment.FindStringSubmatch(sdp); m != nil {
		return m[1]
	}
	return ""
}

func (c *connection) onLocalCandidate(candidate *webrtc.ICECandidate) {
	init := webrtc.ICECandidateInit{}
	if candidate != nil {
		init = candidate.ToJSON()
	}
	c.unsent = append(c.unsent, init)
	if c.known || c.offered != "" {
		c.flushCandidates()
	}
}

func (c *connection) flushCandidates() {
	local := c.pc.LocalDescription()
	if local == nil {
		return
	}
	fragment := fragmentOf(local.SDP)
	unsent := c.unsent
	c.unsent = nil
	for _, init := range unsent {
		init.UsernameFragment = &fragment
		c.host.candidate(c, init)
	}
}

func (c *connection) onICEState(state webrtc.ICEConnectionState) {
	remote := c.pc.RemoteDescription()
	if state != webrtc.ICEConnectionStateConnected || remote == nil {
		return
	}
	// What was silent before this path existed says nothing about it.
	if fragment := fragmentOf(remote.SDP); fragment != c.path {
		c.path = fragment
		c.hear()
	}
}

func (c *connection) ice() iceState {
	switch c.pc.ICEConnectionState() {
	case webrtc.ICEConnectionStateConnected, webrtc.ICEConnectionStateCompleted:
		return iceConnected
	case webrtc.ICEConnectionStateFailed, webrtc.ICEConnectionStateClosed:
		return iceFailed
	}
	return iceTrying
}

// broken: DTLS has failed or was closed by the other end, which nothing but a new
// connection can mend.
func (c *connection) broken() bool {
	switch c.pc.ConnectionState() {
	case webrtc.PeerConnectionStateClosed:
		return true
	case webrtc.PeerConnectionStateFailed:
		return c.ice() != iceFailed
	}
	return false
}

func (c *connection) hear() { c.heardAt.Store(time.Now().UnixNano()) }

// silent is for how long nothing came; negative before anything ever came.
func (c *connection) silent(now time.Time) time.Duration {
	heard := c.heardAt.Load()
	if heard == 0 {
		return -1
	}
	return max(0, now.Sub(time.Unix(0, heard)))
}

func (c *connection) sendAlive(m alive) {
	// What could not leave for a second must not pile up behind a dead path.
	if c.control != nil && c.control.buffered() < controlBytesMax {
		if data, err := json.Marshal(m); err == nil {
			_ = c.control.send(data, true)
		}
	}
}

// messageBytesMax is what the peer takes; 0 if it did not say.
func (c *connection) messageBytesMax() int {
	if sctp := c.pc.SCTP(); sctp != nil {
		return int(min(sctp.GetCapabilities().MaxMessageSize, MessageBytesMax))
	}
	return 0
}

// close lets go of the connection; done is called when nothing of it runs any more.
func (c *connection) close(done func()) {
	if c.closed.Swap(true) {
		done()
		return
	}
	go func() {
		defer done()
		_ = c.pc.GracefulClose() // what it could not say goodbye to is gone already
	}()
}

// openChannel makes a data channel of ours; opened is called on the call's
// goroutine.
func (c *connection) openChannel(label string, init *webrtc.DataChannelInit, opened func(*dataChannel)) error {
	dc, err := c.pc.CreateDataChannel(label, init)
	if err != nil {
		return err
	}
	dc.SetBufferedAmountLowThreshold(bufferedBytesLow)
	dc.OnOpen(func() {
		raw, err := dc.Detach()
		if err != nil {
			return
		}
		channel := &dataChannel{dc, raw}
		c.post(func() {
			if !c.closed.Load() {
				opened(channel)
			}
		})
		// Nothing is to come on it: whoever sends something must not fill the window with it.
		channel.readAll(func([]byte, bool) {})
	})
	return nil
}

func (c *connection) onDataChannel(dc *webrtc.DataChannel) {
	label, protocol := dc.Label(), dc.Protocol()
	dc.OnOpen(func() {
		raw, err := dc.Detach()
		if err != nil {
			return
		}
		channel := &dataChannel{dc, raw}
		if label == controlLabel {
			channel.readAll(c.onControl)
			return
		}
		take := c.host.incoming(c, label, protocol)
		if take == nil {
			channel.close()
			return
		}
		channel.readAll(func(data []byte, text bool) {
			c.hear()
			take(data, text)
		})
	})
}

// onControl never trusts what a peer sends.
func (c *connection) onControl(data []byte, text bool) {
	var m alive
	if !text || len(data) > controlBytesMax || json.Unmarshal(data, &m) != nil || m.Type != "alive" {
		return
	}
	c.hear()
	c.post(func() {
		if !c.closed.Load() {
			c.hidden = m.Hidden
			c.host.alive(c, m)
		}
	})
}

// dataChannel is an open data channel that is read by us: the library's own loop
// refuses messages of the largest size.
type dataChannel struct {
	dc  *webrtc.DataChannel
	raw rawChannel
}

type rawChannel interface {
	ReadDataChannel(buffer []byte) (n int, text bool, err error)
	WriteDataChannel(data []byte, text bool) (int, error)
	Close() error
}

func (d *dataChannel) send(data []byte, text bool) error {
	_, err := d.raw.WriteDataChannel(data, text)
	return err
}

func (d *dataChannel) buffered() int { return int(d.dc.BufferedAmount()) }

func (d *dataChannel) close() { _ = d.raw.Close() }

// readAll hands over each message, in a slice of its own, until the channel ends.
func (d *dataChannel) readAll(take func(data []byte, text bool)) {
	buffer := make([]byte, MessageBytesMax+1)
	for {
		n, text, err := d.raw.ReadDataChannel(buffer)
		if err != nil {
			return
		}
		take(append([]byte(nil), buffer[:n]...), text)
	}
}
