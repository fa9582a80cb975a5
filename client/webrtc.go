package client

import (
	"io"
	"net"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"github.com/parley-rtc/parley/api"
)

// newWebRTC makes what all connections of a call share.
func newWebRTC() (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	settings.DetachDataChannels()
	settings.SetSCTPMaxMessageSize(MessageBytesMax)
	settings.SetSCTPMaxReceiveBufferSize(receiveWindowBytes)
	settings.SetIncludeLoopbackCandidate(onlyLoopback())
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)), nil
}

func (c *Call) useICEServers(servers []api.ICEServer) {
	list := make([]webrtc.ICEServer, 0, len(servers))
	for _, s := range servers {
		server := webrtc.ICEServer{URLs: s.URLs, Username: s.Username}
		if s.Credential != "" {
			server.Credential = s.Credential
		}
		list = append(list, server)
	}
	c.mu.Lock()
	c.ice = list
	c.mu.Unlock()
	for _, l := range c.allLinks() {
		if l.current != nil {
			_ = l.current.pc.SetConfiguration(c.configuration()) // servers that it cannot use leave the old ones
		}
	}
}

func (c *Call) configuration() webrtc.Configuration {
	c.mu.Lock()
	defer c.mu.Unlock()
	configuration := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle, ICEServers: c.ice}
	if c.options.RelayOnly {
		configuration.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	return configuration
}

func (c *Call) newPeerConnection() (*webrtc.PeerConnection, error) {
	return c.api.NewPeerConnection(c.configuration())
}

// onlyLoopback says whether this machine has no address but its loopback ones:
// then peers on it can still meet.
func onlyLoopback() bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			return false
		}
	}
	return true
}
