//go:build linux

package load

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Report is a table of figures, each beside its floor.
type Report struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Machine string   `json:"machine"`
	Date    string   `json:"date"`
	Rows    []Figure `json:"rows"`
}

// Figure is one row.
type Figure struct {
	What  string  `json:"what"`
	Unit  string  `json:"unit"`
	Value Spread  `json:"value"`
	Floor *Spread `json:"floor,omitempty"`
	Ratio float64 `json:"ratio,omitempty"` // of the medians
}

// Spread tells how a figure came out over several runs.
type Spread struct {
	N      int     `json:"n"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	Max    float64 `json:"max"`
}

// SpreadOf sorts values and describes them.
func SpreadOf(values []float64) Spread {
	v := slices.Sorted(slices.Values(values))
	if len(v) == 0 {
		return Spread{}
	}
	median := v[len(v)/2]
	if len(v)%2 == 0 {
		median = (median + v[len(v)/2-1]) / 2
	}
	return Spread{N: len(v), Min: v[0], Median: median, P90: v[(len(v)*9+9)/10-1], Max: v[len(v)-1]}
}

// Add adds a row. floor may be nil.
func (r *Report) Add(what, unit string, values, floor []float64) {
	f := Figure{What: what, Unit: unit, Value: SpreadOf(values)}
	if len(floor) > 0 {
		s := SpreadOf(floor)
		f.Floor, f.Ratio = &s, f.Value.Median/s.Median
	}
	r.Rows = append(r.Rows, f)
	fmt.Println(f.line())
}

func (f *Figure) line() string {
	floor, ratio := "", ""
	if f.Floor != nil {
		floor, ratio = fmt.Sprintf("%.4g", f.Floor.Median), fmt.Sprintf("%.2f", f.Ratio)
	}
	return fmt.Sprintf("| %s | %s | %.4g | %.4g | %.4g-%.4g | %d | %s | %s |",
		f.What, f.Unit, f.Value.Median, f.Value.P90, f.Value.Min, f.Value.Max, f.Value.N, floor, ratio)
}

// Write stores the report as JSON and as a table, under its name and the date.
func (r *Report) Write(dir string) error {
	r.Date = time.Now().UTC().Format(time.DateOnly)
	r.Machine = fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	base := filepath.Join(dir, r.Date+"-"+r.Name)
	if err := os.WriteFile(base+".json", append(data, '\n'), 0o644); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, %s\n\n%s, %s\n\n", r.Name, r.Date, r.Version, r.Machine)
	b.WriteString("| what | unit | median | p90 | min-max | n | floor | ratio |\n|---|---|---|---|---|---|---|---|\n")
	for _, f := range r.Rows {
		b.WriteString(f.line() + "\n")
	}
	return os.WriteFile(base+".md", []byte(b.String()), 0o644)
}

// VersionOf asks a binary for its version.
func VersionOf(binary string) string {
	out, err := exec.Command(binary, "version").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
