package arch

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// rule runs one rule; names is used by CodeNames alone.
type rule func(*Tree) []string

func codeNames(t *Tree) []string {
	names := Names{Flags: map[string]bool{"--http": true}, Env: map[string]bool{"PARLEY_HTTP": true}}
	t.Collect(&names)
	return CodeNames(t, names)
}

func sizes(t *Tree) []string { return Ratchet(Oversized(t), nil) }

const module = `"` + Module + `/`

var long = "package x\n\nfunc F() {\n" + strings.Repeat("\tprintln()\n", maxFunctionLines) + "}\n"

// bubbled has two functions that sleep, one by way of the other.
const bubbled = "package node\nimport (\"testing\";\"testing/synctest\";\"time\")\n" +
	"func a() { b(); a() }\nfunc b() { time.Sleep(1) }\n"

// ruleCases shows each rule a file that it must pass and one that breaks it.
var ruleCases = []struct {
	name string
	rule rule
	path string // of the file that is right or wrong
	good string
	bad  string
	want string // part of the complaint about bad
}{
	{"edge does not import engine", Imports, "internal/edge/udp/x.go",
		"package udp\nimport " + module + "internal/dgram\"", "package udp\nimport " + module + "internal/engine/stun\"", "node joins them"},
	{"control does not import edge", Imports, "internal/control/room/x.go",
		"package room\nimport " + module + "api\"", "package room\nimport " + module + "internal/edge/ws\"", "handed to it by node"},
	{"engine does not import obs", Imports, "internal/engine/turn/x.go",
		"package turn\nimport " + module + "internal/engine/stun\"", "package turn\nimport " + module + "internal/obs\"", "engines are pure"},
	{"only cmd imports node", Imports, "internal/cluster/x.go",
		"package cluster\nimport " + module + "internal/mono\"", "package cluster\nimport " + module + "internal/node\"", "a cluster is a bus"},
	{"cmd imports no plane", Imports, "cmd/parley/x.go",
		"package main\nimport " + module + "internal/node\"", "package main\nimport " + module + "internal/engine/turn\"", "no logic"},
	{"api stands alone", Imports, "api/x.go",
		"package api\nimport \"net/netip\"", "package api\nimport " + module + "internal/mono\"", "stands on nothing"},
	{"leaves stand alone", Imports, "internal/config/x.go",
		"package config\nimport " + module + "internal/mono\"", "package config\nimport " + module + "internal/control/signal\"", "config is a leaf"},
	{"production does not import tests", Imports, "internal/node/x.go",
		"package node\nimport " + module + "web\"", "package node\nimport " + module + "test/lab\"", "planes meet"},
	{"folders have a place", Imports, "internal/node/x.go",
		"package node", "", ""},
	{"engine without net", Purity, "internal/engine/stun/x.go",
		"package stun\nimport \"net/netip\"", "package stun\nimport \"net\"", "sockets belong"},
	{"engine without sync", Purity, "internal/engine/stun/x.go",
		"package stun\nimport \"bytes\"", "package stun\nimport \"sync/atomic\"", "nothing to lock"},
	{"engine without log", Purity, "internal/engine/stun/x.go",
		"package stun\nimport \"errors\"", "package stun\nimport \"log/slog\"", "node logs them"},
	{"engine without clock", Purity, "internal/engine/stun/x.go",
		"package stun\nimport \"time\"\nvar d = time.Second", "package stun\nimport \"time\"\nvar d = time.Now()", "handed the time"},
	{"engine without mono.Now", Purity, "internal/engine/stun/x.go",
		"package stun\nimport " + module + "internal/mono\"\nvar d mono.Time", "package stun\nimport " + module + "internal/mono\"\nvar d = mono.Now()", "handed the time"},
	{"engine without goroutines", Purity, "internal/engine/stun/x.go",
		"package stun\nfunc f() { f() }", "package stun\nfunc f() { go f() }", "one loop owns"},
	{"dtls is an adapter", Purity, "internal/engine/dtls/x.go",
		"package dtls\nimport \"sync\"", "", ""},
	{"sockets in edge", Sockets, "internal/node/x.go",
		"package node\nimport \"net\"\nvar a net.Addr", "package node\nimport \"net\"\nvar l, _ = net.Listen(\"tcp\", \"\")", "only internal/edge"},
	{"tests do not sleep", Sleeps, "internal/node/x_test.go",
		"package node\nimport (\"testing\";\"testing/synctest\";\"time\")\nfunc TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { time.Sleep(1) }) }",
		"package node\nimport \"time\"\nfunc TestX() { time.Sleep(1) }", "poll for a condition"},
	{"helpers of bubbles may sleep", Sleeps, "internal/node/x_test.go",
		bubbled + "func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { a() }) }",
		bubbled + "func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { a() }) }\nfunc TestY(*testing.T) { a() }", "poll for a condition"},
	{"renamed import sleeps too", Sleeps, "test/lab/x.go",
		"package lab\nimport clock \"time\"\nvar d = clock.Second", "package lab\nimport clock \"time\"\nfunc f() { clock.Sleep(1) }", "poll for a condition"},
	{"promises", Promises, "internal/node/x.go",
		"package node // TODO(#7): more", "package node // TODO: more", "without the number"},
	{"promises in scripts", Promises, "web/app/src/x.ts",
		"export {}", "// FIXME later", "without the number"},
	{"package docs", PackageDocs, "internal/node/x.go",
		"// Package node joins.\npackage node", "// This is it.\npackage node", "Package node "},
	{"command docs", PackageDocs, "cmd/parley/main.go",
		"// Command parley serves.\npackage main", "package main", "Command "},
	{"function size", sizes, "internal/node/x.go",
		strings.Replace(long, "\tprintln()\n", "", 3), long, "function internal/node/x.go:F"},
	{"file size", sizes, "web/sdk/src/x.ts",
		strings.Repeat("x\n", maxFileLines), strings.Repeat("x\n", maxFileLines+1), "file web/sdk/src/x.ts"},
	{"generated files may be long", sizes, "web/sdk/src/y.ts",
		"// Code generated by x; DO NOT EDIT.\n" + strings.Repeat("x\n", maxFileLines+1), "", ""},
	{"interface size", sizes, "internal/node/x.go",
		"package x\ntype I interface { A(); B(); C(); D(); E() }", "package x\ntype I interface { A(); B(); C(); D(); E(); F() }", "interface"},
	{"struct size", sizes, "internal/node/x.go",
		"package x\ntype S struct { " + strings.Repeat("_ int;", maxStructFields) + "}",
		"package x\ntype S struct { " + strings.Repeat("_, _ int;", maxStructFields) + "}", "struct"},
	{"links to files", Links, "docs/x.md",
		"[a](../README.md) [b](https://example.org)", "[a](README.md)", "does not exist"},
	{"links to headings", Links, "docs/x.md",
		"# The `one`, here\n[a](#the-one-here)", "# One\n[a](#two)", "no such heading"},
	{"links in fences do not count", Links, "docs/x.md",
		"```\n[a](nowhere.md)\n```", "", ""},
	{"paths in documents", codeNames, "docs/x.md",
		"`cmd/parley/main.go` and `cmd/*` and `cmd/{parley}/`", "`internal/nowhere`", "internal/nowhere"},
	{"flags in documents", codeNames, "docs/x.md",
		"`--http`", "`--htpt :80`", "--htpt"},
	{"flags in commands", codeNames, "docs/x.md",
		"```\nparley serve --http :80\ncurl --insecure\n```", "```\nparley serve --htpt :80\n```", "--htpt"},
	{"environment in documents", codeNames, "docs/x.md",
		"`PARLEY_HTTP=:80`", "`PARLEY_HTPT`", "PARLEY_HTPT"},
	{"metrics in documents", codeNames, "docs/x.md",
		"`parley_rooms`", "`parley_roams`", "parley_roams"},
	{"symbols in documents", codeNames, "docs/x.md",
		"`main.Good`", "`main.Bad`", "main.Bad"},
	{"conformance names tests that exist", Conformance, "docs/turn.md",
		"| section | what | test |\n|---|---|---|\n| 1 | a | `TestA` |\n\n`TestTranscripts/b`", "| section | what | test |\n|---|---|---|\n| 1 | a | `TestC` |", "TestC"},
	{"conformance names scripts that exist", Conformance, "docs/turn.md",
		"`TestTranscripts/b` and `Testing`", "`TestTranscripts/c`", "TestTranscripts/c"},
	{"conformance has a test in each row", Conformance, "docs/turn.md",
		"| section | what |\n|---|---|\n| 1 | a |", "| section | what | test |\n|---|---|---|\n| 1 | a | later |", "without a test"},
	{"readme size", Readme, "README.md",
		strings.Repeat("x\n", maxReadmeLines), strings.Repeat("x\n", maxReadmeLines+1), "at most"},
	{"dependencies have reasons", Modules, "internal/node/x.go",
		"package node\nimport \"example.org/known/pkg\"", "package node\nimport (\"example.org/known\";\"example.org/unknown/pkg\")", "example.org/unknown"},
	{"reasons have dependencies", Modules, "internal/node/x.go",
		"package node\nimport \"example.org/known\"", "package node", "nothing imports"},
	{"npm packages are pinned", Modules, "web/package.json",
		"{}", `{"devDependencies":{"esbuild":"^0.28.0"}}`, "not pinned"},
	{"the SDK has no dependency", Modules, "web/sdk/package.json",
		"{}", `{"dependencies":{"lit":"3.0.0"}}`, "no runtime dependency"},
}

