// Command gen writes what other languages need to know of package api:
// api/schema.json (JSON Schema 2020-12) and web/sdk/src/protocol.gen.ts. It reads
// the Go source, so that comments come along.
//
// Run it with `go generate ./api`; a test fails when its output is stale.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// Where the output goes, seen from the folder api.
const (
	schemaPath     = "schema.json"
	typescriptPath = "../web/sdk/src/protocol.gen.ts"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(apiDir string) error {
	files, err := generate(apiDir)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.WriteFile(filepath.Join(apiDir, path), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the content of each generated file by its path.
func generate(apiDir string) (map[string][]byte, error) {
	contract, err := load(apiDir)
	if err != nil {
		return nil, err
	}
	schema, err := contract.schema()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		schemaPath:     schema,
		typescriptPath: contract.typescript(),
	}, nil
}
