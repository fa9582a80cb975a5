package stun

import "fmt"

// Method is what a message is about.
type Method uint16

// Methods of RFC 8489, section 18.2, RFC 8656, section 17, and RFC 6062,
// section 6.1.
const (
	Binding           Method = 0x001
	Allocate          Method = 0x003
	Refresh           Method = 0x004
	Send              Method = 0x006
	Data              Method = 0x007
	CreatePermission  Method = 0x008
	ChannelBind       Method = 0x009
	Connect           Method = 0x00a
	ConnectionBind    Method = 0x00b
	ConnectionAttempt Method = 0x00c
)

// Class is the part a message plays in a transaction.
type Class uint8

// The classes of RFC 8489, section 5.
const (
	Request Class = iota
	Indication
	Success
	Error
)

// Type is the message type: method and class with their bits interleaved.
type Type uint16

// TypeOf joins method and class (RFC 8489, figure 3).
func TypeOf(m Method, c Class) Type {
	return Type(m&0x00f | m&0x070<<1 | m&0xf80<<2 | Method(c&1)<<4 | Method(c&2)<<7)
}

// Method returns the method within t.
func (t Type) Method() Method {
	return Method(t&0x000f | t&0x00e0>>1 | t&0x3e00>>2)
}

// Class returns the class within t.
func (t Type) Class() Class { return Class(t&0x0010>>4 | t&0x0100>>7) }

// Attr is an attribute type.
type Attr uint16

// Attribute types of RFC 8489, section 18.3, RFC 8656, section 18, RFC 6062,
// section 6.2, RFC 7635, section 12, RFC 8016, section 5, RFC 5780, section 7, and RFC 8445, section
// 16.1.
const (
	AttrMappedAddress           Attr = 0x0001
	AttrChangeRequest           Attr = 0x0003
	AttrUsername                Attr = 0x0006
	AttrMessageIntegrity        Attr = 0x0008
	AttrErrorCode               Attr = 0x0009
	AttrUnknownAttributes       Attr = 0x000a
	AttrChannelNumber           Attr = 0x000c
	AttrLifetime                Attr = 0x000d
	AttrXORPeerAddress          Attr = 0x0012
	AttrData                    Attr = 0x0013
	AttrRealm                   Attr = 0x0014
	AttrNonce                   Attr = 0x0015
	AttrXORRelayedAddress       Attr = 0x0016
	AttrRequestedAddressFamily  Attr = 0x0017
	AttrEvenPort                Attr = 0x0018
	AttrRequestedTransport      Attr = 0x0019
	AttrDontFragment            Attr = 0x001a
	AttrAccessToken             Attr = 0x001b
	AttrMessageIntegritySHA256  Attr = 0x001c
	AttrPasswordAlgorithm       Attr = 0x001d
	AttrUserhash                Attr = 0x001e
	AttrXORMappedAddress        Attr = 0x0020
	AttrReservationToken        Attr = 0x0022
	AttrPriority                Attr = 0x0024
	AttrUseCandidate            Attr = 0x0025
	AttrPadding                 Attr = 0x0026
	AttrResponsePort            Attr = 0x0027
	AttrConnectionID            Attr = 0x002a
	AttrAdditionalAddressFamily Attr = 0x8000
	AttrAddressErrorCode        Attr = 0x8001
	AttrPasswordAlgorithms      Attr = 0x8002
	AttrAlternateDomain         Attr = 0x8003
	AttrICMP                    Attr = 0x8004
	AttrSoftware                Attr = 0x8022
	AttrAlternateServer         Attr = 0x8023
	AttrFingerprint             Attr = 0x8028
	AttrICEControlled           Attr = 0x8029
	AttrICEControlling          Attr = 0x802a
	AttrResponseOrigin          Attr = 0x802b
	AttrOtherAddress            Attr = 0x802c
	AttrThirdPartyAuthorization Attr = 0x802e
	AttrMobilityTicket          Attr = 0x8030
)

// Required says whether a receiver that does not know the attribute must refuse
// the message (RFC 8489, section 14: types 0x0000 to 0x7FFF).
func (a Attr) Required() bool { return a < 0x8000 }

// Code is an error code of ERROR-CODE.
type Code uint16

// Error codes of RFC 8489, section 14.8, RFC 8656, section 19, and RFC 6062,
// section 6.3.
const (
	CodeTryAlternate         Code = 300
	CodeBadRequest           Code = 400
	CodeUnauthenticated      Code = 401
	CodeForbidden            Code = 403
	CodeMobilityForbidden    Code = 405 // RFC 8016, section 3.4
	CodeUnknownAttribute     Code = 420
	CodeAllocationMismatch   Code = 437
	CodeStaleNonce           Code = 438
	CodeFamilyUnsupported    Code = 440
	CodeWrongCredentials     Code = 441
	CodeTransportUnsupported Code = 442
	CodePeerFamilyMismatch   Code = 443
	CodeConnectionExists     Code = 446
	CodeConnectionFailed     Code = 447
	CodeAllocationQuota      Code = 486
	CodeServerError          Code = 500
	CodeInsufficientCapacity Code = 508
)

var methodNames = map[Method]string{
	Binding: "Binding", Allocate: "Allocate", Refresh: "Refresh", Send: "Send", Data: "Data",
	CreatePermission: "CreatePermission", ChannelBind: "ChannelBind", Connect: "Connect",
	ConnectionBind: "ConnectionBind", ConnectionAttempt: "ConnectionAttempt",
}

var classNames = [...]string{"request", "indication", "success", "error"}

// String returns the registered name.
func (m Method) String() string {
	if name, ok := methodNames[m]; ok {
		return name
	}
	return fmt.Sprintf("method 0x%03x", uint16(m))
}

// String returns the class in a word.
func (c Class) String() string { return classNames[c&3] }

// String returns method and class.
func (t Type) String() string { return t.Method().String() + " " + t.Class().String() }
