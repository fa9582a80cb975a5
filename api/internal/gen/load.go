package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
)

// contract is package api as the other languages see it, in source order.
type contract struct {
	structs []structType
	limits  []limit
	errors  []errorCode
	texts   []limit // string constants
}

type structType struct {
	name    string
	doc     string
	message string // value of the field "type"; empty for parts of messages
	client  bool   // sent by clients
	server  bool   // sent by servers
	fields  []field
}

type field struct {
	name     string // in JSON
	doc      string
	kind     string // string, bool, int, uint64, or the name of a struct
	list     bool
	optional bool
	enum     []string
}

type limit struct {
	name  string
	doc   string
	value string
}

type errorCode struct {
	code string
	doc  string
}

func load(dir string) (*contract, error) {
	fset := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	// Imports stay unresolved: only the values of constants are wanted.
	conf := types.Config{Error: func(error) {}}
	pkg, _ := conf.Check("api", fset, files, nil)
	c := &contract{}
	for _, file := range files {
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			if err := c.add(pkg.Scope(), gen); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *contract) add(scope *types.Scope, decl *ast.GenDecl) error {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			if decl.Tok == token.CONST {
				c.addConst(scope, decl, spec)
			}
		case *ast.TypeSpec:
			st, ok := spec.Type.(*ast.StructType)
			if !ok || !spec.Name.IsExported() {
				continue
			}
			s, err := newStruct(spec.Name.Name, text(decl.Doc), st)
			if err != nil {
				return err
			}
			c.structs = append(c.structs, s)
		}
	}
	return nil
}

func (c *contract) addConst(scope *types.Scope, decl *ast.GenDecl, spec *ast.ValueSpec) {
	for _, name := range spec.Names {
		obj, ok := scope.Lookup(name.Name).(*types.Const)
		if !ok || !name.IsExported() {
			continue
		}
		doc := text(spec.Doc, spec.Comment)
		if doc == "" && !decl.Lparen.IsValid() {
			doc = text(decl.Doc)
		}
		named, _ := obj.Type().(*types.Named)
		switch {
		case named != nil && named.Obj().Name() == "ErrorCode":
			c.errors = append(c.errors, errorCode{constant.StringVal(obj.Val()), doc})
		case obj.Val().Kind() == constant.Int:
			c.limits = append(c.limits, limit{name.Name, doc, obj.Val().ExactString()})
		case obj.Val().Kind() == constant.String:
			c.texts = append(c.texts, limit{name.Name, doc, constant.StringVal(obj.Val())})
		}
	}
}

func newStruct(name, doc string, st *ast.StructType) (structType, error) {
	s := structType{name: name, doc: doc}
	for _, f := range st.Fields.List {
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`"))
		jsonName, options, _ := strings.Cut(tag.Get("json"), ",")
		if api := tag.Get("api"); api != "" {
			parts := strings.Split(api, ",")
			s.message = parts[0]
			for _, side := range parts[1:] {
				s.client = s.client || side == "client"
				s.server = s.server || side == "server"
			}
			if !s.client && !s.server {
				return s, fmt.Errorf("%s: the tag api names no sender", name)
			}
			continue
		}
		out := field{name: jsonName, doc: text(f.Doc, f.Comment), optional: options == "omitempty"}
		if enum := tag.Get("enum"); enum != "" {
			out.enum = strings.Split(enum, ",")
		}
		expr := f.Type
		if list, ok := expr.(*ast.ArrayType); ok {
			out.list, expr = true, list.Elt
		}
		if ptr, ok := expr.(*ast.StarExpr); ok {
			expr = ptr.X
		}
		ident, ok := expr.(*ast.Ident)
		if !ok {
			return s, fmt.Errorf("%s.%s: a type this generator does not know", name, jsonName)
		}
		out.kind = ident.Name
		s.fields = append(s.fields, out)
	}
	return s, nil
}

// text joins comments to one line of running text, without Go's link brackets.
func text(groups ...*ast.CommentGroup) string {
	var words []string
	for _, g := range groups {
		if g != nil {
			words = append(words, strings.Fields(g.Text())...)
		}
	}
	return strings.NewReplacer("[", "", "]", "").Replace(strings.Join(words, " "))
}
