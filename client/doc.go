// Package client lets programs without a browser take part in a call: they enter a
// room, meet everybody in it directly, and exchange data with them over reliable
// channels that survive lost connections and restarts of the server.
//
//	call, err := client.Join(ctx, "https://meet.example.org/r/blue-room", client.Options{Name: "Robot"})
//	if err != nil { ... }
//	defer call.Leave()
//	chat, err := call.Channel("chat", client.ChannelOptions{}, func(m client.Message) { ... })
//	err = chat.SendText(ctx, client.Everybody, "hello")
//
// One goroutine owns a call's state: the session (session.go, no socket and no
// clock in it), and for each peer a link (link.go) with one connection at a time
// (connection.go). Data does not pass through it: streams.go. The protocol is
// docs/protocol.md; web/sdk is the same in TypeScript.
//
// A peer of this package sends and receives data, not media: its media sections
// are negotiated, so that browsers find what they expect, and stay inactive.
package client
