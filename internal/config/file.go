package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is the content of a configuration file: flag name to a string, or to a list
// of strings, written as on the command line.
type File map[string]any

// ReadFile reads a YAML file of settings for a command: *[Serve] or *[Turn].
// Unknown keys are an error, so that a slip of the pen does not go unnoticed.
func ReadFile(name string, command any) (File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	f, err := parseFile(data, command)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", name, err)
	}
	return f, nil
}

func parseFile(data []byte, command any) (File, error) {
	// Decoding into the struct checks keys and types; the nodes tell which keys are
	// there, so that the others keep their defaults.
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(command); errors.Is(err, io.EOF) {
		return File{}, nil
	} else if err != nil {
		return nil, errors.New(strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	var keys map[string]yaml.Node
	if err := yaml.Unmarshal(data, &keys); err != nil {
		return nil, err
	}
	f := make(File, len(keys))
	for key, node := range keys {
		words, ok := wordsOf(&node)
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: want a value or a list of values", key)
		case node.Kind == yaml.SequenceNode:
			list := make([]any, len(words))
			for i, w := range words {
				list[i] = w
			}
			f[strings.ReplaceAll(key, "_", "-")] = list
		case len(words) == 1:
			f[strings.ReplaceAll(key, "_", "-")] = words[0]
		}
	}
	return f, nil
}
