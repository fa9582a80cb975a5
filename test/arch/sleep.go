package arch

import (
	"go/ast"
	"go/token"
	"sort"
)

// Sleeps finds time.Sleep in tests. Under testing/synctest it costs no time and
// hides no race, so there it is fine: inside a bubble, or in a function that only
// bubbles come to.
func Sleeps(t *Tree) []string {
	byPackage := map[string]*testPackage{}
	for _, f := range t.Go {
		if f.Test || within(f.Package, "test") {
			p := byPackage[f.Package]
			if p == nil {
				p = &testPackage{uses: map[string][]use{}}
				byPackage[f.Package] = p
			}
			p.add(f.AST)
		}
	}
	var bad []string
	for _, f := range t.Go {
		p := byPackage[f.Package]
		if p == nil || !f.Test && !within(f.Package, "test") {
			continue
		}
		calls(f.AST, "time", func(sel *ast.SelectorExpr) {
			if sel.Sel.Name == "Sleep" && !p.isBubbled(use{inside: p.functionAt(sel.Pos()), at: sel.Pos()}, nil) {
				bad = append(bad, t.at(f, sel.Pos())+" sleeps: poll for a condition with a deadline, or use testing/synctest")
			}
		})
	}
	sort.Strings(bad)
	return bad
}

// testPackage knows where in a package's tests a name is used.
type testPackage struct {
	functions []*ast.FuncDecl
	bubbles   []ast.Node
	uses      map[string][]use
}

// use is one place where a name stands.
type use struct {
	inside string // the function around it
	at     token.Pos
}

func (p *testPackage) add(f *ast.File) {
	p.bubbles = append(p.bubbles, bubblesOf(f)...)
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		p.functions = append(p.functions, fn)
		if fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				p.uses[id.Name] = append(p.uses[id.Name], use{inside: fn.Name.Name, at: id.Pos()})
			}
			return true
		})
	}
}

func (p *testPackage) functionAt(at token.Pos) string {
	for _, fn := range p.functions {
		if fn.Pos() <= at && at < fn.End() {
			return fn.Name.Name
		}
	}
	return ""
}

// isBubbled says whether a place is in a bubble, or in a function that is used in
// bubbled places only. on are the functions being looked at already.
func (p *testPackage) isBubbled(u use, on []string) bool {
	for _, b := range p.bubbles {
		if b.Pos() <= u.at && u.at < b.End() {
			return true
		}
	}
	for _, name := range on {
		if name == u.inside {
			return true // recursion adds no way in
		}
	}
	uses := p.uses[u.inside]
	for _, caller := range uses {
		if !p.isBubbled(caller, append(on, u.inside)) {
			return false
		}
	}
	return len(uses) > 0
}

// bubblesOf returns the calls of synctest.Test.
func bubblesOf(f *ast.File) []ast.Node {
	name := importName(f, "testing/synctest")
	if name == "" {
		return nil
	}
	var found []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Test" {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
				found = append(found, call)
			}
		}
		return true
	})
	return found
}
