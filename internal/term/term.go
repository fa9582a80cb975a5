// Package term draws for people at a terminal: QR codes, and lines that show how
// far something is.
package term

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"rsc.io/qr"
)

// IsTerminal says whether somebody looks at what is written to w.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// WriteQR draws the QR code of a text on a terminal; elsewhere it draws nothing.
func WriteQR(w io.Writer, text string) {
	if code, err := qr.Encode(text, qr.L); err == nil && IsTerminal(w) {
		_, _ = io.WriteString(w, DrawQR(code))
	}
}

// DrawQR draws two rows of modules per line with half blocks, light on dark, with
// the quiet zone of four modules that scanners need.
func DrawQR(code *qr.Code) string {
	const quiet = 4
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString("  ")
		for x := -quiet; x < code.Size+quiet; x++ {
			switch top, bottom := code.Black(x, y), code.Black(x, y+1); {
			case !top && !bottom:
				b.WriteString("█")
			case !top:
				b.WriteString("▀")
			case !bottom:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\n")
	}
	return b.String() + "\n"
}

// Bytes writes an amount of data for people.
func Bytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return amount(n, unit)
		}
		n /= 1000
	}
	return amount(n, "TB")
}

func amount(n float64, unit string) string {
	if unit == "B" || n >= 100 {
		return fmt.Sprintf("%.0f %s", n, unit)
	}
	return fmt.Sprintf("%.1f %s", n, unit)
}

// Duration writes a time that is left for people.
func Duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}

// Rate is how fast something has gone of late.
type Rate struct {
	at    []time.Time
	value []int64
}

const (
	rateWindow  = 5 * time.Second
	rateSamples = 64
)

// Add tells how far it is now.
func (r *Rate) Add(now time.Time, value int64) {
	if n := len(r.at); n > 0 && (now.Sub(r.at[n-1]) < rateWindow/rateSamples) {
		return
	}
	r.at, r.value = append(r.at, now), append(r.value, value)
	for len(r.at) > 2 && now.Sub(r.at[0]) > rateWindow {
		r.at, r.value = r.at[1:], r.value[1:]
	}
}

// PerSecond returns the speed; 0 while it is not known.
func (r *Rate) PerSecond() float64 {
	n := len(r.at)
	if n < 2 {
		return 0
	}
	span := r.at[n-1].Sub(r.at[0]).Seconds()
	if span <= 0 {
		return 0
	}
	return max(0, float64(r.value[n-1]-r.value[0])/span)
}
