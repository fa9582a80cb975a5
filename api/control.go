package api

// Limits of what hosts and those who ask to come in may send.
const (
	MaxPasswordBytes = 128       // Hello.Password, RoomSettings.Password
	MaxInviteBytes   = 512       // Hello.Invite
	MinInviteS       = 60        // Invite.ExpiresS
	MaxInviteS       = 2_592_000 // Invite.ExpiresS: 30 days
	MaxRequestBytes  = 32        // Invite.Request: base64url
	MaxKnocks        = 50        // people who wait before one room
	MaxReturning     = 64        // ChangeSettings.Returning
)

// RoomSettings is what hosts have decided about who may enter.
type RoomSettings struct {
	Locked bool `json:"locked"` // nobody new may enter
	Lobby  bool `json:"lobby"`  // who is new waits until a host admits it
	// Access: with "invited" only a valid invite lets in; where there is a lobby,
	// those without one wait there.
	Access   string `json:"access" enum:"open,invited"`
	Password bool   `json:"password"` // whether one is asked for
}

// ChangeSettings sets the settings of the room. Only hosts may.
type ChangeSettings struct {
	Type   string `json:"type" api:"room-settings,client"`
	Seq    uint64 `json:"seq"`
	Locked bool   `json:"locked"`
	Lobby  bool   `json:"lobby"`
	Access string `json:"access" enum:"open,invited"`
	// Password: absent leaves it as it is, empty takes it away.
	Password *string `json:"password,omitempty"`
	// Returning are ids of peers that may enter within SessionMs whatever the
	// settings say. A host that puts settings back after a restart of the server
	// names those who were in the room.
	Returning []string `json:"returning,omitempty"`
}

// Settings says that the room's settings have changed.
type Settings struct {
	Type     string       `json:"type" api:"settings,server"`
	Seq      uint64       `json:"seq"`
	Settings RoomSettings `json:"settings"`
	By       string       `json:"by"` // the host who did it
	// PasswordChanged: the password is another one, or gone.
	PasswordChanged bool `json:"password_changed,omitempty"`
}

// Waiting comes instead of [Welcome]: the hello was fine, but a host has to admit
// the client first. It is not in the room yet.
type Waiting struct {
	Type   string `json:"type" api:"waiting,server"`
	Reason string `json:"reason" enum:"lobby"`
}

// Knocker is somebody who waits to be admitted.
type Knocker struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Knock tells a host that somebody waits to be admitted.
type Knock struct {
	Type string  `json:"type" api:"knock,server"`
	Seq  uint64  `json:"seq"`
	Peer Knocker `json:"peer"`
}

// KnockGone tells a host that somebody does not wait any more: admitted, denied or
// gone.
type KnockGone struct {
	Type string `json:"type" api:"knock-gone,server"`
	Seq  uint64 `json:"seq"`
	Peer string `json:"peer"`
}

// Moderate is what a host does to one peer. Without Peer admit and deny are for
// all who wait, mute, stop-camera, stop-screen and lower-hand for everybody but
// the sender; end has none.
type Moderate struct {
	Type   string `json:"type" api:"moderate,client"`
	Seq    uint64 `json:"seq"`
	Action string `json:"action" enum:"admit,deny,mute,stop-camera,stop-screen,lower-hand,remove,make-host,end"`
	Peer   string `json:"peer,omitempty"`
}

// Moderated asks the receiver to do what a host has decided. The hand is down
// already when it comes.
type Moderated struct {
	Type   string `json:"type" api:"moderated,server"`
	Seq    uint64 `json:"seq"`
	Action string `json:"action" enum:"mute,stop-camera,stop-screen,lower-hand"`
	By     string `json:"by"`
}

// RoleChanged tells the receiver its own role. Others get [PeerUpdated].
type RoleChanged struct {
	Type string `json:"type" api:"role,server"`
	Seq  uint64 `json:"seq"`
	Role string `json:"role" enum:"host,member"`
}

// Invite asks for an invite into the room. Only hosts may.
type Invite struct {
	Type     string `json:"type" api:"invite,client"`
	Seq      uint64 `json:"seq"`
	ExpiresS int    `json:"expires_s"`
	Request  string `json:"request"` // chosen by the client, comes back in the answer
}

// Invited answers [Invite].
type Invited struct {
	Type        string `json:"type" api:"invited,server"`
	Seq         uint64 `json:"seq"`
	Request     string `json:"request"`
	Invite      string `json:"invite"`
	ExpiresAtMs uint64 `json:"expires_at_ms"` // Unix time
}
