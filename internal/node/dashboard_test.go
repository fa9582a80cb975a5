package node

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// dashboard is as much of a Grafana dashboard as the test looks at.
type dashboard struct {
	Panels []struct {
		ID      int
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, LegendFormat string }
	}
}

var (
	shownMetric = regexp.MustCompile(`\b((?:parley|process|go)_[a-z0-9_]+)\{`)
	shownLabels = regexp.MustCompile(`by \(([a-z, ]+)\)`)
	legendLabel = regexp.MustCompile(`\{\{([a-z]+)\}\}`)
)

// TestDashboardShowsWhatIsThere holds docs/operations/grafana-turn.json against the
// metrics of a running server: it asks for nothing that is not there, by no label
// that is not there, and leaves none of the TURN metrics out.
func TestDashboardShowsWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations/grafana-turn.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	c := turnConfig(t)
	c.AuthURL = "http://127.0.0.1:9/" // what is counted of it is there only where it is asked
	w := startTurn(t, c)
	metrics := w.metrics()
	shown, ids := map[string]bool{}, map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q has no place of its own", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			labels := append(shownLabels.FindAllStringSubmatch(target.Expr, -1), legendLabel.FindAllStringSubmatch(target.LegendFormat, -1)...)
			names := shownMetric.FindAllStringSubmatch(target.Expr, -1)
			if len(names) == 0 {
				t.Errorf("panel %q asks for nothing: %s", p.Title, target.Expr)
			}
			for _, name := range names {
				shown[name[1]] = true
				expectMetric(t, metrics, p.Title, name[1], labels)
			}
		}
	}
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (parley_(?:turn|stream|offload)_\S+)`).FindAllStringSubmatch(metrics, -1) {
		if !shown[found[1]] {
			t.Errorf("the dashboard does not show %s", found[1])
		}
	}
}

func expectMetric(t *testing.T, body, panel, name string, labels [][]string) {
	t.Helper()
	samples := regexp.MustCompile(`(?m)^`+name+`(\{.*\})? `).FindAllString(body, -1)
	if !strings.Contains(body, "# TYPE "+name+" ") || len(samples) == 0 {
		t.Errorf("panel %q asks for %s, which is not there", panel, name)
		return
	}
	for _, found := range labels {
		for label := range strings.SplitSeq(found[1], ", ") {
			if label != "instance" && !strings.Contains(samples[0], label+"=") { // Prometheus adds that one
				t.Errorf("panel %q asks for %s by %s, which it does not have", panel, name, label)
			}
		}
	}
}
