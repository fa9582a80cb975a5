// Package web embeds the built web app into the binary. `make web` fills
// app/dist; without it the binary serves signaling and TURN, and says on its
// pages that the app was not built.
package web

import "embed"

// App is the built web app, below app/dist.
//
//go:embed all:app/dist
var App embed.FS
