package files

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

const (
	textLabel = "files"
	dataLabel = "file-data"

	// PieceBytes is the size of each piece but the last.
	PieceBytes = 1 << 20

	bytesMax      = 1 << 46
	piecesMax     = bytesMax / PieceBytes
	textBytesMax  = 262_144
	nameMax       = 255
	pathMax       = 1024
	pathPartsMax  = 64
	mimeMax       = 127
	groupFilesMax = 100_000
	offersMax     = 1000
	messageMax    = 256
	headerBytes   = 24
	hashBytes     = 32
	// A peer that takes less than this cannot be sent files.
	partBytesMin = 1 << 10

	windowPieces = 16
	extendEvery  = 4
	badPieceMax  = 3
)

// Code says why a transfer failed.
type Code string

// Codes of [Problem].
const (
	CodeChanged    Code = "changed"
	CodeUnreadable Code = "unreadable"
	CodeNoSpace    Code = "no-space"
	CodeBadPiece   Code = "bad-piece"
	CodeTooLarge   Code = "too-large"
	CodeUnknown    Code = "unknown"
	CodeInternal   Code = "internal"
	CodeWithdrawn  Code = "withdrawn" // not on the wire: the sender offers it no more
)

// Problem is why a file did not arrive: a code and a plain sentence.
type Problem struct {
	Code    Code
	Message string
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

// Is makes problems with the same code equal for errors.Is.
func (p *Problem) Is(target error) bool {
	other, ok := target.(*Problem)
	return ok && other.Code == p.Code
}

// Group names files that were offered as one, such as a folder.
type Group struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Files int    `json:"files"`
}

// message is any message of the label "files"; each type uses some of the fields.
type message struct {
	Type       string   `json:"type"`
	ID         string   `json:"id,omitempty"`
	Known      []string `json:"known,omitempty"`
	Name       string   `json:"name,omitempty"`
	Bytes      int64    `json:"bytes,omitempty"`
	MIME       string   `json:"mime,omitempty"`
	ModifiedMs int64    `json:"modified_ms,omitempty"`
	Path       string   `json:"path,omitempty"`
	Group      *Group   `json:"group,omitempty"`
	From       int64    `json:"from,omitempty"`
	Upto       int64    `json:"upto,omitempty"`
	Have       string   `json:"have,omitempty"`
	Tree       string   `json:"tree,omitempty"`
	Match      bool     `json:"match,omitempty"`
	SHA256     string   `json:"sha256,omitempty"`
	Code       Code     `json:"code,omitempty"`
	Message    string   `json:"message,omitempty"`
}

// full are the members that a type has although they are zero.
var full = map[string][]string{
	"list": {"known"}, "offer": {"name", "bytes", "mime", "modified_ms"}, "want": {"from", "upto"}, "more": {"upto"},
	"confirmed": {"match"},
}

// encode writes a message with all members of its type.
func (m *message) encode() (string, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	members := map[string]any{}
	if err := json.Unmarshal(data, &members); err != nil {
		return "", err
	}
	zero := map[string]any{
		"known": []string{}, "name": "", "bytes": 0, "mime": "", "modified_ms": 0, "from": 0, "upto": 0, "match": false,
	}
	for _, name := range full[m.Type] {
		if _, there := members[name]; !there {
			members[name] = zero[name]
		}
	}
	data, err = json.Marshal(members)
	return string(data), err
}

// decode reads a message of a peer; nil if it is not one, or over a limit.
func decode(data []byte) *message {
	var m message
	if len(data) > textBytesMax || !utf8.Valid(data) || json.Unmarshal(data, &m) != nil {
		return nil
	}
	ok := m.Type == "list" || isID(m.ID)
	switch m.Type {
	case "list":
		ok = len(m.Known) <= offersMax
	case "offer":
		ok = ok && m.offerOK()
	case "want":
		ok = ok && m.From >= 0 && m.From <= m.Upto && m.Upto <= piecesMax && (m.From == 0 || isHash(m.Have))
	case "more":
		ok = ok && m.Upto >= 0 && m.Upto <= piecesMax
	case "done":
		ok = ok && isHash(m.Tree)
	case "confirmed":
		ok = ok && isHash(m.Tree) && (m.SHA256 == "" || isHash(m.SHA256))
	case "failed":
		ok = ok && utf8.RuneCountInString(m.Message) <= messageMax
	case "withdraw", "pause", "refuse", "cancel":
	default:
		ok = false
	}
	if !ok {
		return nil
	}
	return &m
}

func (m *message) offerOK() bool {
	name := utf8.RuneCountInString(m.Name)
	ok := name >= 1 && name <= nameMax && utf8.RuneCountInString(m.Path) <= pathMax &&
		m.Bytes >= 0 && m.Bytes <= bytesMax && len(m.MIME) <= mimeMax && m.ModifiedMs >= 0
	if m.Group != nil {
		ok = ok && isID(m.Group.ID) && utf8.RuneCountInString(m.Group.Name) <= nameMax &&
			m.Group.Files >= 1 && m.Group.Files <= groupFilesMax
	}
	return ok
}

// isID says whether a string is 128 bits in base64url.
func isID(s string) bool {
	_, err := idBytes(s)
	return err == nil
}

func idBytes(s string) (id [16]byte, err error) {
	if len(s) != 22 {
		return id, fmt.Errorf("%d characters, not 22", len(s))
	}
	// The last character has two bits; the others of it do not count.
	n, err := base64.RawURLEncoding.Decode(id[:], []byte(s))
	if err == nil && n != len(id) {
		err = fmt.Errorf("%d bytes, not 16", n)
	}
	return id, err
}

func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == hashBytes
}

// Flags of a binary message.
const (
	flagLast  = 1
	flagFirst = 2
)

// header stands before each part of a piece.
type header struct {
	flags byte
	id    [16]byte
	piece uint32
}

func (h header) appendTo(b []byte) []byte {
	b = append(b, 1, h.flags, 0, 0)
	b = append(b, h.id[:]...)
	return binary.BigEndian.AppendUint32(b, h.piece)
}

// parseHeader returns the header of a binary message and what follows it.
func parseHeader(data []byte) (h header, rest []byte, ok bool) {
	if len(data) < headerBytes || data[0] != 1 {
		return h, nil, false
	}
	h.flags = data[1]
	copy(h.id[:], data[4:20])
	h.piece = binary.BigEndian.Uint32(data[20:24])
	return h, data[headerBytes:], true
}

// pieceCount is how many pieces a file of so many bytes has.
func pieceCount(bytes int64) int64 { return (bytes + PieceBytes - 1) / PieceBytes }

// pieceSize is how many bytes a piece has.
func pieceSize(bytes, piece int64) int { return int(min(PieceBytes, bytes-piece*PieceBytes)) }
