package arch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

const maxServerModules = 20

const ledger = "docs/dependencies.md"

// Module and package names as they stand in docs/dependencies.md: the first cell
// of a row, in backquotes.
var ledgerRow = regexp.MustCompile("(?m)^\\|\\s*`([^`]+)`\\s*\\|\\s*(\\S.*?)\\s*\\|")

var requireLine = regexp.MustCompile(`(?m)^(?:require)?\s*([a-z0-9.-]+\.[a-z]+/\S+)\s+v\S+`)

// Modules checks the budget of dependencies: what the server imports directly,
// at most maxServerModules, and a line of reason for these, for what the tests
// import, and for each npm package.
func Modules(t *Tree) []string {
	var bad []string
	server, tests := directModules(t)
	if len(server) > maxServerModules {
		bad = append(bad, fmt.Sprintf("the server has %d direct dependencies, at most %d: %s",
			len(server), maxServerModules, strings.Join(server, " ")))
	}
	reasons := map[string]bool{}
	for _, m := range ledgerRow.FindAllStringSubmatch(string(t.Files[ledger]), -1) {
		reasons[m[1]] = true
	}
	wanted := append(append(server, tests...), npmPackages(t, &bad)...)
	for _, module := range wanted {
		if !reasons[module] {
			bad = append(bad, fmt.Sprintf("%s has no line with a reason for %s", ledger, module))
		}
		delete(reasons, module)
	}
	for module := range reasons {
		bad = append(bad, fmt.Sprintf("%s gives a reason for %s, which nothing imports", ledger, module))
	}
	sort.Strings(bad)
	return bad
}

// directModules returns the modules that the server imports, and those that only
// tests, measurements and generators do.
func directModules(t *Tree) (server, tests []string) {
	var required []string
	for _, m := range requireLine.FindAllStringSubmatch(string(t.Files["go.mod"]), -1) {
		required = append(required, m[1])
	}
	inServer, inTests := map[string]bool{}, map[string]bool{}
	for _, f := range t.Go {
		for _, spec := range f.AST.Imports {
			module := longestPrefix(strings.Trim(spec.Path.Value, `"`), required)
			if module == "" {
				continue
			}
			if f.Test || within(f.Package, "test") || within(f.Package, "bench") || within(f.Package, "client") {
				inTests[module] = true
			} else {
				inServer[module] = true
			}
		}
	}
	for module := range inServer {
		server = append(server, module)
		delete(inTests, module)
	}
	for module := range inTests {
		tests = append(tests, module)
	}
	sort.Strings(server)
	sort.Strings(tests)
	return server, tests
}

func longestPrefix(importPath string, modules []string) string {
	best := ""
	for _, m := range modules {
		if within(importPath, m) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

func npmPackages(t *Tree, bad *[]string) []string {
	seen := map[string]bool{}
	for _, name := range []string{"web/package.json", "web/sdk/package.json", "web/app/package.json"} {
		data, ok := t.Files[name]
		if !ok {
			continue
		}
		var manifest struct{ Dependencies, DevDependencies map[string]string }
		if err := json.Unmarshal(data, &manifest); err != nil {
			*bad = append(*bad, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		if name == "web/sdk/package.json" && len(manifest.Dependencies) > 0 {
			*bad = append(*bad, name+": the SDK has no runtime dependency")
		}
		for _, list := range []map[string]string{manifest.Dependencies, manifest.DevDependencies} {
			for dep, version := range list {
				if strings.HasPrefix(dep, "@parley/") {
					continue
				}
				seen[dep] = true
				if strings.ContainsAny(version, "^~*><") {
					*bad = append(*bad, fmt.Sprintf("%s: %s is not pinned: %s", name, dep, version))
				}
			}
		}
	}
	var all []string
	for dep := range seen {
		all = append(all, dep)
	}
	sort.Strings(all)
	return all
}
