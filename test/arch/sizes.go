package arch

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Limits of STYLE rule 7. Size is a smell: what is longer usually does two things.
const (
	maxFileLines        = 500
	maxFunctionLines    = 70
	maxInterfaceMethods = 5
	maxStructFields     = 30
)

// Size is something measured that is over its limit.
type Size struct {
	Kind  string // "file", "function", "interface", "struct"
	Where string // path, or path:name
	Value int
	Limit int
}

func (s Size) key() string { return s.Kind + " " + s.Where }

// isSource says whether a file was written by hand to be run.
func isSource(name string) bool {
	switch path.Ext(name) {
	case ".go", ".ts", ".mjs", ".js", ".css", ".sh", ".html":
		return !strings.Contains(name, "testdata/")
	}
	return false
}

// Oversized measures everything and returns what is over its limit.
func Oversized(t *Tree) []Size {
	var over []Size
	add := func(kind, where string, value, limit int) {
		if value > limit {
			over = append(over, Size{kind, where, value, limit})
		}
	}
	generated := map[string]bool{}
	for _, f := range t.Go {
		generated[f.Path] = f.Generated
	}
	for name, data := range t.Files {
		if isSource(name) && !generated[name] && !generatedScript(data) {
			add("file", name, bytes.Count(data, []byte("\n")), maxFileLines)
		}
	}
	for _, f := range t.Go {
		if f.Generated {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				add("function", f.Path+":"+functionName(n), t.line(n.End())-t.line(n.Pos())+1, maxFunctionLines)
			case *ast.TypeSpec:
				switch body := n.Type.(type) {
				case *ast.InterfaceType:
					add("interface", f.Path+":"+n.Name.Name, countFields(body.Methods), maxInterfaceMethods)
				case *ast.StructType:
					add("struct", f.Path+":"+n.Name.Name, countFields(body.Fields), maxStructFields)
				}
			}
			return true
		})
	}
	sort.Slice(over, func(i, j int) bool { return over[i].key() < over[j].key() })
	return over
}

// generatedScript says whether a file that is not Go says of itself that a
// program wrote it.
func generatedScript(data []byte) bool {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.Contains(first, []byte("Code generated")) && bytes.Contains(first, []byte("DO NOT EDIT"))
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	return receiverName(f.Recv.List[0].Type) + "." + f.Name.Name
}

func receiverName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiverName(e.X)
	case *ast.IndexExpr:
		return receiverName(e.X)
	case *ast.IndexListExpr:
		return receiverName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

func countFields(list *ast.FieldList) int {
	n := 0
	for _, f := range list.List {
		n += max(1, len(f.Names))
	}
	return n
}

// Exception is one line of exceptions.txt: kind, where, value, reason.
type Exception struct {
	Key    string
	Value  int
	Reason string
}

// ParseExceptions reads exceptions.txt. Empty lines and lines that begin with #
// do not count.
func ParseExceptions(data []byte) ([]Exception, error) {
	var list []Exception
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, " ", 4)
		if len(fields) < 4 {
			return nil, fmt.Errorf("line %d: want kind, where, value and a reason", n)
		}
		value, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("line %d: the value %q is not a number", n, fields[2])
		}
		list = append(list, Exception{fields[0] + " " + fields[1], value, fields[3]})
	}
	return list, lines.Err()
}

// Ratchet compares what is over its limit with the exceptions: each must be
// listed with the very value it has, so that every shrinking shrinks the list.
func Ratchet(over []Size, exceptions []Exception) []string {
	var bad []string
	allowed := map[string]int{}
	for _, e := range exceptions {
		if _, twice := allowed[e.Key]; twice {
			bad = append(bad, fmt.Sprintf("exception for %s is there twice", e.Key))
		}
		allowed[e.Key] = e.Value
	}
	for _, s := range over {
		value, ok := allowed[s.key()]
		delete(allowed, s.key())
		switch {
		case !ok:
			bad = append(bad, fmt.Sprintf("%s: %d, at most %d", s.key(), s.Value, s.Limit))
		case s.Value > value:
			bad = append(bad, fmt.Sprintf("%s: grew from %d to %d, at most %d", s.key(), value, s.Value, s.Limit))
		case s.Value < value:
			bad = append(bad, fmt.Sprintf("%s shrank from %d to %d: write that in exceptions.txt", s.key(), value, s.Value))
		}
	}
	for key := range allowed {
		bad = append(bad, fmt.Sprintf("exception for %s is stale: take it out", key))
	}
	sort.Strings(bad)
	return bad
}
