package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

const maxReadmeLines = 120

// Names is what documents may call by name.
type Names struct {
	Flags   map[string]bool // with the dashes: "--http"
	Env     map[string]bool // "PARLEY_HTTP"
	Metrics map[string]bool // "parley_rooms"
	Symbols map[string]bool // "api.Hello", "mono.Now"
}

var (
	fence        = regexp.MustCompile("^\\s*(```|~~~)")
	heading      = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	markdownLink = regexp.MustCompile(`\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)`)
	codeSpan     = regexp.MustCompile("`([^`]+)`")
	anchorDrop   = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`)
	pathName     = regexp.MustCompile(`^(?:internal|api|client|cmd|web|test|bench|docs|scripts)/[A-Za-z0-9_./*{},-]*$`)
	flagName     = regexp.MustCompile(`(?:^|\s)(--[a-z][a-z0-9-]*)`)
	envName      = regexp.MustCompile(`\bPARLEY_[A-Z0-9_]+`)
	metricName   = regexp.MustCompile(`\bparley_[a-z0-9_]+`)
	symbolName   = regexp.MustCompile(`^([a-z][a-z0-9]*)\.([A-Z][A-Za-z0-9]*)(?:\(.*\))?$`)
	serveLine    = regexp.MustCompile(`\bparley (?:serve|turn|send|get|doctor|version)\b`)
)

// document is a Markdown file taken apart.
type document struct {
	name    string
	links   []mark
	spans   []mark // inline code
	fenced  []mark // lines of code blocks
	anchors map[string]bool
	lines   int
}

type mark struct {
	text string
	line int
}

func parseDocument(name, text string) document {
	d := document{name: name, anchors: map[string]bool{}, lines: strings.Count(text, "\n")}
	inFence := false
	seen := map[string]int{}
	for i, line := range strings.Split(text, "\n") {
		if fence.MatchString(line) {
			inFence = !inFence
			continue
		}
		if inFence {
			d.fenced = append(d.fenced, mark{line, i + 1})
			continue
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			slug := anchorOf(m[1])
			if n := seen[slug]; n > 0 {
				d.anchors[slug+"-"+strconv.Itoa(n)] = true
			} else {
				d.anchors[slug] = true
			}
			seen[slug]++
		}
		for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
			d.spans = append(d.spans, mark{m[1], i + 1})
		}
		for _, m := range markdownLink.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, "code"), -1) {
			d.links = append(d.links, mark{m[1], i + 1})
		}
	}
	return d
}

// anchorOf is the anchor that a heading gets where Markdown is commonly shown.
func anchorOf(title string) string {
	title = markdownLink.ReplaceAllString(title, "]")
	title = anchorDrop.ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(strings.TrimSpace(title), " ", "-")
}

func documents(t *Tree) map[string]document {
	docs := map[string]document{}
	for name, data := range t.Files {
		if path.Ext(name) == ".md" {
			docs[name] = parseDocument(name, string(data))
		}
	}
	return docs
}

// Links checks that every link to a file or a heading of the project leads somewhere.
func Links(t *Tree) []string {
	var bad []string
	docs := documents(t)
	for name, d := range docs {
		for _, link := range d.links {
			if strings.Contains(link.text, "://") || strings.HasPrefix(link.text, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(link.text, "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if _, ok := t.Files[target]; !ok && !t.Dirs[target] {
				bad = append(bad, fmt.Sprintf("%s:%d links to %s, which does not exist", name, link.line, link.text))
				continue
			}
			if anchor != "" && !docs[target].anchors[anchor] {
				bad = append(bad, fmt.Sprintf("%s:%d links to %s, but there is no such heading", name, link.line, link.text))
			}
		}
	}
	sort.Strings(bad)
	return bad
}

// CodeNames checks that what documents call by name exists: paths, flags,
// variables of the environment, metrics, Go symbols.
func CodeNames(t *Tree, names Names) []string {
	var bad []string
	for name, d := range documents(t) {
		complain := func(m mark, what string) {
			bad = append(bad, fmt.Sprintf("%s:%d names %s, which does not exist", name, m.line, what))
		}
		for _, m := range d.spans {
			if pathName.MatchString(m.text) && !t.exists(m.text) {
				complain(m, m.text)
			}
			if s := symbolName.FindStringSubmatch(m.text); s != nil && t.hasPackage(s[1]) && !names.Symbols[s[1]+"."+s[2]] {
				complain(m, m.text)
			}
			unknownNames(m, names, complain)
		}
		for _, m := range d.fenced {
			if serveLine.MatchString(m.text) {
				unknownNames(m, names, complain)
			}
		}
	}
	sort.Strings(bad)
	return bad
}

func unknownNames(m mark, names Names, complain func(mark, string)) {
	for _, f := range flagName.FindAllStringSubmatch(m.text, -1) {
		if !names.Flags[f[1]] {
			complain(m, "the flag "+f[1])
		}
	}
	for _, e := range envName.FindAllString(m.text, -1) {
		if !names.Env[e] {
			complain(m, e)
		}
	}
	for _, metric := range metricName.FindAllString(m.text, -1) {
		if !names.Metrics[metric] {
			complain(m, "the metric "+metric)
		}
	}
}

// exists says whether a path of a document is there; it may have stars.
func (t *Tree) exists(name string) bool {
	name = strings.TrimRight(name, "/")
	if _, ok := t.Files[name]; ok || t.Dirs[name] {
		return true
	}
	for _, pattern := range braces(name) {
		if !t.matches(pattern) {
			return false
		}
	}
	return strings.ContainsAny(name, "*{")
}

func (t *Tree) matches(pattern string) bool {
	for file := range t.Files {
		if ok, err := path.Match(pattern, file); ok && err == nil {
			return true
		}
	}
	for dir := range t.Dirs {
		if ok, err := path.Match(pattern, dir); ok && err == nil {
			return true
		}
	}
	return false
}

// braces expands one {a,b} as a shell would.
func braces(name string) []string {
	before, rest, found := strings.Cut(name, "{")
	if !found {
		return []string{name}
	}
	inside, after, _ := strings.Cut(rest, "}")
	var all []string
	for _, choice := range strings.Split(inside, ",") {
		all = append(all, before+choice+after)
	}
	return all
}

func (t *Tree) hasPackage(name string) bool {
	for _, f := range t.Go {
		if f.AST.Name.Name == name {
			return true
		}
	}
	return false
}

// Collect fills the names that stand in the Go code; flags and variables come
// from the configuration.
func (t *Tree) Collect(names *Names) {
	names.Metrics, names.Symbols = map[string]bool{}, map[string]bool{}
	for _, f := range t.Go {
		if within(f.Package, "test/arch") {
			continue
		}
		for _, decl := range f.AST.Decls {
			for _, symbol := range declared(decl) {
				names.Symbols[f.AST.Name.Name+"."+symbol] = true
			}
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if name := describedMetric(call); name != "" {
					names.Metrics[name] = true
				}
			}
			return true
		})
	}
}

// describedMetric returns the metric that a call of describe names, without the
// prefix that it adds; "" for any other call.
func describedMetric(call *ast.CallExpr) string {
	if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != "describe" || len(call.Args) == 0 {
		return ""
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	name, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return "parley_" + name
}

func declared(decl ast.Decl) []string {
	var found []string
	switch d := decl.(type) {
	case *ast.FuncDecl:
		found = append(found, functionName(d))
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				found = append(found, s.Name.Name)
			case *ast.ValueSpec:
				for _, id := range s.Names {
					found = append(found, id.Name)
				}
			}
		}
	}
	return found
}

// Readme checks that the README stays a front page.
func Readme(t *Tree) []string {
	d, ok := documents(t)["README.md"]
	switch {
	case !ok:
		return []string{"README.md is missing"}
	case d.lines > maxReadmeLines:
		return []string{fmt.Sprintf("README.md has %d lines, at most %d: move the rest to docs", d.lines, maxReadmeLines)}
	}
	return nil
}
