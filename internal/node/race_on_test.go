//go:build race

package node

// raceDetector says that memory figures include the race detector's.
const raceDetector = true
