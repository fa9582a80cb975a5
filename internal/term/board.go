package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Row is something that goes on: a transfer.
type Row struct {
	Key         string // tells rows apart
	Name        string
	Done, Total int64
	Note        string // instead of speed and time left
	Final       bool   // it is over: the row stays as it is, and a line tells of it
}

// Board shows rows: on a terminal as bars that move, elsewhere as a line at the
// start, at each quarter and at the end.
type Board struct {
	w        io.Writer
	terminal bool
	columns  int

	mu    sync.Mutex
	drawn int // lines below which the cursor stands
	rates map[string]*Rate
	told  map[string]int64 // quarters
	ended map[string]bool
}

const barWidth = 24

// NewBoard writes to w.
func NewBoard(w io.Writer) *Board {
	return &Board{
		w: w, terminal: IsTerminal(w), columns: columns(w), rates: map[string]*Rate{}, told: map[string]int64{}, ended: map[string]bool{},
	}
}

// Line writes a line above the bars.
func (b *Board) Line(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	_, _ = fmt.Fprintf(b.w, format+"\n", args...)
}

// Show draws the rows as they are now.
func (b *Board) Show(now time.Time, rows []Row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.terminal {
		for _, r := range rows {
			b.plain(now, r)
		}
		return
	}
	b.erase()
	var open []string
	for _, r := range rows {
		switch {
		case !r.Final:
			open = append(open, b.bar(now, r))
		case !b.ended[r.Key]:
			_, _ = fmt.Fprintln(b.w, r.Name+"  "+r.Note)
			b.forget(r.Key)
		}
	}
	for _, line := range open {
		_, _ = fmt.Fprintln(b.w, line)
	}
	b.drawn = len(open)
}

func (b *Board) erase() {
	if b.drawn > 0 {
		_, _ = fmt.Fprintf(b.w, "\x1b[%dA\x1b[J", b.drawn)
		b.drawn = 0
	}
}

func (b *Board) forget(key string) {
	b.ended[key] = true
	delete(b.rates, key)
	delete(b.told, key)
}

func (b *Board) rate(now time.Time, r Row) *Rate {
	rate := b.rates[r.Key]
	if rate == nil {
		rate = &Rate{}
		b.rates[r.Key] = rate
	}
	rate.Add(now, r.Done)
	delete(b.ended, r.Key)
	return rate
}

func (b *Board) plain(now time.Time, r Row) {
	if r.Final {
		if !b.ended[r.Key] {
			_, _ = fmt.Fprintf(b.w, "%s: %s\n", r.Name, r.Note)
			b.forget(r.Key)
		}
		return
	}
	rate := b.rate(now, r)
	quarter := int64(1)
	if r.Total > 0 {
		quarter += 4 * r.Done / r.Total
	}
	if b.told[r.Key] >= quarter {
		return
	}
	b.told[r.Key] = quarter
	_, _ = fmt.Fprintf(b.w, "%s: %s\n", r.Name, describe(r, rate))
}

func (b *Board) bar(now time.Time, r Row) string {
	rate := b.rate(now, r)
	filled := 0
	if r.Total > 0 {
		filled = int(barWidth * r.Done / r.Total)
	}
	state := fmt.Sprintf(" [%s%s] %s", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), describe(r, rate))
	return fit(r.Name, max(8, b.columns-1-utf8.RuneCountInString(state))) + state
}

func describe(r Row, rate *Rate) string {
	percent := int64(100)
	if r.Total > 0 {
		percent = 100 * r.Done / r.Total
	}
	text := fmt.Sprintf("%3d %% of %s", percent, Bytes(float64(r.Total)))
	speed := rate.PerSecond()
	switch {
	case r.Note != "":
		return text + ", " + r.Note
	case speed > 0:
		left := time.Duration(float64(r.Total-r.Done) / speed * float64(time.Second))
		return text + fmt.Sprintf(", %s/s, %s left", Bytes(speed), Duration(left))
	}
	return text
}

// fit pads or shortens a name in its middle.
func fit(name string, width int) string {
	runes := []rune(name)
	if len(runes) <= width {
		return name + strings.Repeat(" ", min(width-len(runes), max(0, 32-len(runes))))
	}
	head := (width - 1) / 2
	return string(runes[:head]) + "…" + string(runes[len(runes)-(width-1-head):])
}
