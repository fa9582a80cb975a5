// Package arch holds the rules that keep the project in shape, as functions from
// a tree of files to a list of complaints. Its tests run them over the
// repository, and over small made-up trees that break each rule, so that no rule
// can silently stop working.
//
//	imports.go   who may import whom, and why
//	purity.go    what engines must not call, and other calls with a place
//	sleep.go     tests that sleep
//	sizes.go     how long things may be; exceptions.txt may only shrink
//	prose.go     links and names in the documents
//	conformance.go  tests that a document names
//	modules.go   direct dependencies, each with a reason
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/parley-rtc/parley"

// Tree is a snapshot of the source files.
type Tree struct {
	Files map[string][]byte // by slash-separated path
	Go    []*GoFile
	Dirs  map[string]bool
	fset  *token.FileSet
}

// GoFile is one parsed Go file.
type GoFile struct {
	Path      string
	Package   string // folder, "." for the root
	Test      bool   // named _test.go
	Generated bool
	AST       *ast.File
}

// skipped folders hold nothing that was written by hand here.
func skipped(dir string) bool {
	switch path.Base(dir) {
	case ".git", "node_modules", "dist", "dist.next", "bin", "build":
		return true
	}
	return false
}

// Load reads all files below the root of fsys and parses the Go ones.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{Files: map[string][]byte{}, Dirs: map[string]bool{".": true}, fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			t.Dirs[name] = true
			if skipped(name) {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		t.Files[name] = data
		if strings.HasSuffix(name, ".go") && !strings.Contains(name, "testdata/") {
			return t.parse(name, data)
		}
		return nil
	})
	return t, err
}

func (t *Tree) parse(name string, data []byte) error {
	f, err := parser.ParseFile(t.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	t.Go = append(t.Go, &GoFile{
		Path:      name,
		Package:   path.Dir(name),
		Test:      strings.HasSuffix(name, "_test.go"),
		Generated: ast.IsGenerated(f),
		AST:       f,
	})
	return nil
}

// line returns the line number of a position.
func (t *Tree) line(p token.Pos) int { return t.fset.Position(p).Line }

// at names a place in a file.
func (t *Tree) at(f *GoFile, p token.Pos) string { return fmt.Sprintf("%s:%d", f.Path, t.line(p)) }

// importName returns the name under which a file uses an import, "" if it does
// not import it.
func importName(f *ast.File, importPath string) string {
	for _, spec := range f.Imports {
		if strings.Trim(spec.Path.Value, `"`) != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// calls visits every use of a member of the package importPath, as in time.Sleep.
func calls(f *ast.File, importPath string, visit func(sel *ast.SelectorExpr)) {
	name := importName(f, importPath)
	if name == "" || name == "_" {
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
				visit(sel)
			}
		}
		return true
	})
}
