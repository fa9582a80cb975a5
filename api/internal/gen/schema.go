package main

import (
	"bytes"
	"encoding/json"
)

type object = map[string]any

func (c *contract) schema() ([]byte, error) {
	defs := object{}
	for _, s := range c.structs {
		defs[s.name] = structSchema(s)
	}
	var codes []string
	for _, e := range c.errors {
		codes = append(codes, e.code)
	}
	defs["ErrorCode"] = object{"type": "string", "enum": codes}
	defs["ClientMessage"] = object{"oneOf": c.refs(func(s structType) bool { return s.client })}
	defs["ServerMessage"] = object{"oneOf": c.refs(func(s structType) bool { return s.server })}
	limits := object{}
	for _, l := range c.limits {
		limits[l.name] = json.Number(l.value)
	}
	for _, t := range c.texts {
		limits[t.name] = t.value
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Parley signaling messages",
		"description": "Generated from the Go package api. docs/protocol.md is the normative text.",
		"$defs":       defs,
		"x-constants": limits,
		"oneOf":       []object{{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}},
	})
	return b.Bytes(), err
}

func (c *contract) refs(member func(structType) bool) []object {
	var out []object
	for _, s := range c.structs {
		if s.message != "" && member(s) {
			out = append(out, object{"$ref": "#/$defs/" + s.name})
		}
	}
	return out
}

func structSchema(s structType) object {
	properties := object{}
	var required []string
	if s.message != "" {
		properties["type"] = object{"const": s.message}
		required = append(required, "type")
	}
	for _, f := range s.fields {
		properties[f.name] = fieldSchema(f)
		if !f.optional {
			required = append(required, f.name)
		}
	}
	out := object{"type": "object", "properties": properties, "required": required}
	if s.doc != "" {
		out["description"] = s.doc
	}
	return out
}

func fieldSchema(f field) object {
	var out object
	switch {
	case len(f.enum) > 0:
		out = object{"type": "string", "enum": f.enum}
	case f.kind == "string":
		out = object{"type": "string"}
	case f.kind == "bool":
		out = object{"type": "boolean"}
	case f.kind == "int":
		out = object{"type": "integer"}
	case f.kind == "uint64":
		out = object{"type": "integer", "minimum": 0}
	default:
		out = object{"$ref": "#/$defs/" + f.kind}
	}
	if f.list {
		out = object{"type": "array", "items": out}
	}
	if f.doc != "" {
		out["description"] = f.doc
	}
	return out
}
