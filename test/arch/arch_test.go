package arch

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-rtc/parley/internal/config"
)

// exceptionsMax is the length of exceptions.txt. It only ever goes down.
const exceptionsMax = 0

var repository = sync.OnceValues(func() (*Tree, error) { return Load(os.DirFS("../..")) })

func tree(t *testing.T) *Tree {
	t.Helper()
	tree, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Go) == 0 {
		t.Fatal("found no Go file")
	}
	return tree
}

func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

func TestImportDirections(t *testing.T)      { report(t, Imports(tree(t))) }
func TestEnginesArePure(t *testing.T)        { report(t, Purity(tree(t))) }
func TestOnlyEdgeOpensSockets(t *testing.T)  { report(t, Sockets(tree(t))) }
func TestTestsDoNotSleep(t *testing.T)       { report(t, Sleeps(tree(t))) }
func TestPromisesHaveIssues(t *testing.T)    { report(t, Promises(tree(t))) }
func TestPackagesAreDocumented(t *testing.T) { report(t, PackageDocs(tree(t))) }
func TestLinksLeadSomewhere(t *testing.T)    { report(t, Links(tree(t))) }
func TestReadmeIsAFrontPage(t *testing.T)    { report(t, Readme(tree(t))) }
func TestConformanceNamesItsTests(t *testing.T) {
	for _, name := range conformance {
		if tree(t).Files[name] == nil {
			t.Errorf("%s is gone", name)
		}
	}
	report(t, Conformance(tree(t)))
}
func TestDependencyBudget(t *testing.T) { report(t, Modules(tree(t))) }

func TestSizes(t *testing.T) {
	data, err := os.ReadFile("exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	exceptions, err := ParseExceptions(data)
	if err != nil {
		t.Fatalf("exceptions.txt: %v", err)
	}
	if len(exceptions) != exceptionsMax {
		t.Errorf("exceptions.txt has %d lines, exceptionsMax is %d: the list may only shrink, and the constant with it",
			len(exceptions), exceptionsMax)
	}
	report(t, Ratchet(Oversized(tree(t)), exceptions))
}

// TestNamesInDocumentsExist takes flags and variables from the configuration and
// the rest from the sources.
func TestNamesInDocumentsExist(t *testing.T) {
	names := documentedNames(t)
	report(t, CodeNames(tree(t), names))
	for metric := range names.Metrics {
		if !bytes.Contains(tree(t).Files["docs/operating.md"], []byte("`"+metric+"`")) {
			t.Errorf("docs/operating.md does not explain the metric %s", metric)
		}
		if turnMetric.MatchString(metric) && !bytes.Contains(tree(t).Files["docs/operations/grafana-turn.json"], []byte(metric+"{")) {
			t.Errorf("docs/operations/grafana-turn.json does not show the metric %s", metric)
		}
	}
}

// turnMetric is what the dashboard of the TURN server has to show.
var turnMetric = regexp.MustCompile(`^parley_(turn|stream|offload)_`)

func documentedNames(t *testing.T) Names {
	t.Helper()
	names := Names{Flags: map[string]bool{"--help": true}, Env: map[string]bool{}}
	for _, command := range slices.Concat(commands, turnCommands, []reflect.Type{reflect.TypeFor[config.Serve](), reflect.TypeFor[config.Turn]()}) {
		for _, field := range reflect.VisibleFields(command) {
			names.Flags["--"+field.Tag.Get("name")] = true
			names.Env[field.Tag.Get("env")] = true
		}
	}
	tree(t).Collect(&names)
	return names
}

// turnCommands are those of parley turn ctl.
var turnCommands = []reflect.Type{
	reflect.TypeFor[config.TurnCtl](), reflect.TypeFor[config.TurnSessions](), reflect.TypeFor[config.TurnKill](), reflect.TypeFor[config.TurnDrain](),
}

// TestSettingsAreDocumented wants a row for each setting of a server, with its flag,
// variable, key and default.
func TestSettingsAreDocumented(t *testing.T) {
	settingsRows(t, "docs/operating.md", reflect.TypeFor[config.Serve]())
	settingsRows(t, "docs/turn-server.md", reflect.TypeFor[config.Turn]())
	for _, command := range turnCommands {
		for _, field := range reflect.VisibleFields(command) {
			if _, argument := field.Tag.Lookup("arg"); !argument && !bytes.Contains(tree(t).Files["docs/turn-server.md"], []byte("`--"+field.Tag.Get("name")+"`")) {
				t.Errorf("docs/turn-server.md does not explain --%s of parley turn ctl", field.Tag.Get("name"))
			}
		}
	}
}

func settingsRows(t *testing.T, name string, fields reflect.Type) {
	t.Helper()
	text := tree(t).Files[name]
	for _, field := range reflect.VisibleFields(fields) {
		if field.Anonymous {
			continue
		}
		tag := field.Tag
		key, value := "`"+tag.Get("yaml")+"`", "`"+tag.Get("default")+"`"
		if tag.Get("yaml") == "-" {
			key = "none"
		}
		if tag.Get("default") == "" {
			value = "none"
		}
		row := fmt.Sprintf("| `--%s` | `%s` | %s | %s | ", tag.Get("name"), tag.Get("env"), key, value)
		if bytes.Count(text, []byte(row)) != 1 {
			t.Errorf("%s wants one row that begins with\n%s", name, row)
		}
	}
}

// commands are those for people at a terminal.
var commands = []reflect.Type{reflect.TypeFor[config.Send](), reflect.TypeFor[config.Get](), reflect.TypeFor[config.Doctor]()}

// TestCommandsAreDocumented wants a row in docs/cli.md for each flag of a command,
// with its variable and default.
func TestCommandsAreDocumented(t *testing.T) {
	text := tree(t).Files["docs/cli.md"]
	for _, command := range commands {
		for _, field := range reflect.VisibleFields(command) {
			tag := field.Tag
			value := "`" + tag.Get("default") + "`"
			if tag.Get("default") == "" {
				value = "none"
			}
			row := fmt.Sprintf("| `--%s` | `%s` | %s | ", tag.Get("name"), tag.Get("env"), value)
			if tag.Get("env") != "" && bytes.Count(text, []byte(row)) == 0 {
				t.Errorf("docs/cli.md wants a row for parley %s that begins with\n%s", strings.ToLower(command.Name()), row)
			}
		}
	}
}
