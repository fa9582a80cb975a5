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

// File is the content of a configuration file: flag name to value, written as on
// the command line.
type File map[string]string

// ReadFile reads a YAML file of settings. Unknown keys are an error, so that a
// slip of the pen does not go unnoticed.
func ReadFile(name string) (File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	f, err := parseFile(data)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", name, err)
	}
	return f, nil
}

func parseFile(data []byte) (File, error) {
	// Decoding into the struct checks keys and types; into the map it tells which
	// keys are there, so that the others keep their defaults.
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(new(Serve)); errors.Is(err, io.EOF) {
		return File{}, nil
	} else if err != nil {
		return nil, errors.New(strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	var keys map[string]any
	if err := yaml.Unmarshal(data, &keys); err != nil {
		return nil, err
	}
	f := make(File, len(keys))
	for key, value := range keys {
		if value != nil {
			f[strings.ReplaceAll(key, "_", "-")] = flagValue(value)
		}
	}
	return f, nil
}

// flagValue writes a YAML value as it would stand on the command line.
func flagValue(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = fmt.Sprint(w)
	}
	return strings.Join(words, ",")
}
