package config

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// List is a setting with several values. In the file it may be one alone.
type List []string

// UnmarshalYAML takes a list or a single value. Its error does not hold the
// values, which may be secrets.
func (l *List) UnmarshalYAML(n *yaml.Node) error {
	words, ok := wordsOf(n)
	if !ok {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a value or a list of values", n.Line)}}
	}
	*l = words
	return nil
}

// wordsOf returns the values of a node as they are written, so that no number
// changes its form on the way. ok is false for what is no value and no list.
func wordsOf(n *yaml.Node) (words []string, ok bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		if item.Kind != yaml.ScalarNode {
			return nil, false
		}
		if item.Tag != "!!null" {
			words = append(words, item.Value)
		}
	}
	return words, true
}
