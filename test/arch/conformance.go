package arch

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"sort"
	"strings"
)

// conformance are the documents that say which test shows what.
var conformance = []string{"docs/turn.md", "docs/security.md"}

var (
	testName  = regexp.MustCompile(`^(?:Test|Fuzz)[A-Z0-9][A-Za-z0-9_]*`)
	tableRule = regexp.MustCompile(`^\|[-| :]+\|$`)
)

// Conformance checks that each row of the tables in [conformance] whose last column
// is "test" names a test, and that every test named there exists.
func Conformance(t *Tree) []string {
	var bad []string
	exists := tests(t)
	for _, name := range conformance {
		bad = append(bad, namedTests(name, t.Files[name], exists)...)
	}
	sort.Strings(bad)
	return bad
}

func namedTests(document string, text []byte, exists map[string]bool) (bad []string) {
	inTable := false
	for i, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "|") {
			inTable = false
		}
		if strings.HasSuffix(line, "| test |") {
			inTable = true
			continue
		}
		named := 0
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			if !testName.MatchString(span[1]) {
				continue
			}
			named++
			if !exists[span[1]] {
				bad = append(bad, fmt.Sprintf("%s:%d names the test %s, which does not exist", document, i+1, span[1]))
			}
		}
		if inTable && named == 0 && !tableRule.MatchString(line) {
			bad = append(bad, fmt.Sprintf("%s:%d has a row without a test", document, i+1))
		}
	}
	return bad
}

// tests are the names of all tests and fuzz targets, and of the scripts that
// TestTranscripts plays.
func tests(t *Tree) map[string]bool {
	found := map[string]bool{}
	for _, f := range t.Go {
		if !f.Test {
			continue
		}
		for _, decl := range f.AST.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Recv != nil || !testName.MatchString(d.Name.Name) {
				continue
			}
			found[d.Name.Name] = true
			if d.Name.Name != "TestTranscripts" {
				continue
			}
			for name := range t.Files {
				if script, ok := strings.CutSuffix(path.Base(name), ".txt"); ok && path.Dir(name) == f.Package+"/testdata" {
					found[d.Name.Name+"/"+script] = true
				}
			}
		}
	}
	return found
}