func TestRules(t *testing.T) {
	for _, c := range ruleCases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.rule(scene(t, c.path, c.good)); len(got) != 0 {
				t.Errorf("complains about what is right: %q", got)
			}
			if c.bad == "" {
				return
			}
			if got := strings.Join(c.rule(scene(t, c.path, c.bad)), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want a complaint with %q", got, c.want)
			}
		})
	}
}

// scene is a small tree that keeps all rules, and one more file.
func scene(t *testing.T, name, content string) *Tree {
	t.Helper()
	fsys := fstest.MapFS{
		"README.md":                    {Data: []byte("# Readme\n")},
		"go.mod":                       {Data: []byte("module x\n\nrequire (\n\texample.org/known v1.0.0\n\texample.org/unknown v1.0.0\n)\n")},
		"docs/dependencies.md":         {Data: []byte("| module | why |\n|---|---|\n| `example.org/known` | because |\n")},
		"cmd/parley/main.go":           {Data: []byte("// Command parley is here.\npackage main\n\nvar Good = describe(\"rooms\")\n")},
		"internal/node/x_test.go":      {Data: []byte("package node\n\nfunc TestA() {}\n\nfunc TestTranscripts() {}\n")},
		"internal/node/testdata/b.txt": {Data: []byte("script")},
		"internal/node/known.go":       {Data: []byte("// Package node is here.\npackage node\n")},
	}
	if name != "internal/node/x.go" {
		fsys["internal/node/x.go"] = &fstest.MapFile{Data: []byte("package node\n\nimport _ \"example.org/known\"\n")}
	}
	if name == "internal/node/x.go" && strings.Contains(content, "ackage node") {
		delete(fsys, "internal/node/known.go")
	}
	maps.Copy(fsys, fstest.MapFS{name: {Data: []byte(content)}})
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestFoldersWithoutAPlace(t *testing.T) {
	got := strings.Join(Imports(scene(t, "stray/x.go", "package stray")), "\n")
	if !strings.Contains(got, "no place in the layout") {
		t.Errorf("got %q", got)
	}
}

func TestModuleBudget(t *testing.T) {
	fsys := fstest.MapFS{}
	mod, src, why := "module x\n\nrequire (\n", "package node\n\nimport (\n", ""
	for i := range maxServerModules + 1 {
		name := "example.org/m" + string(rune('a'+i))
		mod += "\t" + name + " v1.0.0\n"
		src += "\t_ \"" + name + "\"\n"
		why += "| `" + name + "` | because |\n"
	}
	fsys["go.mod"] = &fstest.MapFile{Data: []byte(mod + ")\n")}
	fsys["internal/node/x.go"] = &fstest.MapFile{Data: []byte(src + ")\n")}
	fsys[ledger] = &fstest.MapFile{Data: []byte(why)}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(Modules(tree), "\n"); !strings.Contains(got, "at most 20") {
		t.Errorf("got %q", got)
	}
}

// TestRatchet holds exceptions to the very size, so that the list shrinks with
// the code.
func TestRatchet(t *testing.T) {
	over := []Size{{"function", "a.go:F", 80, 70}}
	for _, c := range []struct {
		name, exceptions, want string
	}{
		{"listed", "function a.go:F 80 a table", ""},
		{"not listed", "", "80, at most 70"},
		{"grew", "function a.go:F 75 a table", "grew from 75 to 80"},
		{"shrank", "function a.go:F 90 a table", "shrank from 90 to 80"},
		{"stale", "function a.go:F 80 a table\nfunction a.go:G 80 a table", "stale"},
		{"twice", "function a.go:F 80 a table\nfunction a.go:F 80 a table", "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			exceptions, err := ParseExceptions([]byte("# comment\n\n" + c.exceptions))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(Ratchet(over, exceptions), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for _, line := range []string{"function a.go:F 80", "function a.go:F eighty a reason"} {
		if _, err := ParseExceptions([]byte(line)); err == nil {
			t.Errorf("%q was taken for an exception", line)
		}
	}
}
