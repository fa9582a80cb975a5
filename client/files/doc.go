// Package files offers and takes files over a call, as docs/protocol.md says in its
// section on files: the receiver asks, a window at a time, each piece of 1 MiB is
// verified, and a transfer goes on where it was after either side was away.
//
// A [Share] does both directions. What is received goes to NAME.part, and
// NAME.part.json keeps the hashes of the pieces that are there; NAME itself appears
// when all of it is. Nothing that exists is written over.
//
//	wire.go      the messages
//	names.go     names that others chose
//	offer.go     what is offered
//	deliver.go   sending pieces to one receiver
//	receive.go   taking them
//	part.go      the file that is not complete yet
package files
