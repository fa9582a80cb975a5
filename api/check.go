package api

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (m *Hello) check() string {
	m.Name = strings.TrimSpace(m.Name)
	return firstProblem(
		checkRoom(m.Room),
		checkSecret(m.Secret),
		checkName(m.Name),
		checkText("client", m.Client, MaxClientBytes),
		checkHostKey(m.HostKey),
		checkText("password", m.Password, MaxPasswordBytes),
		checkText("invite", m.Invite, MaxInviteBytes),
		checkHand(m.Hand),
	)
}

func (m *ChangeSettings) check() string {
	if m.Access != "open" && m.Access != "invited" {
		return "The field \"access\" must be open or invited."
	}
	if m.Password != nil {
		if what := checkText("password", *m.Password, MaxPasswordBytes); what != "" {
			return what
		}
	}
	if len(m.Returning) > MaxReturning {
		return fmt.Sprintf("At most %d peers can be returning.", MaxReturning)
	}
	for _, id := range m.Returning {
		if what := checkPeer("returning", id); what != "" {
			return what
		}
	}
	return ""
}

func (m *Moderate) check() string {
	switch m.Action {
	case "admit", "deny", "mute", "stop-camera", "stop-screen", "lower-hand":
		if m.Peer == "" {
			return ""
		}
	case "remove", "make-host":
	case "end":
		if m.Peer != "" {
			return "The action end has no peer."
		}
		return ""
	default:
		return "This server does not know the action."
	}
	return checkPeer("peer", m.Peer)
}

func (m *Invite) check() string {
	if m.ExpiresS < MinInviteS || m.ExpiresS > MaxInviteS {
		return fmt.Sprintf("The field \"expires_s\" must be %d to %d.", MinInviteS, MaxInviteS)
	}
	if m.Request == "" || len(m.Request) > MaxRequestBytes || !isBase64URL(m.Request) {
		return fmt.Sprintf("The field \"request\" must have 1 to %d characters of base64url.", MaxRequestBytes)
	}
	return ""
}

func (m *Offer) check() string {
	if m.Tracks == nil {
		m.Tracks = []TrackInfo{}
	}
	return firstProblem(
		checkTo(m.To),
		checkConnection(m.Connection),
		checkSDP(m.SDP),
		checkTracks(m.Tracks),
	)
}

func (m *Answer) check() string {
	if m.Tracks == nil {
		m.Tracks = []TrackInfo{}
	}
	return firstProblem(
		checkTo(m.To),
		checkConnection(m.Connection),
		checkSDP(m.SDP),
		checkTracks(m.Tracks),
	)
}

func (m *Candidate) check() string {
	if m.SDPMLineIndex < 0 || m.SDPMLineIndex > 255 {
		return "The field \"sdp_m_line_index\" must be 0 to 255."
	}
	return firstProblem(
		checkTo(m.To),
		checkConnection(m.Connection),
		checkText("candidate", m.Candidate, MaxCandidateBytes),
		checkText("sdp_mid", m.SDPMid, MaxMidBytes),
		checkText("username_fragment", m.UsernameFragment, MaxUfragBytes),
	)
}

func (m *EndOfCandidates) check() string {
	return firstProblem(
		checkTo(m.To),
		checkConnection(m.Connection),
		checkText("username_fragment", m.UsernameFragment, MaxUfragBytes),
	)
}

func (m *Reset) check() string {
	return firstProblem(checkTo(m.To), checkConnection(m.Connection))
}

func (m *Update) check() string {
	m.Name = strings.TrimSpace(m.Name)
	return checkName(m.Name)
}

func (m *Bye) check() string { return checkText("reason", m.Reason, MaxReasonBytes) }

func (m *Ping) check() string { return "" }

func (m *Pong) check() string { return "" }

func (m *Ack) check() string { return "" }

// ValidRoom says whether a string can be a room's name.
func ValidRoom(room string) bool { return checkRoom(room) == "" }

func checkRoom(room string) string {
	ok := len(room) >= 1 && len(room) <= MaxRoomBytes
	for i := 0; ok && i < len(room); i++ {
		c := room[i]
		ok = 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-'
	}
	if !ok {
		return fmt.Sprintf("A room's name has 1 to %d of the characters a-z, 0-9 and -.", MaxRoomBytes)
	}
	return ""
}

func checkSecret(secret string) string {
	if len(secret) < MinSecretBytes || len(secret) > MaxSecretBytes || !isBase64URL(secret) {
		return fmt.Sprintf("The secret must have %d to %d characters of base64url.", MinSecretBytes, MaxSecretBytes)
	}
	return ""
}

// checkName refuses what could make a name look like something else on
// another's screen: control characters, line breaks and overrides of the writing
// direction. An empty name is fine.
func checkName(name string) string {
	if utf8.RuneCountInString(name) > MaxNameRunes {
		return fmt.Sprintf("A name may have at most %d characters.", MaxNameRunes)
	}
	for _, r := range name {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return "A name may not have control characters."
		}
	}
	return ""
}

func checkHostKey(key string) string {
	if key != "" && (len(key) < MinSecretBytes || len(key) > MaxSecretBytes || !isBase64URL(key)) {
		return fmt.Sprintf("The host key must have %d to %d characters of base64url.", MinSecretBytes, MaxSecretBytes)
	}
	return ""
}

// checkHand keeps to the whole numbers that every JSON parser has.
func checkHand(hand uint64) string {
	if hand >= 1<<53 {
		return "The field \"hand\" is too large."
	}
	return ""
}

func checkTo(to string) string { return checkPeer("to", to) }

func checkPeer(field, id string) string {
	if len(id) != PeerIDBytes || !isBase64URL(id) {
		return fmt.Sprintf("The field %q must be the id of a peer.", field)
	}
	return ""
}

func checkConnection(connection string) string {
	if connection == "" || len(connection) > MaxConnectionBytes || !isBase64URL(connection) {
		return fmt.Sprintf("The field \"connection\" must have 1 to %d characters of base64url.", MaxConnectionBytes)
	}
	return ""
}

func checkSDP(sdp string) string {
	if sdp == "" {
		return "The field \"sdp\" is empty."
	}
	return ""
}

func checkTracks(tracks []TrackInfo) string {
	if len(tracks) > MaxTracks {
		return fmt.Sprintf("At most %d tracks can be listed.", MaxTracks)
	}
	for _, t := range tracks {
		switch t.Kind {
		case "microphone", "camera", "screen", "screen-audio":
		default:
			return "The kind of a track must be microphone, camera, screen or screen-audio."
		}
		if what := checkText("mid", t.Mid, MaxMidBytes); what != "" {
			return what
		}
	}
	return ""
}

// checkText is for fields that only programs read: printable and bounded.
func checkText(field, text string, bytesMax int) string {
	if len(text) > bytesMax {
		return fmt.Sprintf("The field %q may have at most %d bytes.", field, bytesMax)
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return fmt.Sprintf("The field %q may not have control characters.", field)
		}
	}
	return ""
}

func isBase64URL(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

func firstProblem(sentences ...string) string {
	for _, s := range sentences {
		if s != "" {
			return s
		}
	}
	return ""
}
