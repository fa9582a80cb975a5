//go:build linux

package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"runtime"
	"syscall"

	"github.com/pion/turn/v5"
	"golang.org/x/sys/unix"
)

// servePion serves TURN as pion/turn's example for several threads does: a socket
// for each processor, all on one port.
func servePion() error {
	listen := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if failed := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		}); failed != nil {
			return failed
		}
		return err
	}}
	config := turn.ServerConfig{Realm: realm, AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
		return ra.Username, turn.GenerateAuthKey(ra.Username, realm, passwordOf(ra.Username)), true
	}}
	for range runtime.GOMAXPROCS(0) {
		conn, err := listen.ListenPacket(context.Background(), "udp4", serverUDP.String())
		if err != nil {
			return err
		}
		config.PacketConnConfigs = append(config.PacketConnConfigs, turn.PacketConnConfig{
			PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorPortRange{
				RelayAddress: relayIP.AsSlice(), Address: relayIP.String(), MinPort: relayPortMin, MaxPort: relayPortMax,
			},
		})
	}
	server, err := turn.NewServer(config)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	select {} // until it is killed
}

// passwordOf follows from a username by the TURN REST scheme.
func passwordOf(user string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	_, _ = mac.Write([]byte(user)) // hash.Hash never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
