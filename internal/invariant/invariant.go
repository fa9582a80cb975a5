// Package invariant stops the program where one of its own assumptions turns
// out false. It is for mistakes of ours, never for what a peer sends.
package invariant

import "fmt"

// Check panics with the formatted message unless ok.
func Check(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("invariant broken: "+format, args...))
	}
}
