package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/coder/websocket"

	"github.com/parley-rtc/parley/api"
)

const (
	// A message that is relayed can be longer than MaxMessageBytes, a welcome by its peers.
	readBytesMax = 1 << 20
	// Messages that wait to be written: more than the server would take in a minute.
	writeQueueMax = 4096
	writeTimeout  = 10 * time.Second
	closeTimeout  = time.Second
)

var roomPath = regexp.MustCompile(`/r/([a-z0-9-]{1,64})/?$`)

// ParseRoomURL returns the room of a call's URL, https://host/r/room, and where its
// signaling is.
func ParseRoomURL(text string) (room string, signal *url.URL, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", nil, &Error{CodeBadURL, fmt.Sprintf("%q is not the link of a call; want https://HOST/r/ROOM.", text)}
	}
	m := roomPath.FindStringSubmatch(u.Path)
	if m == nil {
		return "", nil, &Error{CodeBadURL, fmt.Sprintf("%q names no room; want https://HOST/r/ROOM.", text)}
	}
	scheme := map[string]string{"https": "wss", "http": "ws"}[u.Scheme]
	return m[1], &url.URL{Scheme: scheme, Host: u.Host, Path: api.SignalPath}, nil
}

// socket is one WebSocket of a session; what happens to it comes to the call's
// goroutine by post.
type socket struct {
	call *Call
	ctx  context.Context
	stop context.CancelFunc
	out  chan []byte
}

// openSocket begins to connect.
func (c *Call) openSocket() {
	c.closeSocket()
	ctx, stop := context.WithCancel(context.Background())
	s := &socket{c, ctx, stop, make(chan []byte, writeQueueMax)}
	c.socket = s
	c.closing.Go(s.run)
}

func (c *Call) closeSocket() {
	if c.socket != nil {
		close(c.socket.out) // what is queued, a bye, is still written
		c.socket = nil
	}
}

func (c *Call) writeSocket(message any) {
	data, err := json.Marshal(message)
	if err != nil || c.socket == nil {
		return
	}
	select {
	case c.socket.out <- data:
	default: // the server does not read; its silence ends the socket
	}
}

// tell does f on the call's goroutine, as long as this is the socket in use.
func (s *socket) tell(f func()) {
	s.call.post(func() {
		if s.call.socket == s {
			f()
		}
	})
}

func (s *socket) run() {
	defer s.stop()
	dial, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	gone := make(chan struct{})
	go func() { // ends with the handshake: closing out ends an attempt
		defer close(gone)
		s.cancelWhenClosed(dial, cancel)
	}()
	conn, response, err := websocket.Dial(dial, s.call.signal.String(), &websocket.DialOptions{
		Subprotocols: []string{api.Subprotocol}, HTTPClient: s.call.http,
	})
	cancel()
	<-gone
	if err != nil {
		why := dialError(s.call.signal.Host, response, err)
		s.tell(func() { s.call.session.closed(random(), why) })
		return
	}
	conn.SetReadLimit(readBytesMax)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read(conn)
	}()
	s.tell(s.call.session.opened)
	s.write(conn)
	// A server that is gone does not say goodbye.
	defer time.AfterFunc(closeTimeout, s.stop).Stop()
	_ = conn.Close(websocket.StatusNormalClosure, "")
	_ = conn.CloseNow()
	<-done
}

// cancelWhenClosed ends an attempt to connect when the socket is not wanted any
// more. Nothing is queued before the socket is open.
func (s *socket) cancelWhenClosed(ctx context.Context, cancel context.CancelFunc) {
	select {
	case <-ctx.Done():
	case <-s.out:
		cancel()
	}
}

func (s *socket) write(conn *websocket.Conn) {
	for {
		select {
		case data, open := <-s.out:
			if !open {
				return
			}
			ctx, cancel := context.WithTimeout(s.ctx, writeTimeout)
			err := conn.Write(ctx, websocket.MessageText, data)
			cancel()
			if err != nil {
				s.tell(func() { s.call.session.closed(random(), nil) })
				return
			}
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *socket) read(conn *websocket.Conn) {
	defer s.stop()
	for {
		kind, data, err := conn.Read(s.ctx)
		var message any
		if err == nil && kind == websocket.MessageText {
			message, err = parseServer(data)
		} else if err == nil {
			err = errors.New("a binary message")
		}
		if err != nil {
			s.tell(func() { s.call.session.closed(random(), nil) })
			return
		}
		if message != nil {
			s.tell(func() { s.call.session.handle(message) })
		}
	}
}

// dialError says why the server cannot be reached, as far as a person can do
// something about it.
func dialError(host string, response *http.Response, err error) *Error {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verification):
		reason := "it is not signed by an authority that this machine trusts"
		var name x509.HostnameError
		var invalid x509.CertificateInvalidError
		switch {
		case errors.As(err, &name):
			reason = "it is for another name"
		case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
			reason = "it has expired, or is not valid yet"
		}
		return &Error{CodeCertificate, fmt.Sprintf("The certificate of %s cannot be trusted: %s.", host, reason)}
	case errors.As(err, &record):
		return &Error{CodeServerGone, fmt.Sprintf("%s does not speak HTTPS; is it http:// there?", host)}
	case response != nil && response.StatusCode != http.StatusSwitchingProtocols:
		return &Error{CodeServerGone, fmt.Sprintf("%s answers, but not as a Parley server does (HTTP status %d).", host, response.StatusCode)}
	}
	return &Error{CodeServerGone, fmt.Sprintf("The server %s does not answer: %v.", host, rootCause(err))}
}

func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
