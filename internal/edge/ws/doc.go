// Package ws is where HTTP comes in and goes out: the files of the web app, and
// the WebSockets of the signaling.
//
// A request becomes a [Conn] if it names the subprotocol, comes from an allowed
// origin and there is place for it ([Server]). Its messages go to a [Receiver];
// what is sent to it waits in a bounded queue. A connection that waits costs one
// goroutine and 512 bytes of buffers.
//
//	socket -> read -> Receiver        Send -> queue -> write -> socket
//
// Addresses are those of the TCP connections: X-Forwarded-For could be set by
// anybody.
package ws
