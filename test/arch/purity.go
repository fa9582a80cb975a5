package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"sort"
	"strings"
)

// engineImports are the standard packages an engine must do without, and why.
// A name ending in / stands for all below it.
var engineImports = map[string]string{
	"net":         "addresses are net/netip; sockets belong to internal/edge",
	"net/":        "sockets belong to internal/edge",
	"os":          "files and the environment belong to cmd and internal/node",
	"os/":         "files and the environment belong to cmd and internal/node",
	"io/fs":       "files belong to cmd and internal/node",
	"log":         "an engine counts and reports events; node logs them",
	"log/":        "an engine counts and reports events; node logs them",
	"sync":        "one loop owns an engine, so there is nothing to lock",
	"sync/":       "one loop owns an engine, so there is nothing to lock",
	"math/rand":   "randomness is handed in, so that a seed repeats a run",
	"crypto/rand": "randomness is handed in, so that a seed repeats a run",
	"context":     "an engine never waits",
}

// engineImportsAllowed are the exceptions to engineImports.
var engineImportsAllowed = map[string]bool{"net/netip": true}

// impureEngines are adapters around a library that owns goroutines and clocks.
var impureEngines = []string{"internal/engine/dtls", "internal/engine/sctp"}

// clockCalls are the members of time that read the clock or wait.
var clockCalls = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
	"Tick": true, "NewTicker": true, "NewTimer": true,
}

// Purity checks that engines are functions of (now, bytes).
func Purity(t *Tree) []string {
	var bad []string
	for _, f := range t.Go {
		if f.Test || !within(f.Package, "internal/engine") || anyWithin(f.Package, impureEngines) {
			continue
		}
		for _, spec := range f.AST.Imports {
			if why := engineBan(strings.Trim(spec.Path.Value, `"`)); why != "" {
				bad = append(bad, fmt.Sprintf("%s imports %s, but %s", t.at(f, spec.Pos()), spec.Path.Value, why))
			}
		}
		calls(f.AST, "time", func(sel *ast.SelectorExpr) {
			if clockCalls[sel.Sel.Name] {
				bad = append(bad, fmt.Sprintf("%s uses time.%s, but an engine is handed the time", t.at(f, sel.Pos()), sel.Sel.Name))
			}
		})
		calls(f.AST, Module+"/internal/mono", func(sel *ast.SelectorExpr) {
			if sel.Sel.Name == "Now" {
				bad = append(bad, fmt.Sprintf("%s uses mono.Now, but an engine is handed the time", t.at(f, sel.Pos())))
			}
		})
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if s, ok := n.(*ast.GoStmt); ok {
				bad = append(bad, fmt.Sprintf("%s starts a goroutine, but one loop owns an engine", t.at(f, s.Pos())))
			}
			return true
		})
	}
	sort.Strings(bad)
	return bad
}

func engineBan(importPath string) string {
	if engineImportsAllowed[importPath] {
		return ""
	}
	for ban, why := range engineImports {
		if importPath == ban || strings.HasSuffix(ban, "/") && strings.HasPrefix(importPath, ban) {
			return why
		}
	}
	return ""
}

func anyWithin(folder string, tops []string) bool {
	for _, top := range tops {
		if within(folder, top) {
			return true
		}
	}
	return false
}

// socketCalls open a socket when they are members of package net.
var socketCalls = regexp.MustCompile(`^(Listen([A-Z].*)?$|Dial|FileListener|FilePacketConn)`)

// socketsAllowed are the files that use a socket call without opening a way for
// bytes.
var socketsAllowed = map[string]string{
	"internal/node/addresses.go": "a connected UDP socket that sends nothing tells which address the default route has",
	"internal/node/relays.go":    "the same, for the route to a given address",
}

// Sockets checks that only internal/edge opens sockets.
func Sockets(t *Tree) []string {
	var bad []string
	for _, f := range t.Go {
		if f.Test || anyWithin(f.Package, kernelNetwork) || socketsAllowed[f.Path] != "" {
			continue
		}
		calls(f.AST, "net", func(sel *ast.SelectorExpr) {
			if socketCalls.MatchString(sel.Sel.Name) {
				bad = append(bad, fmt.Sprintf("%s uses net.%s, but only internal/edge opens sockets", t.at(f, sel.Pos()), sel.Sel.Name))
			}
		})
	}
	sort.Strings(bad)
	return bad
}

var (
	todo       = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	todoIssued = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\(#[0-9]+\)`)
)

// Promises finds notes about work to be done that no issue stands behind.
func Promises(t *Tree) []string {
	var bad []string
	for name, data := range t.Files {
		if !isSource(name) || within(name, "test/arch") {
			continue
		}
		for i, line := range strings.Split(string(data), "\n") {
			if todo.MatchString(line) && !todoIssued.MatchString(line) {
				bad = append(bad, fmt.Sprintf("%s:%d promises work without the number of an issue, as in %s(#12)",
					name, i+1, todo.FindString(line)))
			}
		}
	}
	sort.Strings(bad)
	return bad
}

// PackageDocs checks that each package says what it is for.
func PackageDocs(t *Tree) []string {
	documented := map[string]bool{}
	first := map[string]token.Pos{}
	files := map[string]*GoFile{}
	for _, f := range t.Go {
		if f.Test && !onlyTests(t, f.Package) {
			continue
		}
		key := f.Package
		if _, seen := first[key]; !seen {
			first[key], files[key] = f.AST.Package, f
		}
		if f.AST.Doc != nil && strings.HasPrefix(f.AST.Doc.Text(), docStart(f)) {
			documented[key] = true
		}
	}
	var bad []string
	for key, f := range files {
		if !documented[key] {
			bad = append(bad, fmt.Sprintf("%s: package %s has no comment that begins with %q", key, f.AST.Name.Name, docStart(f)))
		}
	}
	sort.Strings(bad)
	return bad
}

func docStart(f *GoFile) string {
	if f.AST.Name.Name == "main" {
		return "Command "
	}
	return "Package " + strings.TrimSuffix(f.AST.Name.Name, "_test") + " "
}

func onlyTests(t *Tree, folder string) bool {
	for _, f := range t.Go {
		if f.Package == folder && !f.Test {
			return false
		}
	}
	return true
}
