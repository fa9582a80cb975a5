package arch

import (
	"fmt"
	"sort"
	"strings"
)

// direction is one row of the table of who may import whom. Folders end in
// nothing: "internal/edge" stands for itself and all below it.
type direction struct {
	from string
	may  []string // of this module; from itself and the leaves go without saying
	why  string
}

// leaves may be imported by everybody below internal and cmd.
var leaves = []string{"internal/dgram", "internal/mono", "internal/invariant"}

// directions is section 2 of the design: cmd -> node -> planes -> leaves. The
// first row that fits a package is its rule.
var directions = []direction{
	{"api", nil,
		"the contract stands on nothing, so that a client can use it without the server"},
	{"client", []string{"api"},
		"the Go SDK is for other people's programs: it must not pull in the server"},
	{"web", nil,
		"the embedded app is data"},
	{"cmd", []string{"internal/node", "internal/config", "internal/obs", "internal/shell"},
		"main turns flags into a config and runs a node; it has no logic of its own"},
	{"internal/node", []string{"internal/edge", "internal/engine", "internal/control", "internal/cluster",
		"internal/record", "internal/config", "internal/obs", "internal/term", "api", "web"},
		"node is the only place where the planes meet"},
	{"internal/edge", []string{"internal/obs", "api"},
		"edge moves bytes and knows neither protocols nor people; node joins them"},
	{"internal/engine", nil,
		"engines are pure: they run under fake time, a simulated network and a fuzzer"},
	{"internal/control", []string{"internal/obs", "api"},
		"control knows people and rooms; sockets and protocols are handed to it by node"},
	{"internal/cluster", []string{"internal/obs", "api"},
		"a cluster is a bus, not a second place where planes meet"},
	{"internal/record", []string{"internal/obs", "api"},
		"a recorder is a subscriber; node hands it the packets"},
	{"internal/shell", []string{"client", "internal/config", "internal/term", "api"},
		"commands for people at a terminal are clients like any other program: they have nothing of the server"},
	{"internal/config", nil,
		"config is a leaf: packages own their Config, node fills them"},
	{"internal/obs", nil,
		"logs and metrics are a leaf"},
	{"internal", nil,
		"leaves stand on nothing"},
	{"test", []string{"."}, "tests may use everything"},
	{"bench", []string{"."}, "measurements may use everything"},
}

// kernelNetwork are the folders that may open sockets.
var kernelNetwork = []string{"internal/edge", "client", "test", "bench"}

// Imports checks the directions between the folders of this module.
func Imports(t *Tree) []string {
	var bad []string
	for _, f := range t.Go {
		if f.Test && f.Package != "cmd" { // a test may build the scene it needs
			continue
		}
		rule, ok := directionOf(f.Package)
		if !ok {
			bad = append(bad, fmt.Sprintf("%s: folder %q has no place in the layout: add a direction with a reason", f.Path, f.Package))
			continue
		}
		for _, spec := range f.AST.Imports {
			target, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), Module+"/")
			if !ok || mayImport(rule, target) {
				continue
			}
			bad = append(bad, fmt.Sprintf("%s imports %s, but %s", t.at(f, spec.Pos()), target, rule.why))
		}
	}
	sort.Strings(bad)
	return bad
}

func directionOf(folder string) (direction, bool) {
	for _, d := range directions {
		if within(folder, d.from) {
			return d, true
		}
	}
	return direction{}, false
}

func mayImport(rule direction, target string) bool {
	if within(target, "test") || within(target, "bench") {
		return rule.from == "test" || rule.from == "bench"
	}
	if within(target, "internal/node") && rule.from == "internal/node" {
		return true
	}
	if rule.from != "internal" && within(target, rule.from) {
		return true
	}
	if strings.HasPrefix(rule.from, "internal") || rule.from == "cmd" {
		for _, leaf := range leaves {
			if within(target, leaf) {
				return true
			}
		}
	}
	for _, m := range rule.may {
		if m == "." || within(target, m) {
			return true
		}
	}
	return false
}

// within says whether folder is top or lies below it.
func within(folder, top string) bool {
	return folder == top || strings.HasPrefix(folder, top+"/")
}
